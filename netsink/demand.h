// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which rungs of a mount are to be encoded: those that someone holds, and for a
 * while those that nobody holds any more, unless their memory is needed. Pure:
 * no clock, no lock (callers bring both), no allocation.
 */
#ifndef NETSINK_DEMAND_H
#define NETSINK_DEMAND_H

#include <stdbool.h>
#include <stdint.h>

#define DEMAND_RUNGS_MAX 40

struct demand {
    /* [init] */
    uint32_t n;
    int64_t linger; /* ns */

    struct demand_rung {
        double minute;    /* bytes: [init], by the caller */
        bool aside;       /* [init], too: room for it is set aside */
        uint32_t held;    /* by so many */
        bool warm;        /* it is to be encoded */
        uint64_t from;    /* where the first of them wanted it to begin */
        int64_t released; /* when the last one let it go, ns */
    } rungs[DEMAND_RUNGS_MAX];
};

void demand_init(struct demand *d, uint32_t n, int64_t linger);

/*
 * One more holds the rung. One for which room is set aside is never refused.
 * The others share max bytes, of which used are taken; a minute of each that is
 * held must fit beside each other, and one of this rung into what is free.
 * Those that only linger make room, those first that were let go first. Returns
 * 1 when it is to be begun from packet `from`, 0 when it is warm. Errors:
 * -ENOMEM; nothing changed then.
 */
int demand_hold(struct demand *d, uint32_t rung, uint64_t from, double used,
                double max);
void demand_release(struct demand *d, uint32_t rung, int64_t now);

/* Is it to be encoded at now? *from: where to begin, if it is not yet. */
bool demand_warm(struct demand *d, uint32_t rung, int64_t now, uint64_t *from);

#endif
