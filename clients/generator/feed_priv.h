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
    uint32_t ahead;        /* frames */
    uint32_t owed_max;     /* frames */
    pthread_t thread;
    bool running; /* the thread has to be joined */

    /* [rt] */
    uint32_t owed; /* frames of music that time has passed by: to be dropped as
                      soon as they are there */

    _Atomic uint64_t missed; /* [rt>any] frames of silence given */
    _Atomic bool stop;       /* [main>gpu] */
    _Atomic int failed;      /* [gpu>any] 0 or -errno */
};

#endif
