// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The fan-out: loops, each on a thread of its own, [fan], that write to the
 * listeners given to them and do nothing else, so that a storm of requests,
 * which [ev] answers, makes no listener late. Each loop has a wheel per mount,
 * turned by the mount's pace in steps of 10 ms: a listener has a place on it,
 * and a new one gets the emptiest.
 *
 * The timer is set to the time of the next tick with a visit, by the mount's
 * pace and not by a clock of ours: a chunk never has a packet more or less
 * because two clocks drift. Who is late is late alone: a visit writes once, and
 * at most what the socket may hold.
 *
 * fan_new/free: [main], or [ev] before its loop runs. fan_add, fan_end,
 * fan_collect: [ev] (one thread). fan_put: any.
 */
#ifndef NETSINK_FAN_H
#define NETSINK_FAN_H

#include <stdint.h>

#include "graph/jclient.h"
#include "graph/log.h"
#include "netsink/hist.h"
#include "netsink/listener.h"
#include "netsink/loop.h"
#include "netsink/mount.h"

struct fan;

/* What all listeners of one mount had, ever; of those on a loop. */
struct fan_stats {
    uint32_t listeners; /* now */
    uint32_t by_class[LATENCY_CLASSES];
    uint64_t bytes, skips, skipped, switches;
    /* Written on schedule. What is late because of a listener's own full queue
       is its lag, and not among them. */
    uint64_t chunks;
    uint64_t on_time; /* chunks within 50 ms of schedule */
    uint64_t bursts;  /* bytes of them, sent ahead at the begin */
    uint64_t ends[LISTENER_NO_MEMORY + 1];
    /* Of those chunks, ns: how long after it was due its first byte was written
       (0: before), and the difference to the chunk before. */
    struct hist deviation, jitter;
};

/* One loop's answer to fan_collect(). */
struct fan_report {
    struct fan_stats mounts[MOUNT_MAX];
    struct listener_stats *listeners; /* [n], in no lasting order */
    uint32_t n;
    int64_t cpu; /* ns that the thread has used */
};

struct fan_opts {
    const struct log *log;
    const struct mount *mounts; /* borrowed: [n_mounts], running */
    uint32_t n_mounts;
    uint32_t n_loops;  /* 1.. */
    double burst_rate; /* bytes/s that all bursts may take together, beyond the
                          first 36 KB (or half second) of each and what is
                          played meanwhile; 0: no limit */
    struct loop *ev;   /* where `ended` runs; borrowed */
    /* [ev] The listener has come back, its socket not closed. */
    void (*ended)(void *ctx, struct listener *l, enum listener_end why);
    void *ctx;
};

/* Errors: -ENOMEM, -EMFILE, -EAGAIN (no thread). */
int fan_new(struct fan **out, const struct fan_opts *o);

/* Every listener comes back by `ended` (LISTENER_CUT), and every collection
   under way by done(), from within: the [ev] loop no longer runs, and nobody
   calls fan_put() any more. Accepts NULL. */
void fan_free(struct fan **f);

/* Gives a listener to the loop with the fewest. Its first bytes leave at once.
 */
void fan_add(struct fan *f, struct listener *l);

/* Asks for a listener back; it comes by `ended` with this reason, or with
   another one that was on its way. */
void fan_end(struct fan *f, struct listener *l, enum listener_end why);

/* All loops' figures, [n_loops] of them, to done() on [ev], with those of each
   listener or without; the reports are the fan's and end with done(). Without
   memory: none of them, at once. */
void fan_collect(struct fan *f, bool each,
                 void (*done)(void *ctx, const struct fan_report *r,
                              uint32_t n_loops),
                 void *ctx);

/* Realtime scheduling for the loops, so far below the process callback's. Any
   thread. */
void fan_promote(const struct fan *f, const struct jclient *jack, int below);

/* Packets were put: for encoder_opts.put. Any thread; does not block. */
void fan_put(struct fan *f);

#endif
