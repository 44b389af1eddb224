// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The HTTP side: the listeners' server (page, streams) and the operator's
 * server (figures) on one libevent loop, [ev], on a thread of its own, and the
 * fan that writes to the listeners. evhttp parses; whoever asks for a stream is
 * taken from it and given to the fan. A full house leaves the operator's server
 * its descriptors.
 *
 * Listeners' address:  GET /               the page and its files
 *                      GET /MOUNT.opus     the stream; HEAD and OPTIONS too
 *                      GET /MOUNT.mp4      (see netsink/query for what may be
 *                      GET /MOUNT.wav       asked for)
 *                      GET /MOUNT.m3u      and .pls, .xspf: netsink/playlist
 *                      GET /now.json       what plays (netsink/news)
 *                      GET /events         the same as it changes, SSE
 * Operator's address:  see netsink/admin
 *
 * All functions are for [main], but for http_put() and http_now(). In this
 * order:
 *
 *   http_new()     so that a port in use is the first thing said
 *   mount_init()   each with http_put and the http as put and ctx
 *   http_desk()    if there is one
 *   http_start()
 *   http_jack()    whenever there is a client, and with NULL before it goes
 *   ...
 *   http_stop()    while the mounts still run
 *   mount_fini()
 *   http_free()
 */
#ifndef NETSINK_HTTP_H
#define NETSINK_HTTP_H

#include <stdint.h>

#include "graph/cli.h"
#include "graph/jclient.h"
#include "graph/log.h"
#include "netsink/admin.h"
#include "netsink/desk.h"
#include "netsink/mount.h"

struct http;

struct http_opts {
    const struct log *log;
    struct cli_addr listen; /* port 0: any free one */
    struct cli_addr admin;
    const struct mount *mounts; /* borrowed; [n_mounts], running from
                                   http_start() to http_stop() */
    uint32_t n_mounts;
    const struct hub_budget *budget; /* borrowed: the mounts' */
    int64_t epoch;          /* unix ms when the timelines began, their packet 0:
                               of one start of the sink, as it tells two apart */
    uint32_t max_listeners; /* then 503 with Retry-After */
    uint32_t n_loops;       /* of the fan: 1.. */
    double burst_rate;      /* see fan_opts */
    uint32_t max_events;    /* subscribers to listeners' events; then 503 */
    const char *token;      /* borrowed; the operator's. NULL: no order is
                               obeyed */
    const char *const *admin_hosts; /* borrowed: names that the operator's
                                       address may be called by, besides its
                                       numbers and localhost */
    uint32_t n_admin_hosts;
};

/*
 * Binds both addresses; whoever connects waits. Errors are logged with the
 * address: -EADDRINUSE, -EACCES, -EADDRNOTAVAIL, -EINVAL, -ENOMEM, -EMFILE,
 * -EIO.
 */
int http_new(struct http **out, const struct http_opts *o);

/* Ports bound, for port 0. */
uint16_t http_listen_port(const struct http *h);
uint16_t http_admin_port(const struct http *h);

/* For mount_opts.put. Any thread, at any time before http_free(). Does not
   block. */
void http_put(void *http);

/* The station that the operator is shown and gives orders to, from http_start()
   to http_stop(). */
void http_desk(struct http *h, const struct admin_desk *desk);

/* A mount plays this from now on, or, NULL, nothing that is known: for
   desk_opts.now; http is the ctx. Any thread, at any time before http_free().
   Does not block. */
void http_now(void *http, const char *mount, const struct desk_now *now);

/* Serves from now on. Ignores SIGPIPE: a listener who leaves is an error of a
   write, not the end of us. Errors: -ENOMEM, -EMFILE, -EAGAIN (no thread). */
int http_start(struct http *h);

/* The graph's client, for figures and for the fan's priority, or NULL; to be
   told before it is closed. */
void http_jack(struct http *h, const struct jclient *jack);

/* Goes on while [ev] does, some times a second, from http_start() on. */
uint64_t http_turns(const struct http *h);

/* Ends all streams, by a reset, so that players come back; nothing is served
   any more. Nothing when it did not start. */
void http_stop(struct http *h);

/* Accepts NULL. */
void http_free(struct http **h);

#endif
