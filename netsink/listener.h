// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One listener on a fan: a stream on a socket, written to on a schedule of its
 * own, bounded, adapted to its network. Made on [ev] and given to a fan by
 * fan_add(); from then on the fan's alone, until it comes back through the
 * fan's `ended`. It never waits, and holds up nobody: what the peer does not
 * take stays in the hub.
 *
 * Schedule. Time is the mount's pace. A chunk (the class's cadence) is due when
 * its last packet is there plus the listener's own offset (fan's choice, so
 * that listeners are spread over the cadence); live ones have none: to be
 * written to as soon as there is a packet would save them some ms at best,
 * never at worst, and JACK's periods would be their jitter. Behind its schedule
 * a listener is written to every 10 ms while it takes something, then ever more
 * seldom, up to half a second.
 *
 * Bounds. Before a write the socket's queue is asked for (SIOCOUTQ), of who had
 * taken everything at least every second, and with what is written holds no
 * more than 2 s of audio or 36 KB. What is not written is lag: (due -
 * written + queue). Over 30 s of it, and more than the lead, when the peer
 * takes something again: a jump to the lead. Nothing taken at all for 120 s:
 * the end.
 */
#ifndef NETSINK_LISTENER_H
#define NETSINK_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"
#include "netsink/adapt.h"
#include "netsink/hist.h"
#include "netsink/latency.h"
#include "netsink/stream.h"

struct listener;

/* Why a listener is there no more. */
enum listener_end {
    LISTENER_LEFT,     /* the peer closed or reset */
    LISTENER_STALLED,  /* it took nothing for 120 s */
    LISTENER_REPLACED, /* its session goes on on another connection */
    LISTENER_CUT,      /* by the end of the sink */
    LISTENER_DROPPED,  /* by the operator, for good */
    LISTENER_NO_MEMORY,
};

struct listener_opts {
    const struct log *log;
    uint64_t id;
    int fd; /* connected, not blocking; borrowed until the fan's `ended` */
    enum latency latency;
    uint32_t lead; /* packets: the class's, or more for players that need it */
    bool pinned;   /* its rung is not to change */
    bool chunked;  /* HTTP/1.1: the body goes in chunks (RFC 9112 7.1) */
    const char *head;     /* the answer's head, sent first; copied */
    struct stream stream; /* where it begins; its rung is held by the maker
                             until the listener is freed, and by itself what it
                             wants or goes to */
    void *owner;          /* whatever the maker wants to find at `ended` */
};

#define LISTENER_RUNGS 16 /* of its history that are kept */

/* Of one listener, a copy. */
struct listener_stats {
    uint64_t id;
    enum latency latency;
    double seconds;   /* on this connection */
    uint64_t bytes;   /* the peer has got, the head included */
    uint64_t packets; /* written */
    uint64_t chunks;
    uint64_t skips;    /* jumps forward */
    uint64_t skipped;  /* packets left out by them */
    uint64_t switches; /* of rungs */
    double lag_s;      /* audio that is due and that the peer has not got */
    double lead_s;     /* audio sent ahead: what it could play if nothing more
                          came, if it began at once and never paused */
    uint32_t rung;
    struct {
        uint64_t seq; /* the first packet on it */
        uint32_t rung;
    } rungs[LISTENER_RUNGS]; /* latest last */
    uint32_t n_rungs;
    int64_t deviation_p50, deviation_p99, deviation_max; /* ns: written after it
                                                            was due */
    int64_t jitter_p95;                                  /* ns */
    int64_t rtt; /* ns, least seen; 0: not known */
};

/* Errors: -ENOMEM. */
int listener_new(struct listener **out, const struct listener_opts *o);

/* Lets go of what it holds, but not of fd. Accepts NULL. */
void listener_free(struct listener **l);

/* What it had up to now, ns; before fan_add() and after `ended` (in between by
   fan_collect() alone). */
void listener_stats(const struct listener *l, int64_t now,
                    struct listener_stats *out);

/*
 * Its stream ends here, in order: what the socket took a part of, and the last
 * chunk. After `ended` alone. Errors: -EAGAIN (the socket takes no more: only a
 * reset can end it), -errno of the socket. HTTP/1.0 has no last chunk.
 */
int listener_finish(struct listener *l);

/* What it ended with; before fan_add() and after `ended`. */
const struct stream *listener_stream(const struct listener *l);
void *listener_owner(const struct listener *l);

#endif
