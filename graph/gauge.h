// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Levels of ports: RMS and peak over about 100 ms, measured by one thread and
 * read by any. The one that measures ([rt], or who reads a ring's other end)
 * adds what each port had in a cycle, then ends the cycle; it costs the same
 * for every frame.
 */
#ifndef GRAPH_GAUGE_H
#define GRAPH_GAUGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define GAUGE_PORTS_MAX 16
#define GAUGE_LANES     8 /* sums side by side: a vector's worth */
#define GAUGE_PER_S     10

/* Zeroed at first. */
struct gauge {
    /* of who measures: the present window */
    uint32_t n;                              /* frames */
    float sum[GAUGE_PORTS_MAX][GAUGE_LANES]; /* of squares */
    float top[GAUGE_PORTS_MAX][GAUGE_LANES]; /* square */

    /* who measures>any, relaxed: numbers that nothing else hangs on */
    _Atomic float mean[GAUGE_PORTS_MAX]; /* square, over the window before */
    _Atomic float peak[GAUGE_PORTS_MAX]; /* the same, its square */
    _Atomic int64_t until;               /* ns: they count so long */
};

/* n frames of a port, [i * stride] each. RT safe. */
void gauge_add_rt(struct gauge *g, uint32_t port, const float *x,
                  uint32_t stride, uint32_t n);

/* All ports have had their n frames, at rate Hz, of a cycle that began at time
   (CLOCK_MONOTONIC, ns). RT safe. */
void gauge_end_rt(struct gauge *g, uint32_t n, uint32_t rate, int64_t time);

/* dBFS: a full-scale square has an RMS of 0, a sine of -3.01. What is not a
   number is 99. */
struct gauge_level {
    double rms, peak;
};

#define GAUGE_SILENCE (-140.0) /* dBFS: what is under it is silence */

/* False: silence, or nothing was measured lately. Any thread but [rt]. */
bool gauge_read(const struct gauge *g, uint32_t port, int64_t now,
                struct gauge_level *out);

#endif
