// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the spectrum says of a piece: 8192 points (at 48 kHz; as long in time at
 * other rates) every 0.25 s. The centroid is of the amplitude spectrum, 20 Hz
 * to 16 kHz; columns under -70 dBFS have none. Each column also gives 24 chroma
 * bins and 32 bands, from which similar.h looks for repetition.
 * Any one thread (see stft.h). Memory: about 500 bytes a second.
 */
#ifndef MEASURE_SPECTRUM_H
#define MEASURE_SPECTRUM_H

#include "tests/bench/measure/figures.h"
#include "tests/bench/measure/similar.h"
#include "tests/bench/measure/stft.h"

struct spectrum {
    struct stft stft;
    double bin_hz;
    double band[FIGURES_BANDS]; /* power so far */
    double air, all;            /* power above 16 kHz; all of it */
    double flatness;            /* sum over the columns that are no silence */
    struct series centroid;     /* Hz, of each column; NaN in silence */
    size_t sounding;            /* columns that are no silence */
    struct similar similar;
    size_t columns;                   /* so far */
    double feature[SIMILAR_FEATURES]; /* of the second under way */
};

/* rate in Hz. Errors: -ENOMEM. */
int spectrum_init(struct spectrum *s, double rate);
void spectrum_fini(struct spectrum *s);

/* The next frames, interleaved. */
void spectrum_add(struct spectrum *s, const float *x, size_t frames);

/* Fills the fields of spectrum.h and similar.h. Errors: -ENOMEM. */
int spectrum_end(struct spectrum *s, struct figures *out);

#endif
