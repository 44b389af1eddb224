// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A histogram of non-negative values over all of int64_t in log buckets, 64
 * per octave: what it says is at most 1/64 above what was, its maximum exact.
 * 30 KB, no allocation. One thread at a time; threads fill their own and one
 * merges them.
 */
#ifndef NETSINK_HIST_H
#define NETSINK_HIST_H

#include <stdint.h>

#define HIST_OCTAVE  64                 /* buckets per octave */
#define HIST_BUCKETS (58 * HIST_OCTAVE) /* values 0..63, then 57 octaves */

/* All zero is an empty one. */
struct hist {
    uint64_t n;
    int64_t max;
    uint64_t count[HIST_BUCKETS];
};

/* Counts v; negative ones as 0. */
void hist_add(struct hist *h, int64_t v);

/* Adds all of from. */
void hist_merge(struct hist *h, const struct hist *from);

/* Takes all of before out, which h once was; then its maximum is one to the
   upper end of its bucket. */
void hist_subtract(struct hist *h, const struct hist *before);

/* The least value that a share q (0 to 1) of the values don't exceed, to the
   upper end of its bucket; q = 1 is the maximum. 0 when empty. */
int64_t hist_quantile(const struct hist *h, double q);

/* The share of values at most v, to the width of v's bucket. 1 when empty. */
double hist_share(const struct hist *h, int64_t v);

/* The sum of all values, each taken as the middle of its bucket. */
double hist_sum(const struct hist *h);

#endif
