// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The [enc] thread of a mount: tap -> timeline -> history -> rungs -> hubs. It
 * encodes a rung only while someone holds it, and ENCODER_LINGER_S longer; a
 * rung that was not encoded is begun from the history, at once: first what
 * whoever asked is waiting for, then, between packets that are due, what lies
 * before it, up to the history's begin. Encoding keeps its deadline: complexity
 * goes down under load, and up again when there is room.
 * encoder_start/stop are for [main]; the rest for any thread.
 */
#ifndef NETSINK_ENCODER_H
#define NETSINK_ENCODER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"
#include "netsink/hub.h"
#include "netsink/pace.h"
#include "netsink/resample.h"
#include "netsink/rung.h"
#include "netsink/tap.h"

#define ENCODER_HISTORY_S 20 /* of the timeline's frames */
#define ENCODER_LINGER_S  75 /* longer than a session waits for its listener */
#define ENCODER_RUNGS_MAX 40
#define ENCODER_WAKE_MS   5 /* between two looks at the tap, at most */

struct encoder;

/* A rung and where its packets are; [init]. */
struct encoder_rung {
    struct rung_spec spec;
    struct hub *hub; /* borrowed */
};

struct encoder_opts {
    const struct log *log;
    struct tap *tap; /* borrowed; outlives the encoder */
    uint32_t n_channels;
    const struct encoder_rung *rungs; /* borrowed */
    uint32_t n_rungs;
    struct hub_budget *budget;     /* borrowed */
    enum resample_quality quality; /* of a graph that is not at 48 kHz */
    /* [enc] Packets were put into hubs: someone may be waiting. Must not
       block. */
    void (*put)(void *ctx);
    void *ctx;
};

/* Of one rung. */
struct encoder_rung_stats {
    uint32_t held;       /* by so many listeners */
    bool warm;           /* it is being encoded */
    uint64_t packets;    /* encoded since the start, in vain or not */
    uint64_t first, end; /* in the hub */
};

struct encoder_stats {
    uint64_t seq;        /* the timeline's next packet */
    uint64_t packets;    /* encoded since the start, all rungs */
    uint64_t filled;     /* 48 kHz frames of silence put in for lost ones */
    uint64_t dropped;    /* frames that came too late or in freewheel */
    uint64_t encode_ns;  /* CPU time spent by the thread, ns */
    uint64_t late;       /* passes that missed their deadline */
    uint32_t complexity; /* of Opus, now */
    uint32_t lookahead;  /* samples at 48 kHz */
    bool graph;          /* frames come in from JACK */
    bool muted;          /* see encoder_mute() */
    int failed;          /* -errno once it gave up, else 0 */
};

/* Errors: -EINVAL, -ENOMEM, -EAGAIN (no thread). */
int encoder_start(struct encoder **out, const struct encoder_opts *o);
void encoder_stop(struct encoder **e);

/*
 * One more who wants the rung's packets, from number `from` on if the history
 * has it (else from its begin). A rung that is warm has what it has. Packets
 * are in the hub some ms later. Opus is never refused. Errors: -ENOMEM (WAV: a
 * minute of it does not fit what the budget has besides what is set aside for
 * Opus); nothing is held then.
 */
int encoder_hold(struct encoder *e, uint32_t rung, uint64_t from);
void encoder_release(struct encoder *e, uint32_t rung);

/* Someone needs packets as soon as there are any (classes live and low): the
   tap is looked at every 2 ms, else every 5. Counted. */
void encoder_hurry(struct encoder *e, bool on);

/* From the next packet on silence is encoded, after a short fade, or what comes
   in again. Listeners stay, and the timeline goes on. */
void encoder_mute(struct encoder *e, bool muted);

/* For scheduling. */
pthread_t encoder_thread(const struct encoder *e);

/* The timeline's clock, see there. */
const struct pace *encoder_pace(const struct encoder *e);

/* Packets of the timeline that are in the history: [*first, *end). */
void encoder_history(const struct encoder *e, uint64_t *first, uint64_t *end);

void encoder_stats(const struct encoder *e, struct encoder_stats *out);
void encoder_rung_stats(const struct encoder *e, uint32_t rung,
                        struct encoder_rung_stats *out);

#endif
