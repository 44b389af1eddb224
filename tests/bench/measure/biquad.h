// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Butterworth filters of even order as cascades of second-order sections
 * (bilinear transform; R. Bristow-Johnson's "Audio EQ cookbook" with the Q of
 * each pair of poles). Any one thread. Never allocates.
 */
#ifndef MEASURE_BIQUAD_H
#define MEASURE_BIQUAD_H

#include <stdbool.h>

#define BIQUAD_SECTIONS_MAX 6

struct biquad {
    int sections;
    double b[BIQUAD_SECTIONS_MAX][3], a[BIQUAD_SECTIONS_MAX][2];
    double z[BIQUAD_SECTIONS_MAX][2];
};

/* order: even, at most 12; hz below rate / 2. */
void biquad_init(struct biquad *f, int order, bool high_pass, double hz,
                 double rate);

/* The next sample. */
double biquad_step(struct biquad *f, double x);

#endif
