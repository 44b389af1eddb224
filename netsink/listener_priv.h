// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A listener's inside, for listener*.c and fan*.c alone: who made it
 * (listener), what it is written (listener_write), when and how much
 * (listener_visit), and the loop that visits it (fan_loop).
 */
#ifndef NETSINK_LISTENER_PRIV_H
#define NETSINK_LISTENER_PRIV_H

#include <stddef.h>
#include <sys/uio.h>

#include "netsink/fan.h"
#include "netsink/listener.h"
#include "netsink/loop.h"
#include "netsink/spread.h"
#include "netsink/wheel.h"

#define LISTENER_PIECES 64 /* written at once, at most */
#define LISTENER_IOV    2  /* buffers that a piece takes */
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

/* What a visit touches comes first, up to the stream's turns: the loop fetches
   it while it is still with the one before. */
struct listener {
    /* [fan] The loop's lists of it. */
    struct wheel_item item;
    bool on_loop, eager;
    uint32_t mount_no;

    /* [fan] Its schedule, in packets and ticks. */
    bool placed;
    bool waits; /* for packets to be put */
    enum listener_state state;
    uint32_t phase;        /* ticks, of twice the cadence */
    uint32_t residue, off; /* chunks end at packets residue + n * cadence, and
                              are due so many ticks later */
    uint32_t back_off;     /* ticks */
    uint64_t chunk_from, chunk_end; /* the next one to begin */
    uint64_t next_tick;             /* of the next visit */

    /* [fan] The socket. */
    uint64_t sent, got; /* bytes taken by the kernel; by the peer */
    int64_t taken_at;   /* ns: when got last grew, or nothing waited */
    int64_t looked_at;  /* ns: when the queue was asked for */
    struct rest *rest;
    uint32_t queue; /* bytes between sent and got, as last seen */
    uint32_t heard; /* bytes of nonsense since the last visit */
    bool too_far;   /* behind: since the peer had far_got bytes */
    uint64_t far_got;

    /* [init] */
    int fd;
    enum latency latency;
    uint32_t cadence;  /* packets in a chunk */
    uint32_t lead;     /* packets */
    uint32_t own_rung; /* the one that the maker holds */
    bool pinned, chunked;
    const struct mount *mount;
    int64_t begun; /* ns */
    uint64_t begun_packets;

    /* [fan] Figures. */
    uint64_t chunks;
    int64_t last_deviation;
    bool has_last;
    double pauses; /* s that a player without more than it got stood still */

    /* [fan] Its rung. */
    bool adapts;
    bool quiet;          /* nothing is being looked at */
    const double *rates; /* bytes/s of the mount's rungs; the loop's */
    int64_t look_at;     /* ns */
    int64_t probe_at;    /* ns; 0: no chunk is being watched */

    /* [ev] until fan_add(), from `ended` on, and [fan] in between */
    struct stream stream;

    /* [fan] What is not needed where all is well. */
    struct adapt adapt;
    uint64_t held;       /* rungs that it holds itself, a bit each */
    int64_t probe_from;  /* ns: when the watched chunk was written */
    uint64_t probe_sent; /* it has it once it has so many bytes */
    uint32_t probe_n;    /* bytes of the chunk */
    int64_t rtt;         /* ns, least seen; 0: not known */
    int64_t burst_at;    /* ns */
    uint64_t burst_seq;  /* where it began */
    uint64_t burst_sent; /* bytes */
    struct listener *prev, *next_on_loop;     /* all */
    struct listener *eager_prev, *eager_next; /* those that wait for put() */
    struct event *read;

    uint64_t skips, skipped, switches;
    struct spread deviation, jitter;
    uint32_t rungs[LISTENER_RUNGS], n_rungs; /* latest last */
    uint64_t rung_seqs[LISTENER_RUNGS];

    /* [init] */
    const struct log *log;
    uint64_t id;
    void *owner;

    /* [ev] */
    bool asked; /* fan_end() was called */
    struct fan_loop *loop;

    /* ev>fan, by a letter */
    struct loop_letter add, end;
    enum listener_end asked_why;

    /* fan>ev, [lock:home] of the loop */
    struct listener *home_next;
    enum listener_end why;
    bool at_home;  /* on the list of those that go home */
    bool end_seen; /* the letter that asked for it was opened */
};

#define FRAME_PRE  10 /* bytes: a chunk's size, CR LF */
#define FRAME_TAIL 2  /* after a chunk: CR LF */

/* A piece and what carries it. */
struct frame {
    struct stream_mark before; /* the stream without it */
    struct piece piece;
    uint32_t len; /* bytes in all, with what HTTP puts around it */
    /* The chunk's size and the piece's head: a buffer more would cost more than
       to copy some bytes. */
    uint32_t pre_len;
    /* Before those the end of the chunk before, CR LF: to send it apart would
       cost a buffer more. */
    char text[FRAME_TAIL + FRAME_PRE + PIECE_HEAD_MAX];
};

/* Room for one write; a loop has one for all. */
struct scratch {
    struct hub_views views;                 /* to be cleared by the loop */
    struct stream_turn turns[STREAM_TURNS]; /* the stream's, before the last
                                               frame, if that turned it */
    struct frame frames[LISTENER_PIECES];
    /* the rest's three, the pieces', and the last tail */
    struct iovec iov[3 + LISTENER_PIECES * LISTENER_IOV + 1];
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

/* When packets below seq are there: what pace_time() said a moment ago. Of one
   mount; seq 0: nothing. */
struct due {
    uint64_t seq;
    int64_t time;
};

/* What a visit is given, by the loop. */
struct visit {
    struct scratch *scratch;
    struct due *due;
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

/* Lets go of the rungs it holds itself. */
void listener_release(struct listener *l);

#endif
