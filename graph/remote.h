// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The other end of the generator's control (clients/generator/osc.h): asks, and
 * waits for what is answered. Any one thread.
 */
#ifndef GRAPH_REMOTE_H
#define GRAPH_REMOTE_H

#include <stdint.h>

#include "graph/osc_message.h"
#include "graph/cli.h"

struct remote;

/* Errors: -errno of socket() and connect(), -ENOMEM. */
int remote_open(struct remote **out, const struct cli_addr *addr);
void remote_close(struct remote **r);

/* Readable when there is a next message. */
int remote_fd(const struct remote *r);

/* Sends a message of the arguments by types, as osc_message_write(). Errors:
   those of it and of send(); -ECONNREFUSED, nobody is there. */
int remote_send(struct remote *r, const char *address, const char *types, ...);

/* The next message, which lives until the next call; what is none is passed
   over. What has come is given even if it is late. Errors: -ETIMEDOUT,
   clock_now() has come to until_ns; -ECONNREFUSED, nobody is there. */
int remote_next(struct remote *r, int64_t until_ns,
                const struct osc_message **out);

#endif
