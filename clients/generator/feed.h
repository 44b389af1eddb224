// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The feed: the [gpu] thread renders ahead into a ring, the process callback
 * copies out of it. When the ring runs dry the callback gives silence and
 * counts; the missing frames are skipped in the music too, so that the absolute
 * frame keeps pace with the graph.
 */
#ifndef GENERATOR_FEED_H
#define GENERATOR_FEED_H

#include <stdint.h>

#include "clients/generator/engine.h"
#include "graph/jclient.h"
#include "graph/log.h"

struct feed;

struct feed_opts {
    const struct log *log;
    struct engine *engine; /* borrowed; the feed's thread alone uses it until
                              feed_stop() */
    uint32_t rate;         /* Hz */
    uint32_t period;       /* frames the callback takes at once */
    uint32_t ahead;        /* frames to keep rendered, at least two periods */
    double overload; /* feed_load() from which music that is late is passed
                        over instead of caught up; 0: 0.9 */
};

/* [main] Fills the ring up to the look-ahead, then starts the thread. Errors:
   engine_chunk's, -ENOMEM, -EAGAIN (no thread). */
int feed_start(struct feed **out, const struct feed_opts *o);
void feed_stop(struct feed **f);

/* jclient process function with ports mix_L, mix_R. ctx is a struct feed **:
   the feed needs the rate that jclient_open() tells, so it is set between that
   and jclient_activate(). RT safe. */
void feed_process_rt(void *ctx, const struct jclient_cycle *cycle);

/* [main] The server's period may have changed: what is rendered is due that
   much earlier, and the look-ahead covers two of them (up to 8192 frames each).
 */
void feed_set_period(struct feed *f, uint32_t period);

/* Mean time that a chunk takes to render, as a share of what it lasts: over 1
   the music can't be rendered in real time. Any thread. */
double feed_load(const struct feed *f);

/* Frames of silence given because the ring was dry. Any thread. */
uint64_t feed_missed(const struct feed *f);

/* Absolute frame that is played about now; a cycle or two off. Any thread. */
int64_t feed_position(const struct feed *f);

/* 0, or the -errno for which the thread gave up. Any thread. */
int feed_failed(const struct feed *f);

#endif
