// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Sessions: who is on air, and who was until a minute ago and may come back on
 * another connection, to go on at the byte where it was. A session is known by
 * a cookie with a name of its own, so that two tabs of one browser are two.
 * [ev] only. Bounded in number: of those that have no connection the oldest go
 * first.
 */
#ifndef NETSINK_SESSION_H
#define NETSINK_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "netsink/listener.h"

#define SESSION_KEPT_S  60 /* without a connection */
#define SESSION_ID_TEXT 17 /* 16 hexadecimal digits, and the end */

struct sessions;

struct session {
    uint64_t id;          /* random, never 0: who knows it may go on with it */
    uint64_t number;      /* 1, 2, ...: for people */
    int64_t begun, ended; /* ns; ended: 0 while a listener is on */
    const struct mount *mount;
    enum latency latency;
    uint32_t lead; /* packets */
    bool pinned;
    struct stream stream;         /* as its last listener left it */
    struct listener *listener;    /* or NULL */
    char address[64], agent[121]; /* clean text, of the last connection */
    uint32_t connections;
    uint64_t past_bytes, past_packets, past_skips,
        past_switches;     /* of those
                  connections that ended */
    enum listener_end why; /* the last one ended */
    void *ctx;             /* of the owner: the parked connection */
    struct session *next_by_id, *prev, *next; /* the table's own */
};

/* At most max of them. Errors: -ENOMEM. */
int sessions_new(struct sessions **out, uint32_t max);
/* There is none with a listener any more. Accepts NULL. */
void sessions_free(struct sessions **s);

/* A new one, with a random id, owned by the table; NULL: no memory, or all
   seats are taken by sessions with listeners. */
struct session *session_new(struct sessions *s, int64_t now);

struct session *session_find(const struct sessions *s, uint64_t id);

/*
 * Which session of those named in a Cookie header wants to go on at byte offset
 * of a stream of this mount and kind: one that has made so many bytes; one
 * without a connection before one with, the one that ended last first. NULL:
 * none. *claimed: an id of ours that is in the header and not known here, or 0
 * (a sink before this one may have made it).
 */
struct session *session_choose(const struct sessions *s, const char *cookies,
                               const struct mount *mount, enum stream_kind kind,
                               uint64_t offset, uint64_t *claimed);

/* Its listener has come back. */
void session_ended(struct sessions *s, struct session *ses, int64_t now);

/* Forgets one without a listener. */
void session_drop(struct sessions *s, struct session *ses);

/* Forgets those that ended SESSION_KEPT_S ago. Every second. */
void sessions_tick(struct sessions *s, int64_t now);

/* All with a listener, newest first: session_next(s, NULL) is the first one,
   NULL is the end. */
struct session *session_next(const struct sessions *s,
                             const struct session *at);

/* With a listener; ever. */
uint32_t sessions_on_air(const struct sessions *s);
uint64_t sessions_ever(const struct sessions *s);

#endif
