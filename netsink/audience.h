// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The audience: all listeners of a mount, up to a ceiling. [ev] only.
 */
#ifndef NETSINK_AUDIENCE_H
#define NETSINK_AUDIENCE_H

#include <stdint.h>

#include "graph/log.h"
#include "netsink/listener.h"
#include "netsink/mount.h"

struct audience;

struct audience_opts {
    const struct log *log;
    const struct mount *mount; /* borrowed */
    double burst_s;
    uint32_t max; /* listeners */
};

struct audience_totals {
    uint32_t listeners; /* now */
    uint64_t ever;
    uint64_t bytes; /* to all that ever were */
};

/* Errors: -ENOMEM. */
int audience_new(struct audience **out, const struct audience_opts *o);

/* Cuts every stream. Accepts NULL. */
void audience_free(struct audience **a);

/* Answers a GET or HEAD for the stream: with the stream, or 503 when the house
   is full or memory short. */
void audience_serve(struct audience *a, struct evhttp_request *req);

/* New packets are in the hub. */
void audience_feed(struct audience *a);

/* To be called about every second: drops who took nothing for a minute. */
void audience_tick(struct audience *a);

/* Ends every stream by cutting it. */
void audience_cut(struct audience *a, const char *why);

/* Listener i of totals.listeners, in no lasting order. */
void audience_stats(const struct audience *a, uint32_t i,
                    struct listener_stats *out);

void audience_totals(const struct audience *a, struct audience_totals *out);

#endif
