// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Watches the connections of one evhttp that have no request yet: evhttp's own
 * timeout starts anew with every byte, so that a byte a second would keep a
 * connection for ever. Here each has a deadline for its whole request, they are
 * limited in number by address and in all, and the rest is cut. It ends what
 * evhttp holds by shutdown() alone, since evhttp owns it. [ev] only.
 *
 * An address is an IPv4 address or an IPv6 network of 64 bits, which is what
 * one customer has.
 */
#ifndef NETSINK_GUARD_H
#define NETSINK_GUARD_H

#include <stdbool.h>
#include <stdint.h>

struct bufferevent;
struct event_base;
struct evhttp_request;
struct guard;

struct guard_limits {
    int64_t deadline;     /* ns from a connection's begin, or from the answer
                             before, to the end of the request */
    uint32_t max;         /* connections without a request; beyond it the one
                             that has waited longest is cut */
    uint32_t per_address; /* beyond it new ones are cut */
    bool count_loopback;  /* its addresses too (a proxy's, a test's) */
    int fd_max; /* a descriptor from here on is cut, and `short_of_fds`
                   called: the rest is for others; 0: no limit */
};

struct guard_opts {
    struct event_base *base; /* borrowed */
    struct guard_limits limits;
    void (*short_of_fds)(void *ctx);
    void *ctx;
};

/* Since the start, but for `open`. */
struct guard_stats {
    uint32_t open; /* connections without a request, now */
    uint64_t accepted;
    uint64_t late, per_address, over, no_fds; /* cut, by the limit */
};

/* Errors: -ENOMEM. */
int guard_new(struct guard **out, const struct guard_opts *o);

/* After evhttp has been freed. Accepts NULL. */
void guard_free(struct guard **g);

/* A connection has come; evhttp_set_bevcb()'s answer. NULL: no memory, and
   evhttp makes one that nobody watches. */
struct bufferevent *guard_accept(struct guard *g);

/* Its request is there, in evhttp's callback: not watched any more until the
   answer is sent (a parked one never is). */
void guard_request(struct guard *g, struct evhttp_request *req);

/* Cuts those whose time is over. Every 250 ms; until then a connection's
   descriptor may stay after its end. */
void guard_sweep(struct guard *g, int64_t now);

void guard_stats(const struct guard *g, struct guard_stats *out);

#endif
