// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The HTTP side: the listeners' server (page, streams) and the operator's
 * server (status) on one libevent loop. [ev] only: the thread that calls
 * http_run() is the loop. evhttp parses; each listener is a cursor into the
 * mount's hub with an Ogg stream and a bounded output of its own, so that a
 * slow one holds up nobody.
 *
 * Listeners' address:  GET /               the page
 *                      GET /style.css
 *                      GET /MOUNT.opus     the stream, HEAD too
 * Operator's address:  GET /status.json
 *                      GET /health         200 once packets flow, else 503
 */
#ifndef NETSINK_HTTP_H
#define NETSINK_HTTP_H

#include <stdint.h>

#include "graph/cli.h"
#include "graph/jclient.h"
#include "graph/log.h"
#include "netsink/mount.h"

struct http;

struct http_opts {
    const struct log *log;
    struct cli_addr listen; /* port 0: any free one */
    struct cli_addr admin;
    const struct mount *mount; /* borrowed; complete when http_run() begins */
    double burst_s;            /* audio sent at once on connect, s */
    uint32_t max_listeners;    /* then 503 with Retry-After */
};

/*
 * Binds both addresses and takes SIGINT and SIGTERM over for http_run(). Comes
 * before JACK is asked, so that a port in use is the first thing said.
 * Errors are logged with the address: -EADDRINUSE, -EACCES, -EADDRNOTAVAIL,
 * -EINVAL, -ENOMEM.
 */
int http_new(struct http **out, const struct http_opts *o);

/* Ports bound, for port 0. */
uint16_t http_listen_port(const struct http *h);
uint16_t http_admin_port(const struct http *h);

/*
 * Serves until SIGINT or SIGTERM (returns 0), the JACK server is gone
 * (-EHOSTDOWN) or the encoder failed (its -errno). jack, for figures and
 * liveness, is borrowed until then. Streams are cut before it returns.
 */
int http_run(struct http *h, const struct jclient *jack);

/* Accepts NULL. */
void http_free(struct http **h);

#endif
