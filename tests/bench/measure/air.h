// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What lies above 16 kHz, where this music has nothing: the loudest 10 ms of a
 * Butterworth high-pass of order 12 (-57 dB at 12 kHz) shows discontinuities
 * that are worth hearing. Any one thread. Never allocates.
 */
#ifndef MEASURE_AIR_H
#define MEASURE_AIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/measure/biquad.h"
#include "tests/bench/measure/figures.h"

struct air {
    bool there; /* false: the rate has no such band */
    struct biquad high[2];
    size_t settle; /* frames left until the filter forgot its start */
    double rate;
    uint64_t at;          /* frames so far */
    double peak, peak_at; /* amplitude, s */
};

/* rate in Hz. */
void air_init(struct air *a, double rate);

/* The next frames, interleaved. */
void air_add(struct air *a, const float *x, size_t frames);

/* Fills air_peak, air_peak_at; NaN under 40 kHz. */
void air_end(const struct air *a, struct figures *out);

#endif
