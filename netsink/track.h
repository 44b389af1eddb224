// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A rung's way from a mount's history into its hub: forward from where it was
 * begun, later along with the timeline, and in between, chunk by chunk,
 * backward to the history's begin. [enc] only. Knows no clock and no listener;
 * does a packet at a time, so that whoever calls it can keep its deadlines.
 */
#ifndef NETSINK_TRACK_H
#define NETSINK_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "netsink/history.h"
#include "netsink/hub.h"
#include "netsink/rung.h"

struct track {
    /* [init] */
    const struct rung_spec *spec;  /* borrowed */
    struct hub *hub;               /* borrowed */
    const struct history *history; /* borrowed */

    /* [enc] */
    struct rung *fore; /* NULL: nothing is encoded */
    int64_t next; /* packet it is to encode; below 0: silence, to warm up */
    int64_t good; /* packets before it are thrown away */
    bool live;    /* it has come to the timeline's end: what comes is due */

    struct rung *back;   /* NULL: between two chunks */
    bool whole;          /* there is nothing more before it to encode */
    int64_t back_next;   /* packet it is to encode */
    uint64_t back_first; /* the chunk: [back_first, back_end) */
    uint64_t back_end;
    uint8_t *chunk;          /* [RUNG_KEY] packets, one after another */
    uint32_t filled;         /* bytes of it */
    uint32_t lens[RUNG_KEY]; /* bytes of each */

    uint32_t complexity;
    uint64_t packets; /* encoded so far, in vain or not */
};

void track_init(struct track *t, const struct rung_spec *spec, struct hub *hub,
                const struct history *history);
/* Ends it, and empties the hub. */
void track_fini(struct track *t);

static inline bool track_active(const struct track *t)
{
    return t->fore != NULL;
}

/* Begins with packet `from`, or the nearest one that the history has. Errors:
   -ENOMEM. */
int track_begin(struct track *t, uint64_t from);

/* Ends it, and empties the hub; no more than that if it was not active. */
void track_end(struct track *t);

void track_set_complexity(struct track *t, uint32_t complexity);

/*
 * All that is due of a live one. Returns how many packets it put. Errors: -EIO
 * (the encoder); -ENOMEM (the hub took nothing and is empty now; the track goes
 * on); -ESTALE (the timeline went on by more than the history holds: to be
 * begun again).
 */
int track_due(struct track *t);

/*
 * One packet of what is not due: forward to the timeline's end first, then
 * backward. Returns 1 if there are new ones in the hub, 0 if not, and -EAGAIN
 * when there is nothing to do. Errors: as above.
 */
int track_step(struct track *t);

#endif
