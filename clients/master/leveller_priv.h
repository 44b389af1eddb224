// SPDX-License-Identifier: GPL-3.0-or-later
/* The leveller's inside, for leveller.c, leveller_rt.c and the tests. */
#ifndef MASTER_LEVELLER_PRIV_H
#define MASTER_LEVELLER_PRIV_H

#include <ebur128.h>
#include <pthread.h>
#include <stdatomic.h>

#include "clients/master/level.h"
#include "clients/master/leveller.h"
#include "graph/ring.h"

#define LEVELLER_BLOCK 1024 /* frames measured at a time */

/* Gains of [rt] are integers, LEVELLER_ONE is 1: they arrive where they go. */
#define LEVELLER_ONE (INT32_C(1) << 28)

struct leveller_frame {
    float in[2];
    float out[2];
    float reduction; /* the limiter's lowest gain of this frame's cycle */
};

struct leveller {
    /* [init] */
    const struct log *log;
    pthread_t thread;
    bool running; /* thread is there to be joined */
    bool bypass;
    uint32_t step; /* frames in 100 ms */
    int32_t slope; /* the gain's most per frame */

    /* [rt] */
    int32_t gain; /* as applied to the latest frame */

    /* [rt>lev] */
    struct ring *frames; /* of struct leveller_frame */

    /* [rt>any] */
    _Atomic uint64_t missed; /* frames that found no room */

    /* [lev>rt] relaxed: a number that nothing else hangs on */
    _Atomic int32_t wanted; /* gain, LEVELLER_ONE is 1 */

    /* [main>lev] */
    atomic_bool stop;

    /* [lev] */
    struct level level;
    ebur128_state *in, *out;
    uint32_t done;                   /* frames of the present step */
    uint32_t steps;                  /* whole ones, up to 3 s of them */
    float lowest[LEVEL_STEPS_PER_S]; /* reduction by step, of a second */
    uint32_t at;                     /* the present one of these */
    struct leveller_frame block[LEVELLER_BLOCK];
    float pairs[2][LEVELLER_BLOCK][2]; /* in and out, as libebur128 likes */

    /* [lev>any] */
    _Atomic uint64_t turns; /* of the thread's loop */
    atomic_int failed;
    pthread_mutex_t lock;
    struct leveller_meters meters; /* [lock:lock] */
};

/* [lev] Measures all that the ring holds. Errors: -ENOMEM. */
int leveller_drain(struct leveller *l);

#endif
