// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Faults of a renderer that works in blocks: second differences at multiples of
 * 64 and of 1024 frames (envelopes' grid, chunks) against those elsewhere. The
 * piece has to begin on the grid. An outlier is over 8 times the RMS of its
 * 1024 frames. Any one thread. Never allocates.
 */
#ifndef MEASURE_GRID_H
#define MEASURE_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "tests/bench/measure/figures.h"

#define GRID_BLOCK 1024

/* One kind of place. */
struct grid_class {
    uint64_t outliers;
    uint64_t others; /* second differences that are no outliers */
    double squares;  /* sum of theirs, over the mean of their block */
};

struct grid {
    float x[2][GRID_BLOCK + 2]; /* from 2 frames before the block's first */
    size_t filled;              /* frames of the block */
    uint64_t blocks;            /* so far */
    struct grid_class on64, on1024, off;
};

void grid_init(struct grid *g);

/* The next frames, interleaved. */
void grid_add(struct grid *g, const float *x, size_t frames);

/*
 * Fills grid*. An excess is the number of outliers over what the rate elsewhere
 * makes likely (expected plus 3 times its root), 0 where there is none.
 */
void grid_end(const struct grid *g, struct figures *out);

#endif
