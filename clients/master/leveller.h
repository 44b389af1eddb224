// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The leveller: a slow gain toward a loudness, and the master's meters. [rt]
 * applies the gain and puts what came in and what went out into a lock-free
 * ring; a thread of its own, [lev], measures both by libebur128 (ITU-R BS.1770,
 * EBU R128) every 100 ms and sets the gain. When [lev] is late beyond the ring,
 * cycles stay unmeasured and are counted; the sound is never touched by that.
 */
#ifndef MASTER_LEVELLER_H
#define MASTER_LEVELLER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"

struct leveller;

struct leveller_opts {
    const struct log *log;
    uint32_t rate;  /* Hz, 8,000 to 384,000 */
    double target;  /* LUFS, -60 to 0 */
    bool bypass;    /* only measure: the gain stays where it begins */
    double gain_db; /* where it begins: that of a leveller before this one */
};

/* Of the output, at the latest whole 100 ms of sound. -HUGE_VAL where there was
   nothing but silence, or too little sound yet. */
struct leveller_meters {
    double momentary;  /* LUFS, 400 ms */
    double short_term; /* LUFS, 3 s */
    double integrated; /* LUFS, gated, since the start; in steps of 0.1 LU */
    double true_peak;  /* dBTP, the highest since the start */
    double gain_db;    /* the slow gain */
    double reduction;  /* dB, 0 and up: the limiter's most in the last second */
};

/* [main] Ready for [rt]; nothing is measured before leveller_start(). Errors:
   -EINVAL (rate, target, a gain that no leveller has), -ENOMEM. */
int leveller_new(struct leveller **out, const struct leveller_opts *o);

/* [main] Starts [lev]. Errors: -EAGAIN (no thread). */
int leveller_start(struct leveller *l);

/* [lev], once it was started: for scheduling. */
pthread_t leveller_thread(const struct leveller *l);

/* [main] Stops [lev] if it was started, and frees; [rt] must have stopped using
   it. Accepts NULL. */
void leveller_free(struct leveller **l);

/* The latest figures. Any thread but [rt]. */
struct leveller_meters leveller_meters(struct leveller *l);

/* Frames that were not measured. Any thread. */
uint64_t leveller_missed(const struct leveller *l);

/* Goes on while the thread does, 20 times a second, whether sound comes or not.
   Any thread. */
uint64_t leveller_turns(const struct leveller *l);

/* 0, or the -errno for which [lev] gave up. Any thread. */
int leveller_failed(const struct leveller *l);

/*
 * [rt] n frames from in[2][n] to out[2][n] with the gain, which moves on
 * straight lines of 0.2 dB per second at most: no step to be heard. Where it is
 * 0 dB the output is the input, bit by bit. May be in place. RT safe.
 */
void leveller_apply_rt(struct leveller *l, const float *const in[2],
                       float *const out[2], uint32_t n);

/*
 * [rt] Hands n frames over to be measured: in[2][n] as they came, out[2][n] as
 * they leave, limited by reduction (the lowest gain, 0 to 1) at most. RT safe.
 */
void leveller_measure_rt(struct leveller *l, const float *const in[2],
                         const float *const out[2], float reduction,
                         uint32_t n);

#endif
