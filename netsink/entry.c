// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/entry.h"

#include <errno.h>
#include <math.h>

#include "netsink/timeline.h"

#define PACKETS_PER_S (TIMELINE_RATE / TIMELINE_PACKET)
#define MS_PER_PACKET (1000 / PACKETS_PER_S)
#define PER_MS        (TIMELINE_RATE / 1000)
#define YEAR_MS       (INT64_C(366) * 24 * 3600 * 1000)

uint32_t entry_lead(const struct query *q, double rate, bool element)
{
    uint32_t lead = latency_classes[q->latency].lead;

    if (!element || q->kind != STREAM_OGG || rate <= 0)
        return lead;
    return (uint32_t)fmax(lead,
                          ceil(ENTRY_BROWSER_BYTES * PACKETS_PER_S / rate));
}

int entry_seq(const struct query *q, uint32_t lead, const struct entry_range *r,
              uint64_t *seq)
{
    uint64_t at = r->edge > lead ? r->edge - lead : 0;

    if (lead > 2 * RUNG_KEY) {
        /* The last page of a burst is not whole yet. */
        const uint32_t page = latency_classes[q->latency].page;
        at = at > page ? at - page : 0;
        at -= at % RUNG_KEY;
    }
    if (q->has_from && q->from > r->edge + ENTRY_AHEAD_MAX)
        return -ERANGE;
    if (q->has_from)
        at = q->from < r->edge ? q->from : r->edge;
    *seq = at > r->first ? at : r->first;
    return 0;
}

int entry_granule(const struct entry_point *origin,
                  const struct entry_point *at, int64_t *granule)
{
    /* All are far below what a double has whole. */
    double ms = (double)(at->epoch - origin->epoch) +
                ((double)at->seq - (double)origin->seq) * MS_PER_PACKET;

    if (!(ms >= 0 && ms < YEAR_MS))
        return -ERANGE;
    *granule = (int64_t)ms * PER_MS;
    return 0;
}

uint32_t entry_serial(uint64_t id)
{
    /* Some readers show a negative one strangely. */
    return (uint32_t)(id ^ id >> 32) & INT32_MAX;
}
