// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which rung suits a listener's network: down when lag grows, up when it is
 * steady. Pure: fed with what was seen, no clock, no socket, no allocation.
 * Judges by what the peer has acknowledged alone, since what the kernel calls a
 * delivery rate is up to 75 % too high for a stream that trickles.
 *
 * Down: lag over 0.5 s at a look and over 0.8 s at the next one (half a second
 * later), to the highest rung below 0.85 of what got through in the last 2 s,
 * one at least; then 6 s without a further fall. Not while nothing at all gets
 * through (an outage, which no rung mends), nor while the lag mends by itself.
 * Up, by one: lag under 0.4 s for 15 s (doubled up to 240 s by each fall within
 * 30 s of a rise), and the last five chunks each were drained so fast that the
 * next rung would fit with a quarter to spare.
 */
#ifndef NETSINK_ADAPT_H
#define NETSINK_ADAPT_H

#include <stdbool.h>
#include <stdint.h>

struct adapt_opts {
    const double *rates; /* bytes/s of the rungs, ascending; borrowed */
    uint32_t n_rungs;
    uint32_t top; /* no higher than this one */
};

#define ADAPT_LOOKS 8

struct adapt {
    struct adapt_opts o; /* [init] */
    uint32_t rung;
    int64_t calm_since, fell_at, rose_at, wait; /* ns; 0: never */
    uint32_t bad;     /* successive looks with too much lag, or nearly */
    uint32_t stood;   /* successive looks at which nothing had come */
    uint32_t drained; /* successive chunks that were fast enough */
    struct {
        int64_t at;       /* ns */
        uint64_t acked;   /* bytes */
        double lag;       /* s */
    } looks[ADAPT_LOOKS]; /* the latest, a ring */
    uint32_t n_looks;     /* ever, since they are valid */
};

/* now: ns, above 0. */
void adapt_init(struct adapt *a, const struct adapt_opts *o, uint32_t rung,
                int64_t now);

/*
 * A look, about every 500 ms. acked: bytes the peer has of the stream, ever;
 * lag: audio that is due and that it has not, s. Returns the rung to be on.
 */
uint32_t adapt_look(struct adapt *a, int64_t now, uint64_t acked, double lag);

/* A chunk of n bytes was acknowledged wholly within t ns of being written
   (t < 0: it was not, or nobody looked in time). rtt: the least seen, ns. */
void adapt_chunk(struct adapt *a, uint32_t n, int64_t t, int64_t rtt);

/* The time in which a chunk of n bytes is to drain, for the next rung to fit,
   ns; 0: there is no next rung. When to look for adapt_chunk(). */
int64_t adapt_drain_time(const struct adapt *a, uint32_t n, int64_t rtt);

/* The listener was skipped or began anew: what was seen is void. */
void adapt_reset(struct adapt *a, int64_t now);

/* It is on this rung, whatever was decided: a stream that goes on where it was
   takes its old turns again. */
void adapt_stay(struct adapt *a, uint32_t rung, int64_t now);

#endif
