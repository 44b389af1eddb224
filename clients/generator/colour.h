// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The colour of a sound: how strong it is at a frequency, by its layer's
 * roll-offs and vowels, and how loud that is to an ear. Pure; any thread.
 */
#ifndef GENERATOR_COLOUR_H
#define GENERATOR_COLOUR_H

#include <stdint.h>

#include "clients/generator/live.h"
#include "clients/generator/music.h"

#define COLOUR_FORMANTS 3

/* Of a layer at a moment. */
struct colour {
    double cutoff;                   /* Hz; 0: nothing is heard */
    double formant[COLOUR_FORMANTS]; /* Hz; unused without a voice */
};

/* What was moved live, at absolute frame n. */
struct colour_moves {
    double brightness; /* octaves */
    double motion;     /* times the depths */
};
struct colour_moves colour_moves(const struct live *live, int64_t n);

/* Corner of the layer at time t s; seed is the layer's. */
double colour_cutoff(const struct music_layer *l, uint64_t seed, double t,
                     const struct colour_moves *moves);

/* The vowel of a voice at time t s. */
void colour_vowel(const struct music_layer *l, uint64_t voice, double t,
                  struct colour *out);

/* Amplitude at f Hz; log_f is its natural logarithm. */
double colour_gain(const struct music_layer *l, const struct colour *c,
                   double f, double log_f);

/* Square of the loudness weight of ITU-R BS.1770 at f Hz, but at least 1:
   notes in the bass must not be boosted to sound as loud as the others. */
double colour_weight(double f);

#endif
