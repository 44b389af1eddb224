// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/hist.h"

#include <math.h>

#define OCTAVE_BITS 6

static uint32_t bucket_of(int64_t v)
{
    if (v < HIST_OCTAVE)
        return (uint32_t)v;
    uint32_t e = 63 - (uint32_t)__builtin_clzll((uint64_t)v);
    uint32_t in = (uint32_t)(v >> (e - OCTAVE_BITS)) % HIST_OCTAVE;
    return (e - OCTAVE_BITS + 1) * HIST_OCTAVE + in;
}

/* The largest value that bucket b counts. */
static int64_t bucket_top(uint32_t b)
{
    if (b < HIST_OCTAVE)
        return b;
    uint32_t shift = b / HIST_OCTAVE - 1;
    uint64_t low = (uint64_t)(HIST_OCTAVE + b % HIST_OCTAVE) << shift;
    return (int64_t)(low + (UINT64_C(1) << shift) - 1);
}

void hist_add(struct hist *h, int64_t v)
{
    if (v < 0)
        v = 0;
    h->n++;
    h->count[bucket_of(v)]++;
    if (v > h->max)
        h->max = v;
}

void hist_merge(struct hist *h, const struct hist *from)
{
    h->n += from->n;
    for (uint32_t b = 0; b < HIST_BUCKETS; b++)
        h->count[b] += from->count[b];
    if (from->max > h->max)
        h->max = from->max;
}

void hist_subtract(struct hist *h, const struct hist *before)
{
    int64_t max = 0;

    h->n -= before->n;
    for (uint32_t b = 0; b < HIST_BUCKETS; b++) {
        h->count[b] -= before->count[b];
        if (h->count[b] > 0)
            max = bucket_top(b);
    }
    if (max < h->max)
        h->max = max;
}

int64_t hist_quantile(const struct hist *h, double q)
{
    uint64_t rank = (uint64_t)ceil(q * (double)h->n), seen = 0;

    if (rank >= h->n)
        return h->max;
    for (uint32_t b = 0; b < HIST_BUCKETS; b++) {
        seen += h->count[b];
        if (h->count[b] > 0 && seen >= rank)
            return bucket_top(b) < h->max ? bucket_top(b) : h->max;
    }
    return h->max;
}

double hist_share(const struct hist *h, int64_t v)
{
    uint64_t seen = 0;

    if (h->n == 0 || v >= h->max)
        return 1;
    if (v < 0)
        return 0;
    for (uint32_t b = 0; b <= bucket_of(v); b++)
        seen += h->count[b];
    return (double)seen / (double)h->n;
}

double hist_sum(const struct hist *h)
{
    double sum = 0, low = 0;

    for (uint32_t b = 0; b < HIST_BUCKETS; b++) {
        double top = (double)bucket_top(b);
        sum += (double)h->count[b] * (low + top) / 2;
        low = top + 1;
    }
    return sum;
}
