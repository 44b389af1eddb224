// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/demand.h"

#include <errno.h>

void demand_init(struct demand *d, uint32_t n, int64_t linger)
{
    *d = (struct demand){.n = n, .linger = linger};
}

/* The lingering rung that was let go first and makes room, or n. */
static uint32_t idlest(const struct demand *d)
{
    uint32_t found = d->n;

    for (uint32_t i = 0; i < d->n; i++) {
        const struct demand_rung *r = &d->rungs[i];
        if (r->warm && r->held == 0 && !r->aside &&
            (found == d->n || r->released < d->rungs[found].released))
            found = i;
    }
    return found;
}

static int make_room(struct demand *d, double minute, double used, double max)
{
    double held = minute, lingering = 0;

    for (uint32_t i = 0; i < d->n; i++) {
        const struct demand_rung *r = &d->rungs[i];
        if (r->aside)
            continue;
        if (r->held > 0)
            held += r->minute;
        else if (r->warm)
            lingering += r->minute;
    }
    /* A rung is taken for a full minute, which one that was begun lately is
       not. */
    if (held > max || used - lingering + minute > max)
        return -ENOMEM;
    for (uint32_t i = idlest(d);
         i < d->n && (held + lingering > max || used + minute > max);
         i = idlest(d)) {
        d->rungs[i].warm = false;
        lingering -= d->rungs[i].minute;
        used -= d->rungs[i].minute;
    }
    return 0;
}

int demand_hold(struct demand *d, uint32_t rung, uint64_t from, double used,
                double max)
{
    struct demand_rung *r = &d->rungs[rung];
    const bool cold = !r->warm;

    if (cold) {
        int err = r->aside ? 0 : make_room(d, r->minute, used, max);
        if (err)
            return err;
        r->warm = true;
        r->from = from;
    }
    r->held++;
    return cold;
}

void demand_release(struct demand *d, uint32_t rung, int64_t now)
{
    struct demand_rung *r = &d->rungs[rung];

    if (--r->held == 0)
        r->released = now;
}

bool demand_warm(struct demand *d, uint32_t rung, int64_t now, uint64_t *from)
{
    struct demand_rung *r = &d->rungs[rung];

    if (r->warm && r->held == 0 && now - r->released > d->linger)
        r->warm = false;
    *from = r->from;
    return r->warm;
}
