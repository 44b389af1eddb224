// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/gauge.h"

#include <math.h>

#define MOST 99.0 /* dBFS */

static double decibels(double power)
{
    double db = 10 * log10(power);

    return isnan(db) || db > MOST ? MOST : db;
}

bool gauge_read(const struct gauge *g, uint32_t port, int64_t now,
                struct gauge_level *out)
{
    double mean =
        (double)atomic_load_explicit(&g->mean[port], memory_order_relaxed);
    double peak =
        (double)atomic_load_explicit(&g->peak[port], memory_order_relaxed);

    *out = (struct gauge_level){decibels(mean), decibels(peak)};
    return now < atomic_load_explicit(&g->until, memory_order_relaxed) &&
           !(out->peak < GAUGE_SILENCE && out->rms < GAUGE_SILENCE);
}
