// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Events for whoever has subscribed, by Server-Sent Events (HTML standard 9.2).
 * What is said is kept once for all; a subscriber is a place in it. One who is
 * so far behind that its place is no longer kept is cut, and comes back by
 * itself. Nobody waits for anybody: subscribers are written to in slices
 * between what else the loop does, and a socket that takes nothing is left
 * alone until it does. Without subscribers nothing is kept, and to say
 * something costs a comparison.
 *
 * A subscriber's connection is parked (netsink/park): evhttp's own way for
 * answers without an end keeps all that the peer sends meanwhile. It is
 * ended by closing it; the peer has nothing to say any more, and one that says
 * a lot is cut. [ev] only.
 */
#ifndef NETSINK_SSE_H
#define NETSINK_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSE_RETRY_MS   2000       /* told to subscribers: when to come back */
#define SSE_IDLE_S     15         /* without an event: a comment */
#define SSE_TOPICS_ALL UINT32_MAX /* topics are bits */
#define SSE_KEPT       256        /* events kept, at most */

struct event_base;
struct evbuffer;
struct evhttp_request;
struct sse;

struct sse_opts {
    struct event_base *base; /* borrowed */
    int64_t epoch;           /* ids are "EPOCH.N" */
    uint32_t max;            /* subscribers; then 503 */
    size_t kept;  /* bytes of events that a subscriber may be behind */
    int fd_max;   /* descriptors from here on are for others: 503; 0: none */
    bool anybody; /* pages from elsewhere may read it, too (CORS) */
};

struct sse_stats {
    uint32_t subscribers;
    uint64_t ever, refused, slow; /* since the start; slow: cut as such */
};

/* Errors: -ENOMEM. */
int sse_new(struct sse **out, const struct sse_opts *o);

/* Cuts all subscribers. Accepts NULL. */
void sse_free(struct sse **s);

/*
 * Answers the request, whose method is GET or HEAD: with a subscription to
 * these topics that begins with what hello holds, events put there by sse_put()
 * (drained; NULL: none), or with 503. True: there is a subscriber more.
 */
bool sse_serve(struct sse *s, struct evhttp_request *req, uint32_t topics,
               struct evbuffer *hello);

/* Says it to all who have one of the topics. data is text; each of its lines
   becomes one of the event's. Without memory: to nobody. */
void sse_say(struct sse *s, uint32_t topics, const char *event,
             const char *data);

/* An event that is for one new subscriber. */
void sse_put(struct sse *s, struct evbuffer *hello, const char *event,
             const char *data);

/* Every second or so: says something where nothing else was said, so that who
   has gone without a word is found out. */
void sse_tick(struct sse *s, int64_t now);

uint32_t sse_subscribers(const struct sse *s);
void sse_stats(const struct sse *s, struct sse_stats *out);

#endif
