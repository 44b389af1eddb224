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
#include <stddef.h>
#include <stdint.h>

#include "netsink/listener.h"

#define SESSION_KEPT_S  60    /* without a connection */
#define SESSION_PREFIX  "lw_" /* of a cookie's name */
#define SESSION_COOKIE  64    /* bytes of "lw_ID=EPOCH.SEQ", and the end */
#define SESSION_ADDRESS 64    /* bytes: "[v6%scope]:port", and the end */
#define SESSION_AGENT   121

struct sessions;

struct session {
    uint64_t id;          /* random, never 0: who knows it may go on with it */
    uint64_t number;      /* 1, 2, ...: for people */
    int64_t begun, ended; /* ns; ended: 0 while it is on air */
    const struct mount *mount;
    enum latency latency;
    uint32_t lead; /* packets */
    bool pinned;
    /* Where its stream is at granule position 0, for the cookie: the timeline
       (by its epoch, ms; a sink before this one may have made it) and the
       packet. */
    int64_t epoch;
    uint64_t seq;

    struct stream stream; /* where its last listener began or, ended, where it
                             left it */
    double rate;          /* bytes/s of that */
    int64_t connected;    /* ns: when its last listener began */

    struct listener *listener;     /* or NULL */
    char address[SESSION_ADDRESS]; /* clean text, of the last connection */
    char agent[SESSION_AGENT];
    uint32_t connections;
    /* Of those connections that ended. */
    uint64_t past_bytes, past_packets, past_skips, past_switches;
    enum listener_end why; /* the last one ended */
    void *ctx;             /* of the owner: the parked connection */

    bool on_air;                   /* the table's own, from here */
    struct session *by_id;         /* the next one in its bucket */
    struct session *newer, *older; /* of those on air, or of the others */
};

/* At most max of them. Errors: -ENOMEM, -EIO (no random numbers). */
int sessions_new(struct sessions **out, uint32_t max);
/* There is none with a listener any more. Accepts NULL. */
void sessions_free(struct sessions **s);

/* A new one, on air, owned by the table. id: one that a sink before this one
   gave away and that is free here, or 0 for a random one. NULL: no memory, or
   all seats are taken by sessions on air. */
struct session *session_new(struct sessions *s, uint64_t id, int64_t now);

struct session *session_find(const struct sessions *s, uint64_t id);

/* Who comes and wants to go on. */
struct session_wish {
    const char *cookies; /* the header; NULL: none */
    const struct mount *mount;
    enum stream_kind kind;
    uint32_t rung;   /* WAV: the format */
    bool pinned;     /* and no other */
    uint64_t offset; /* bytes */
};

/* What a cookie said that no session here is known by. */
struct session_claim {
    uint64_t id; /* 0: there is none */
    int64_t epoch;
    uint64_t seq;
};

/*
 * Which session of those named in the cookies wants to go on at the offset of a
 * stream of this mount and kind: one that has made so many bytes, and of these
 * the one whose end is nearest (a player asks for what comes next; two tabs
 * rarely are equally far); one that asked for the same bitrate, or for none as
 * well, before one that did not, if its end is within the minute that is kept;
 * one without a connection before one with, whose end can only be guessed.
 * NULL: none, and *claim is the first id in the cookies that is not known here.
 */
struct session *session_choose(const struct sessions *s,
                               const struct session_wish *w, int64_t now,
                               struct session_claim *claim);

/*
 * Ids in the cookies that are not known (any more), but for the last `keep` of
 * them, who may yet come back and claim theirs: these cookies are to go, or a
 * browser's jar grows until its requests are too large. ids has room for max.
 * Returns how many.
 */
uint32_t session_stale(const struct sessions *s, const char *cookies,
                       uint32_t keep, uint64_t *ids, uint32_t max);

/* "lw_0123456789abcdef=1700000000000.4242": for Set-Cookie. */
void session_cookie(const struct session *ses, char text[SESSION_COOKIE]);

/* Its listener has come back; another one takes over. */
void session_ended(struct sessions *s, struct session *ses, int64_t now);
void session_again(struct sessions *s, struct session *ses, int64_t now);

/* Forgets one, on air or not. */
void session_drop(struct sessions *s, struct session *ses);

/* Forgets those that ended SESSION_KEPT_S ago. Every second. */
void sessions_tick(struct sessions *s, int64_t now);

/* All on air, the latest to connect first: session_next(s, NULL) is the first
   one, NULL is the end. */
struct session *session_next(const struct sessions *s,
                             const struct session *at);

/* On air; ended and kept; ever. */
uint32_t sessions_on_air(const struct sessions *s);
uint32_t sessions_kept(const struct sessions *s);
uint64_t sessions_ever(const struct sessions *s);

#endif
