// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The operator's address: what is asked for there, the events, and the orders
 * that are given. [ev] only.
 *
 *   GET /               the operator's page (netsink/page)
 *   GET /status.json    all figures
 *   GET /metrics        for Prometheus
 *   GET /health         200 while audio comes in, else 503
 *   GET /listeners.json ?sort=&order=&limit=&offset= (netsink/roster)
 *   GET /history.json   the last hour (netsink/hourly)
 *   GET /now.json       what plays, as listeners are told (netsink/news)
 *   GET /events         SSE: `status` every second, /status.json without the
 *                       listeners and with "desk"; `levels` ten times a second,
 *                       while they change; `log`, a line each
 *   POST /control/set   {"name", "value", "fade_s"?, "generator"?}
 *   POST /control/mute  {"mount", "muted"}
 *   POST /control/drop  {"id"}
 *   POST /control/now   {"mount", "title", "detail"?}; title null: the
 *                       generator's again
 *
 * Orders are answered by {"ok": true}, or 4xx or 5xx and {"error": "..."}. They
 * need the token (netsink/access), and nothing here is shown or done for a page
 * from elsewhere. What is for events alone is done only while somebody watches.
 */
#ifndef NETSINK_ADMIN_H
#define NETSINK_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"
#include "netsink/loop.h"
#include "netsink/mount.h"

struct admin;
struct audience;
struct census;
struct desk;
struct evhttp_request;
struct news;
struct sse_stats;
/*
 * The station around the sink: a desk, by the functions of netsink/desk.h,
 * which are of the program that this is part of. Without a desk all is NULL.
 */
struct admin_desk {
    struct desk *desk; /* borrowed */
    char *(*json)(struct desk *d);
    char *(*levels)(struct desk *d);
    void (*watched)(struct desk *d, bool watched);
    int (*set)(struct desk *d, const char *generator, const char *name,
               const char *value, double fade_s,
               void (*done)(void *arg, int err, const char *said), void *arg);
    struct log_tail *log; /* borrowed: what `log` events are made of */
};

/* Bytes of a request's body that are read: more than is allowed, so that we
   say so. */
#define ADMIN_BODY_MAX 65536

struct admin_opts {
    const struct log *log;
    struct loop *loop;          /* borrowed: [ev]'s */
    const struct mount *mounts; /* borrowed */
    uint32_t n_mounts;
    struct census *census; /* borrowed, as all of these */
    struct audience *audience;
    struct news *news;
    int64_t epoch;            /* unix ms */
    const char *token;        /* borrowed; NULL: no order is obeyed */
    const char *const *hosts; /* borrowed: names of the address, besides
                                 numbers, localhost and the machine's own */
    uint32_t n_hosts;
};

/* Errors: -ENOMEM. */
int admin_new(struct admin **out, const struct admin_opts *o);
void admin_free(struct admin **a);

/* The desk from now on; while [ev] doesn't run. */
void admin_set_desk(struct admin *a, const struct admin_desk *desk);

/* [ev] has ended: the desk is left alone from now on. */
void admin_close(struct admin *a);

/* Any request to the operator's address. */
void admin_serve(struct admin *a, struct evhttp_request *req);

/* Some times a second. now: ns. */
void admin_tick(struct admin *a, int64_t now);

/* Who watches, and wrong tokens since the start. */
void admin_stats(const struct admin *a, struct sse_stats *watchers,
                 uint64_t *wrong_tokens);

#endif
