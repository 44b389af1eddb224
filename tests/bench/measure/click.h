// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Clicks without a reference: samples that linear prediction does not expect,
 * among neighbours that it does. After Muehlbauer, "Automatic Audio Defect
 * Detection" (2010), as in Essentia's DiscontinuityDetector (order 3, frames of
 * 512 of which the middle half is judged, 8 sigma over the median, a running
 * median of 7 taken off), with changes that music made of partials asks for:
 *  - order 32, frames of 1024 and no window (predict.h): there is nothing above
 *    16 kHz, so that a long predictor leaves far less than a short one, and a
 *    step of 1e-3 shows beside bright tones;
 *  - sigma is 1.4826 times the median of the residual's magnitude, since a
 *    click as long as the predictor raises the deviation that is to show it,
 *    and the running median is longer than what a wrong sample leaves, which
 *    it would else take off;
 *  - the residual has to be as unlikely for the 64 frames before the place and
 *    for the 64 after it, so that the start of a note is none;
 *  - it is reckoned as the lone wrong sample that would leave as much
 *    (predict.h), and under 2e-4 (-74 dBFS) it is no click: 17 dB under what is
 *    heard of one in silence (35.5 dB peSPL, ISO 389-6) when -20 dBFS RMS are
 *    played at 75 dB SPL. Under that floor lie the corners of envelopes that
 *    move along straight lines of 64 frames (test_plucks.c), which the
 *    predictor lifts by 15 to 30 dB and the ear does not.
 * What is near the two ends of a piece (768 frames) is not judged.
 * Any one thread. Never allocates.
 */
#ifndef MEASURE_CLICK_H
#define MEASURE_CLICK_H

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/measure/figures.h"

#define CLICK_FRAME 1024

struct click {
    double rate;              /* Hz */
    double floor;             /* amplitude under which nothing is a click */
    double x[2][CLICK_FRAME]; /* the frame under way */
    size_t filled;
    uint64_t start; /* its first frame */
    uint64_t last;  /* where the last click was */
    uint64_t merge; /* frames within which two are one */
    uint64_t clicks;
    double first; /* s */
    double worst; /* largest residual over 8 sigma */
};

/* rate in Hz. The floor may be moved before the first frames. */
void click_init(struct click *c, double rate);

/* The next frames, interleaved. */
void click_add(struct click *c, const float *x, size_t frames);

/* Fills clicks, click_first (NaN without one). */
void click_end(const struct click *c, struct figures *out);

#endif
