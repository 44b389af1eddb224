// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The audience's inside, for audience.c (requests) and seat.c (what becomes of
 * them) alone. [ev] only.
 */
#ifndef NETSINK_AUDIENCE_PRIV_H
#define NETSINK_AUDIENCE_PRIV_H

#include "netsink/audience.h"
#include "netsink/entry.h"
#include "netsink/head.h"
#include "netsink/park.h"
#include "netsink/query.h"

/* A request for a stream, read. */
struct wish {
    struct query q;
    uint64_t offset;           /* byte to go on at; 0: the begin */
    bool chunked;              /* HTTP/1.1 */
    bool element;              /* a browser's audio or video element */
    bool icy;                  /* it asked for ICY headers */
    struct entry_point origin; /* of the stream to go on with; epoch 0: it is
                                  not known */
    uint64_t claim;            /* its session, of a sink before us, or 0 */
    uint64_t stale[HEAD_STALE];
    uint32_t n_stale;
};

/* A connection of a listener. */
struct seat {
    struct audience *a;
    struct session *ses; /* it is, or is to be, the connection of */
    struct park *park;
    struct listener *listener; /* NULL: it waits for the one before it */
    struct seat *next;         /* waits for this one to end */
    struct wish wish;
    uint32_t rung; /* held for it */
    bool dropped;  /* it ends for good, whatever ends it */
    char address[SESSION_ADDRESS], agent[SESSION_AGENT];
};

struct audience {
    struct audience_opts o; /* [init] */
    struct sessions *sessions;
    struct fan *fan; /* NULL: before and after */
    uint32_t n_seats;
    struct audience_totals totals;
    struct gone_list gone;
};

/* What there is of a rung. One that is not encoded will be, from what the
   mount's history has. */
struct entry_range seat_range(const struct mount *m, uint32_t rung);

/*
 * A stream that begins now, at the wish's offset, for a session with this id,
 * and where its granule position is 0. Errors: -ERANGE, see entry_seq().
 */
int seat_stream(const struct audience *a, const struct wish *w, uint64_t id,
                struct stream *s, struct entry_point *origin);

/* The head of the answer that a session (NULL: nobody) is to get with its
   stream. */
void seat_head(const struct audience *a, const struct wish *w,
               const struct stream *s, const struct session *ses,
               char text[HEAD_MAX]);

/* A seat for the request, of session ses or, NULL, a new one. Errors: -ENOMEM;
   the request is not answered then. */
int seat_take(struct audience *a, struct evhttp_request *req,
              const struct wish *w, struct session *ses);

#endif
