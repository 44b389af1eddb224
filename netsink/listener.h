// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One listener: a cursor into the mount's hub, an Ogg stream and a bounded
 * output of their own, on the connection that asked for it. [ev] only. It never
 * waits: what the peer doesn't take stays in the hub, until it is skipped.
 */
#ifndef NETSINK_LISTENER_H
#define NETSINK_LISTENER_H

#include <stdint.h>

#include "graph/log.h"
#include "netsink/mount.h"

struct evhttp_request;
struct listener;

struct listener_opts {
    const struct log *log;
    const struct mount *mount; /* borrowed */
    uint64_t id;
    double burst_s; /* audio sent at once, s */
    /* The connection has ended, by whomever: the owner forgets the listener
       and frees it. Called from the loop or from within listener_cut(). */
    void (*gone)(void *ctx, struct listener *l);
    void *ctx;
};

/* What the peer has got is known to a second. */
struct listener_stats {
    uint64_t id;
    const char *address; /* "192.0.2.7:1234", clean text */
    const char *agent;   /* clean UTF-8, up to 120 bytes */
    const char *mount;
    double seconds;   /* connected */
    uint64_t bytes;   /* the peer has got, headers included */
    uint64_t packets; /* put into the stream */
    uint64_t skips;   /* jumps forward, the hub having gone by */
    double lag_s;     /* audio there is and the peer has not got, s */
};

/*
 * Begins the stream as the answer to req, with the burst; from here on the
 * request is the listener's. Errors, with the request untouched: -ENOMEM,
 * -EIO.
 */
int listener_new(struct listener **out, const struct listener_opts *o,
                 struct evhttp_request *req);

/* Frees a listener whose connection has ended. Accepts NULL. */
void listener_free(struct listener **l);

/* Answers a HEAD for the stream: its headers alone. */
void listener_answer_head(struct evhttp_request *req);

/* Sends what the hub has for it, as far as its bounds allow. Errors: -ENOMEM;
   then the stream is damaged and has to be cut. */
int listener_feed(struct listener *l);

/* Nothing that waited was taken by the peer for so long, ns; 0: all well.
   To be called about every second. */
int64_t listener_stalled(struct listener *l, int64_t now);

/* Ends the connection at once, by a reset and without a last chunk: players
   take that for a fault and come back. Calls gone(). why is for the log. */
void listener_cut(struct listener *l, const char *why);

void listener_stats(const struct listener *l, struct listener_stats *out);

#endif
