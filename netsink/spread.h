// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A histogram so small that every listener has its own: times from 16 us on in
 * log buckets, four per octave, so that what it says is at most a quarter above
 * what was; its maximum is exact. 368 bytes, no allocation. One thread at a
 * time. See netsink/hist for the fine one.
 */
#ifndef NETSINK_SPREAD_H
#define NETSINK_SPREAD_H

#include <stdint.h>

#define SPREAD_OCTAVE  4  /* buckets per octave */
#define SPREAD_LEAST   14 /* below 2^14 ns all is one */
#define SPREAD_OCTAVES 22 /* up to 2^36 ns: more than a minute */
#define SPREAD_BUCKETS (1 + SPREAD_OCTAVES * SPREAD_OCTAVE)

/* All zero is an empty one. */
struct spread {
    int64_t max; /* ns */
    uint32_t n;  /* at its end of range both stand still */
    uint32_t count[SPREAD_BUCKETS];
};

/* Counts v, ns; negative ones as 0. */
void spread_add(struct spread *s, int64_t v);

/* The least value that a share q (0 to 1) of the values don't exceed, to the
   upper end of its bucket; q = 1 is the maximum. 0 when empty. */
int64_t spread_quantile(const struct spread *s, double q);

#endif
