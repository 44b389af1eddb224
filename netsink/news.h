// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What listeners are told beside the streams: /now.json, and /events as it
 * changes. [ev] only.
 *
 *   GET /now.json   {"epoch": unix ms of packet 0, "packet_ms": 20, "mounts":
 *                   [{"name", "title", "channels", "muted", "listeners",
 *                   "edge_seq", "first_seq", "rungs": [kbit/s...], "usual",
 *                   "now": {"seq", "title", "detail", "unix_ms"} | null,
 *                   "recent": [as now..., the latest first]}]}
 *   GET /events     ?mount=NAME, or of all: `now` {"mount", "seq", "title",
 *                   "detail", "unix_ms"} (title null: it is not known), `mute`
 *                   {"mount", "muted"}, `edge` {"mount", "edge_seq"} every ten
 *                   seconds; begins with all of them
 *
 * "seq" is the packet that it is first heard in; "edge_seq" the one that is
 * heard first without any lead. Pages from elsewhere may read both.
 */
#ifndef NETSINK_NEWS_H
#define NETSINK_NEWS_H

#include <stdbool.h>
#include <stdint.h>

#include "netsink/audience.h"
#include "netsink/now.h"
#include "netsink/sse.h"

struct event_base;
struct evhttp_request;
struct news;

#define NEWS_EDGE_S 10

struct news_opts {
    struct event_base *base;         /* borrowed */
    const struct mount *mounts;      /* borrowed; running where it matters */
    const struct audience *audience; /* borrowed */
    uint32_t n_mounts;
    int64_t epoch;       /* unix ms */
    uint32_t max_events; /* subscribers */
    int fd_max;          /* see sse_opts */
};

/* Errors: -ENOMEM. */
int news_new(struct news **out, const struct news_opts *o);
void news_free(struct news **n);

/* A request whose path is one of these; false: it is not. */
bool news_serve(struct news *n, struct evhttp_request *req);

/* /now.json by GET or HEAD, for no other origin than the address itself. */
void news_serve_now(struct news *n, struct evhttp_request *req);

/* The generator upstream of a mount plays this (see now_tell()), or, title "",
   nothing that is known. */
void news_tell(struct news *n, uint32_t mount, const char *title,
               const char *detail);

/* The operator says so, see now_overrule(). */
void news_overrule(struct news *n, uint32_t mount, const char *title,
                   const char *detail);

/* Mutes a mount's encoder, or not, and tells. */
void news_mute(struct news *n, uint32_t mount, bool muted);

/* Some times a second. now: ns. */
void news_tick(struct news *n, int64_t now);

void news_stats(const struct news *n, struct sse_stats *out);

#endif
