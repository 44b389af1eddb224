// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A listener's inside, for listener*.c and fan*.c alone: who made it
 * (listener), what it is written (listener_write), when and how much
 * (listener_visit), and the loop that visits it (fan_loop).
 */
#ifndef NETSINK_LISTENER_PRIV_H
#define NETSINK_LISTENER_PRIV_H

#include <sys/uio.h>

#include "netsink/fan.h"
#include "netsink/listener.h"
#include "netsink/loop.h"
#include "netsink/spread.h"
#include "netsink/wheel.h"

#define LISTENER_PIECES 64 /* written at once, at most */
#define LISTENER_IOV    4  /* buffers that a piece takes */
#define LISTENER_NEVER  UINT64_MAX

struct event;
struct fan_loop;

/* What the socket took a part of: to be finished whatever happens, since a
   broken page or chunk would break the stream. */
struct rest {
    uint32_t done, pre_len, body_len, tail_len; /* bytes */
    struct slab *slab;                          /* body's, or NULL */
    const uint8_t *body;
    uint8_t pre[]; /* before the body; the tail is a chunk's CR LF */
};

enum listener_state {
    LISTENER_BURST,  /* is being sent its lead */
    LISTENER_STEADY, /* on schedule */
    LISTENER_BEHIND, /* its own queue is full */
};

struct listener {
    /* [init] */
    const struct log *log;
    uint64_t id;
    int fd;
    enum latency latency;
    uint32_t lead; /* packets */
    bool pinned, chunked;
    void *owner;
    const struct mount *mount;
    uint32_t own_rung; /* the one that the maker holds */
    uint32_t cadence;  /* packets in a chunk */
    int64_t begun;     /* ns */
    uint64_t begun_packets;

    /* [ev] until fan_add(), from `ended` on, and [fan] in between: */
    struct stream stream;
    enum listener_end why;

    /* [ev] */
    bool asked; /* fan_end() was called */
    struct fan_loop *loop;

    /* ev>fan, by a letter */
    struct loop_letter add, end;
    enum listener_end asked_why;

    /* fan>ev, [lock:home] of the loop */
    struct listener *home_next;
    bool at_home;  /* on the list of those that go home */
    bool end_seen; /* the letter that asked for it was opened */

    /* [fan] The loop's lists of it. */
    uint32_t mount_no;
    struct listener *prev, *next_on_loop;     /* all */
    struct listener *eager_prev, *eager_next; /* those that wait for put() */
    bool on_loop, eager;
    struct wheel_item item;
    struct event *read;
    uint32_t heard; /* bytes of nonsense since the last visit */

    /* [fan] Its schedule, in packets and ticks. */
    bool placed;
    uint32_t phase;        /* ticks, of twice the cadence */
    uint32_t residue, off; /* chunks end at packets residue + n * cadence, and
                              are due so many ticks later */
    enum listener_state state;
    uint64_t chunk_from, chunk_end; /* the next one to begin */
    uint64_t next_tick;             /* of the next visit */
    bool waits;                     /* for packets to be put */
    uint32_t back_off;              /* ticks */
    int64_t burst_at;               /* ns */
    uint64_t burst_seq;             /* where it began */
    uint64_t burst_sent;            /* bytes */

    /* [fan] The socket. */
    uint64_t sent, got; /* bytes taken by the kernel; by the peer */
    uint32_t queue;     /* bytes between them, as last seen */
    int64_t taken_at;   /* ns: when got last grew, or nothing waited */
    struct rest *rest;

    /* [fan] Its rung. */
    bool adapts;
    bool quiet; /* nothing is being looked at */
    struct adapt adapt;
    const double *rates;          /* bytes/s of the mount's rungs; the loop's */
    uint64_t held;                /* rungs that it holds itself, a bit each */
    int64_t look_at;              /* ns */
    int64_t probe_at, probe_from; /* ns; 0: no chunk is being watched */
    uint64_t probe_sent;          /* once the peer has so many bytes */
    uint32_t probe_n;             /* bytes of the chunk */
    int64_t rtt;                  /* ns, least seen; 0: not known */

    /* [fan] Figures. */
    uint64_t chunks, skips, skipped, switches;
    int64_t last_deviation;
    bool has_last;
    double pauses; /* s that a player without more than it got stood still */
    struct spread deviation, jitter;
    uint32_t rungs[LISTENER_RUNGS], n_rungs; /* latest last */
    uint64_t rung_seqs[LISTENER_RUNGS];
};

/* A piece and what carries it. */
struct frame {
    struct stream before; /* the stream without it */
    struct piece piece;
    uint32_t len, size_len; /* bytes in all; of the chunk's size line */
    char size[12];
};

/* Room for one write; a loop has one for all. */
struct scratch {
    struct frame frames[LISTENER_PIECES];
    struct iovec iov[3 + LISTENER_PIECES * LISTENER_IOV];
};

/* What a write came to. */
struct written {
    int64_t at;     /* ns: when it was made */
    uint32_t bytes; /* taken */
    bool full;      /* there was more than room or the socket took */
    bool empty;     /* there is nothing more now */
    bool gone;      /* what comes next is no longer there */
};

/*
 * Writes at most room bytes, the rest first, then pieces of packets below
 * limit. Errors: -errno of the socket (the peer is gone), -ENOMEM.
 */
int listener_write(struct listener *l, struct scratch *s, uint32_t room,
                   uint64_t limit, struct written *w);

/* Bytes of the rest that are still to go. */
uint32_t listener_rest(const struct listener *l);

/* Bytes in the socket that the peer has not acknowledged. */
uint32_t listener_queue(const struct listener *l);

/* What a visit is given, by the loop. */
struct visit {
    struct scratch *scratch;
    struct fan_stats *figures; /* of the mount */
    double *tokens; /* bytes that bursts may take now; NULL: any number */
    int64_t now;    /* ns */
    uint64_t tick;  /* of the mount's time */
};

/* Its place: the phase it has got. Before the first visit. */
void listener_place(struct listener *l, uint32_t phase);

/* Does all there is to do at v->now, and sets l->next_tick and l->waits. false:
   it has ended, l->why says why. */
bool listener_visit(struct listener *l, const struct visit *v);

/* Audio that is due at now and that the peer has not, s. */
double listener_lag(const struct listener *l, int64_t now);

/* What it could play if nothing more came, with so many bytes queued, s; below
   0 once it ran dry. */
double listener_lead(const struct listener *l, uint32_t queue, int64_t now);

void listener_stats(const struct listener *l, int64_t now,
                    struct listener_stats *out);

/* Lets go of the rungs it holds itself. */
void listener_release(struct listener *l);

#endif
