// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The sink's figures at one moment, for status and metrics. [ev] only; what it
 * points to lasts as long as the call that it is given to.
 */
#ifndef NETSINK_FIGURES_H
#define NETSINK_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/jclient.h"
#include "netsink/audience.h"
#include "netsink/fan.h"
#include "netsink/guard.h"
#include "netsink/mount.h"
#include "netsink/sse.h"
#include "netsink/usage.h"

struct figures_jack {
    bool up;       /* there is a server, and we are its client */
    char name[64]; /* the client's, clean text; "" when not up, and these 0: */
    uint32_t rate, period;
    struct jclient_stats stats; /* since the start, over all servers */
};

struct figures {
    int64_t now; /* ns */
    double uptime_s;
    int64_t epoch; /* unix ms of packet 0 */
    struct figures_jack jack;
    const struct mount *mounts;
    uint32_t n_mounts;
    const double *encode_ms_per_s; /* [n_mounts] over the last second */
    const struct hub_budget *budget;
    const struct usage *usage;
    const struct audience *audience;
    struct guard_stats listen, admin;
    struct sse_stats events, watchers; /* listeners'; the operator's */
    uint64_t wrong_tokens;             /* since the start */

    /* Of the fan. */
    const struct fan_stats *fan; /* [n_mounts], all loops together */
    double fan_cpu_s;            /* all loops together */
    uint32_t n_loops;
    const struct listener_stats *const *listeners; /* by ascending id */
    uint32_t n_listeners;
};

/* A listener's by its session's number, or NULL: it has just come. */
const struct listener_stats *figures_listener(const struct figures *f,
                                              uint64_t number);

#endif
