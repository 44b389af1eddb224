// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/backoff.h"

#define FIRST_NS INT64_C(250000000) /* the second wait */

int64_t backoff_ended(struct backoff *b, int64_t well_ns)
{
    int64_t wait = FIRST_NS;

    b->misses = well_ns < 0 ? b->misses + 1 : 0;
    if (well_ns >= BACKOFF_WELL_NS)
        b->ends = 0;
    if (b->ends++ == 0)
        return 0;
    for (uint32_t i = 2; i < b->ends && wait < BACKOFF_MAX_NS; i++)
        wait *= 2;
    return wait < BACKOFF_MAX_NS ? wait : BACKOFF_MAX_NS;
}

void backoff_reset(struct backoff *b)
{
    *b = (struct backoff){0};
}
