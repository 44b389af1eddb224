// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Loudness after ITU-R BS.1770-4 and EBU R 128, Tech 3342 (range), by
 * libebur128. Any one thread. Memory: 8 bytes for 100 ms of the piece.
 */
#ifndef MEASURE_LOUDNESS_H
#define MEASURE_LOUDNESS_H

#include <stddef.h>

#include "tests/bench/measure/figures.h"

struct loudness;

/* Errors: -ENOMEM. */
int loudness_new(struct loudness **out, double rate);

/* Accepts NULL and nulls. */
void loudness_free(struct loudness **l);

/* The next frames, interleaved stereo. Errors: -ENOMEM. */
int loudness_add(struct loudness *l, const float *x, size_t frames);

/* Fills lufs, lra, true_peak, ten_*, tens. Errors: -ENOMEM. */
int loudness_end(struct loudness *l, struct figures *out);

#endif
