// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Takes a request's connection away from evhttp, so that its socket can be
 * written to directly, on another thread too: evhttp keeps the object and hears
 * nothing of it any more (to free the connection, or to dup() the socket, would
 * shut it down: libevent 2.1.12 keeps the descriptor for itself). [ev] only.
 */
#ifndef NETSINK_PARK_H
#define NETSINK_PARK_H

struct evhttp_request;
struct park;

/* Within a request's callback, which must not answer it then. What the peer
   sent beyond its request is thrown away, and the request's headers are gone.
   Errors: -ENOMEM; then the request is evhttp's still. */
int park_new(struct park **out, struct evhttp_request *req);

/* The socket; it does not block. */
int park_fd(const struct park *p);

/* Ends the connection: by a reset (players take that for a fault and come back)
   or in order. Frees it all. Accepts NULL. */
void park_reset(struct park **p);
void park_close(struct park **p);

#endif
