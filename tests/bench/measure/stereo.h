// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How the channels relate, second by second: normalised correlation at lag 0
 * (of everything, and below 120 Hz by a Butterworth filter of order 4) and what
 * (L + R) / 2 loses against the mean power of L and R. Seconds under -70 dBFS
 * don't count. Any one thread. Memory: 16 bytes for each second.
 */
#ifndef MEASURE_STEREO_H
#define MEASURE_STEREO_H

#include <stddef.h>

#include "tests/bench/measure/biquad.h"
#include "tests/bench/measure/figures.h"

struct stereo_sums {
    double ll, rr, lr;
};

struct stereo {
    size_t window, filled; /* frames in 1 s; of this one */
    size_t at;             /* seconds so far */
    struct biquad low[2];
    struct stereo_sums now, now_bass; /* of the second under way */
    struct stereo_sums all, all_bass; /* of the seconds that count */
    double worst, worst_at;           /* dB, s */
    struct series corr, bass_corr;
};

/* rate in Hz. */
void stereo_init(struct stereo *s, double rate);
void stereo_fini(struct stereo *s);

/* The next frames, interleaved. */
void stereo_add(struct stereo *s, const float *x, size_t frames);

/* Fills corr_*, bass_*, fold*. Errors: -ENOMEM. */
int stereo_end(struct stereo *s, struct figures *out);

#endif
