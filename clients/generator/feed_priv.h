// SPDX-License-Identifier: GPL-3.0-or-later
/* The feed's inside, for feed.c and feed_rt.c only. */
#ifndef GENERATOR_FEED_PRIV_H
#define GENERATOR_FEED_PRIV_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "clients/generator/feed.h"
#include "graph/gauge.h"
#include "graph/ring.h"

/* The channel whose ring speaks for all. */
#define FEED_FIRST 0

/* Messages between two turns of the thread: twice what every controller of
   every channel at once comes to. */
#define FEED_MIDI 4096

struct feed_message {
    uint8_t n; /* bytes */
    uint8_t byte[3];
};

struct feed {
    /* [init] */
    const struct log *log;
    struct engine *engine; /* [gpu] once the thread runs */
    /* gpu>rt, of float, a channel each, so that the callback has nothing to do
       but memcpy(). Both sides move FEED_FIRST last: what it says can be read
       or written, can be in all. */
    struct ring *ring[FEED_CHANNELS];
    struct ring *midi; /* rt>gpu, of struct feed_message */
    uint32_t rate;     /* Hz */
    double overload;   /* load */
    pthread_t thread;
    bool live;    /* the rings are full: what is rendered now has a time */
    bool running; /* the thread has to be joined */

    /* [rt] The absolute frame that the next cycle begins with, if nothing of
       time is lost before it. [init] until the first cycle. */
    int64_t due;
    bool resumes; /* the first cycle's is yet to be found, by the origin */

    /* [rt] Frames of music that time has passed by and that are to be left out;
       under 0 the music is early and has to wait. */
    int64_t owed;
    uint64_t seen; /* of forgiven */

    bool holds; /* held is a message for which there was no room */
    struct feed_message held;

    struct gauge gauge; /* [rt], [any] by gauge_read(): of the channels */

    _Atomic int64_t origin;        /* [rt>any] ns; [init] where it resumes */
    _Atomic uint64_t midi_dropped; /* [rt>any] messages */
    _Atomic uint64_t missed;       /* [rt>any] frames of silence given */
    _Atomic int64_t debt;          /* [rt>gpu] owed */
    _Atomic uint64_t heard;        /* [rt>gpu] seen */

    /* [gpu] */
    double load; /* mean time of a chunk as a share of what it lasts */

    uint64_t told; /* of midi_dropped, in the log */
    int64_t quiet; /* ns, no word of it until then */

    pthread_mutex_t lock;
    struct midi_map map; /* [lock:lock] by [main] and [gpu] */

    _Atomic uint64_t turns;      /* [gpu>any] of the thread's loop */
    _Atomic uint64_t midi_wrong; /* [gpu>any] messages */
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
