// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a column of the last hour is made of: the sink's figures since the
 * column before, and what the desk says of the others. [ev] only.
 */
#ifndef NETSINK_HOURLY_FILL_H
#define NETSINK_HOURLY_FILL_H

#include <stdbool.h>

#include "netsink/figures.h"
#include "netsink/hourly.h"

/* As of the last column. All zero: there is none yet. */
struct hourly_before {
    bool any;
    uint64_t xruns, skips, switches, by_gpu;
    struct hist deviation, jitter;
};

/*
 * Puts, where they are known: deviation_ms_p50, _p95, _p99, jitter_ms_p95 (of
 * what was sent in this column), lag_s_p95, listeners, mbit, cpu (cores),
 * rss_mb, encode_ms_per_s, dsp_load, xruns, switches, skips (in this column),
 * lufs_m, true_peak (the master's), cpu_NAME (cores, of each client),
 * gpu_share (of the time, what the generator has it do). desk: its JSON, or
 * NULL.
 */
void hourly_fill(struct hourly *h, struct hourly_before *before,
                 const struct figures *f, const char *desk);

#endif
