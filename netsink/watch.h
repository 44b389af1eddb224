// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The operator's events, see netsink/admin.h: gathered while somebody watches,
 * and once for all who do. [ev] only.
 */
#ifndef NETSINK_WATCH_H
#define NETSINK_WATCH_H

#include "netsink/admin.h"
#include "netsink/census.h"
#include "netsink/sse.h"

struct event_base;
struct evhttp_request;
struct watch;

#define WATCH_MAX     32  /* who watch at once */
#define WATCH_BEAT_MS 100 /* between two looks at levels and log */
#define WATCH_LINES   200 /* of the log, told at the begin */

struct watch_opts {
    struct event_base *base;       /* borrowed */
    struct census *census;         /* borrowed */
    const struct admin_desk *desk; /* borrowed; may change while [ev] doesn't
                                      run */
    const char *token; /* borrowed: never to be seen in an event; or NULL */
    int64_t epoch;     /* unix ms */
};

/* Errors: -ENOMEM. */
int watch_new(struct watch **out, const struct watch_opts *o);
void watch_free(struct watch **w);

/* The desk is about to go, or [ev] to end: nobody watches any more. */
void watch_close(struct watch *w);

/* GET /events. */
void watch_serve(struct watch *w, struct evhttp_request *req);

/* Some times a second. now: ns. */
void watch_tick(struct watch *w, int64_t now);

void watch_stats(const struct watch *w, struct sse_stats *out);

#endif
