// SPDX-License-Identifier: GPL-3.0-or-later
/* The feed's inside, for feed.c and feed_rt.c only. */
#ifndef GENERATOR_FEED_PRIV_H
#define GENERATOR_FEED_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "clients/generator/feed.h"
#include "graph/ring.h"

/* A frame in the ring. */
struct feed_frame {
    float l, r;
};

struct feed {
    /* [init] */
    const struct log *log;
    struct engine *engine; /* [gpu] once the thread runs */
    struct ring *ring;     /* gpu>rt, of struct feed_frame */
    uint32_t rate;         /* Hz */
    double overload;       /* load */
    pthread_t thread;
    bool live;    /* the ring is full: what is rendered now has a time */
    bool running; /* the thread has to be joined */

    /* [rt] Frames of music that time has passed by and that are to be left out;
       under 0 the music is early and has to wait. */
    int64_t owed;
    uint64_t seen; /* of forgiven */

    _Atomic uint64_t missed; /* [rt>any] frames of silence given */
    _Atomic int64_t debt;    /* [rt>gpu] owed */
    _Atomic uint64_t heard;  /* [rt>gpu] seen */

    /* [gpu] */
    double load; /* mean time of a chunk as a share of what it lasts */

    _Atomic uint64_t forgiven; /* [gpu>rt] frames passed over unrendered, since
                                  the start */
    _Atomic bool overloaded;   /* [gpu>rt] no time for frames nobody hears */
    _Atomic int64_t rendered;  /* [gpu>any] absolute frame, its end */
    _Atomic uint32_t load_milli; /* [gpu>any] load, thousandths */
    _Atomic uint32_t period;     /* [main>gpu] frames */
    _Atomic uint32_t ahead;      /* [main>gpu] frames */
    _Atomic bool stop;           /* [main>gpu] */
    _Atomic int failed;          /* [gpu>any] 0 or -errno */
};

#endif
