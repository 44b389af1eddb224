// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Peak, power, offset, silence, and samples that are no numbers. Any one
 * thread. Memory: 8 bytes for each second of the piece.
 */
#ifndef MEASURE_LEVEL_H
#define MEASURE_LEVEL_H

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/measure/figures.h"

struct level {
    size_t window;  /* frames in 1 s */
    size_t filled;  /* of the second under way */
    double power;   /* its sum of squares, both channels */
    double peak;    /* amplitude so far */
    double sum[2];  /* of the samples */
    double squares; /* of both channels */
    uint64_t frames;
    uint64_t nans, infs, denormals;
    struct series seconds; /* mean power of each whole second */
};

/* rate in Hz. */
void level_init(struct level *l, double rate);
void level_fini(struct level *l);

/*
 * Counts what is no normal number in x[frames][2] and copies it into out, with
 * 0 in the place of NaN and infinity, so that nothing after it is poisoned.
 */
void level_clean(struct level *l, float *out, const float *x, size_t frames);

/* The next frames, cleaned. */
void level_add(struct level *l, const float *x, size_t frames);

/* Fills seconds and the fields of level.h. Errors: -ENOMEM. */
int level_end(struct level *l, struct figures *out);

#endif
