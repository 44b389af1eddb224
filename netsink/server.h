// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One listening address: a socket with a deep backlog under an evhttp of its
 * own, with the limits that every address of ours has, and a guard over who has
 * not said yet what he wants. Accepts no more than SERVER_BATCH connections at
 * once, so that a storm of them holds up nothing else on the loop. [ev] only,
 * or before the loop runs.
 */
#ifndef NETSINK_SERVER_H
#define NETSINK_SERVER_H

#include <stdint.h>

#include "graph/cli.h"
#include "graph/log.h"
#include "netsink/guard.h"

#define SERVER_BATCH   64  /* connections, in 2 ms */
#define SERVER_TICK_MS 250 /* see server_tick() */

struct event_base;
struct evhttp_request;
struct server;

struct server_opts {
    const struct log *log;
    struct event_base *base; /* borrowed */
    struct cli_addr addr;
    const char *what;           /* "listeners": for messages */
    struct guard_limits limits; /* 0: 10 s; 4096; 64; no limit */
    uint32_t body_max;          /* bytes, beyond them 413; 0: 1024 */
    void (*handle)(struct evhttp_request *req, void *ctx); /* every request */
    void *ctx;
};

/* Binds and listens. Errors are logged with the address: -EADDRINUSE, -EACCES,
   -EADDRNOTAVAIL, -EINVAL, -ENOMEM and what else socket() and bind() say. */
int server_new(struct server **out, const struct server_opts *o);

/* Cuts every connection that is left. Accepts NULL. */
void server_free(struct server **s);

/* To be called every SERVER_TICK_MS: cuts whose time is over, and accepts again
   after a pause that a shortage of descriptors made. */
void server_tick(struct server *s);

void server_stats(const struct server *s, struct guard_stats *out);

/* The port bound, for port 0. */
uint16_t server_port(const struct server *s);

#endif
