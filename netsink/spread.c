// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/spread.h"

#include <math.h>

#define OCTAVE_BITS 2

static uint32_t bucket_of(int64_t v)
{
    if (v < INT64_C(1) << SPREAD_LEAST)
        return 0;
    uint32_t e = 63 - (uint32_t)__builtin_clzll((uint64_t)v);
    if (e >= SPREAD_LEAST + SPREAD_OCTAVES)
        return SPREAD_BUCKETS - 1;
    uint32_t in = (uint32_t)(v >> (e - OCTAVE_BITS)) % SPREAD_OCTAVE;
    return 1 + (e - SPREAD_LEAST) * SPREAD_OCTAVE + in;
}

/* The largest value that bucket b counts. */
static int64_t bucket_top(uint32_t b)
{
    if (b == 0)
        return (INT64_C(1) << SPREAD_LEAST) - 1;
    uint32_t e = SPREAD_LEAST + (b - 1) / SPREAD_OCTAVE;
    uint32_t in = (b - 1) % SPREAD_OCTAVE;
    return ((int64_t)(SPREAD_OCTAVE + in + 1) << (e - OCTAVE_BITS)) - 1;
}

void spread_add(struct spread *s, int64_t v)
{
    if (v < 0)
        v = 0;
    if (v > s->max)
        s->max = v;
    if (s->n == UINT32_MAX)
        return;
    s->n++;
    s->count[bucket_of(v)]++;
}

int64_t spread_quantile(const struct spread *s, double q)
{
    uint32_t rank = (uint32_t)ceil(q * (double)s->n), seen = 0;

    if (rank >= s->n)
        return s->max;
    for (uint32_t b = 0; b < SPREAD_BUCKETS; b++) {
        seen += s->count[b];
        if (s->count[b] > 0 && seen >= rank)
            return bucket_top(b) < s->max ? bucket_top(b) : s->max;
    }
    return s->max;
}
