// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One listening address: a socket with a deep backlog under an evhttp of its
 * own, with the limits that every address of ours has. [ev] only, or before
 * the loop runs.
 */
#ifndef NETSINK_SERVER_H
#define NETSINK_SERVER_H

#include <stdint.h>

#include "graph/cli.h"
#include "graph/log.h"

struct event_base;
struct evhttp_request;
struct server;

struct server_opts {
    const struct log *log;
    struct event_base *base; /* borrowed */
    struct cli_addr addr;
    const char *what; /* "listeners": for messages */
    void (*handle)(struct evhttp_request *req, void *ctx); /* every request */
    void *ctx;
};

/* Binds and listens. Errors are logged with the address: -EADDRINUSE, -EACCES,
   -EADDRNOTAVAIL, -EINVAL, -ENOMEM and what else socket() and bind() say. */
int server_new(struct server **out, const struct server_opts *o);

/* Cuts every connection that is left. Accepts NULL. */
void server_free(struct server **s);

/* To be called every 100 ms: accepts again after a pause that a shortage of
   descriptors made. */
void server_tick(struct server *s);

/* The port bound, for port 0. */
uint16_t server_port(const struct server *s);

#endif
