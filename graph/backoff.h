// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How long to wait before a program that ended is started again: not at all the
 * first time, then 0.25 s, and twice as long each time up to 30 s; from the
 * beginning once it has been well for a minute. Pure; any one thread.
 */
#ifndef GRAPH_BACKOFF_H
#define GRAPH_BACKOFF_H

#include <stdint.h>

#define BACKOFF_MAX_NS  INT64_C(30000000000)
#define BACKOFF_WELL_NS INT64_C(60000000000)

struct backoff {
    uint32_t ends;   /* since it was last well for a minute */
    uint32_t misses; /* in a row that came before it was ready */
};

/* It ended after it had been well for well_ns; under 0: it never was. Returns
   the wait in ns. */
int64_t backoff_ended(struct backoff *b, int64_t well_ns);

/* Nothing that was before counts: somebody has asked for it. */
void backoff_reset(struct backoff *b);

#endif
