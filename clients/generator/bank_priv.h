// SPDX-License-Identifier: GPL-3.0-or-later
/* Between the two halves of a bank: what is constant, and what moves. */
#ifndef GENERATOR_BANK_PRIV_H
#define GENERATOR_BANK_PRIV_H

#include "clients/generator/bank.h"
#include "clients/generator/colour.h"
#include "clients/generator/noise.h"

struct band {
    double f, log_f; /* Hz, its natural logarithm */
    double amp;      /* linear, before colour and motion */
    double power;    /* K-weighted, relative, before the colour */
    double damping;  /* decay is so many times faster than the note's */
    double motion_hz;
    uint32_t class_of; /* field */
    struct noise_track motion;
    struct scene_band shape; /* but for age and levels */
    double edge;             /* colour at the bank's edge frame */
};

struct bank {
    struct note note;
    const struct note_source *src;
    const struct music_layer *layer;
    uint64_t layer_seed;
    double power; /* K-weighted, relative, at the nominal colour */
    int64_t edge; /* absolute frame whose colour is kept, or INT64_MIN */
    struct note_tonality tonality; /* field */
    uint32_t n_classes;            /* field */
    double class_ratio[MUSIC_BANDS_MAX];
    uint32_t n_bands;
    struct band band[];
};

/* K-weighted power of the bands in a colour, relative, over 0. */
double bank_power(const struct bank *b, const struct colour *c);

/* Levels of all bands at the chunk's grid points: colour, linear between its
   own points, times the envelope and gain. */
void bank_levels(struct bank *b, int64_t first, const float gain[SCENE_POINTS],
                 struct scene_band *out);

#endif
