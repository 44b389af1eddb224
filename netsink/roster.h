// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * GET /listeners.json: those on air, some at a time, in an order that is asked
 * for. [ev] only, but for roster_parse(), which is pure.
 *
 *   ?sort=id|lag|deviation|started|bytes|rung|address  (id)
 *   ?order=asc|desc                                    (asc)
 *   ?limit=1..1000                                     (100)
 *   ?offset=N                                          (0)
 *
 *   {"total", "offset", "listeners": [{all that /status.json says of one,
 *    "rung_history": [{"unix_ms", "kbps"}], the latest last}]}
 *
 * deviation sorts by its 99th percentile, rung by bitrate; kbps 0 is WAV.
 */
#ifndef NETSINK_ROSTER_H
#define NETSINK_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "netsink/figures.h"

#define ROSTER_LIMIT_MAX 1000
#define ROSTER_SAID      128 /* bytes of a message, with its end */

enum roster_sort {
    ROSTER_ID,
    ROSTER_LAG,
    ROSTER_DEVIATION,
    ROSTER_STARTED,
    ROSTER_BYTES,
    ROSTER_RUNG,
    ROSTER_ADDRESS,
    ROSTER_SORTS
};

struct roster_query {
    enum roster_sort sort;
    bool down; /* the largest first */
    uint32_t limit;
    uint64_t offset;
};

/* query as it came; NULL: none. Errors: -EINVAL, and said, in words of ours
   alone, what is allowed. */
int roster_parse(struct roster_query *q, const char *query,
                 char said[ROSTER_SAID]);

/* census_write, of a query that roster_parse() took. */
char *roster_json(const struct figures *f, const char *query);

#endif
