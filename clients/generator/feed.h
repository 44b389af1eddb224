// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The feed: the [gpu] thread renders ahead into a ring per channel, the process
 * callback copies out of them: the mix, and as stems the dry buses that it was
 * made of, sample by sample beside it. When the rings run dry the callback
 * gives silence and counts; the missing frames are skipped in the music too, so
 * that the absolute frame keeps pace with the graph.
 * What comes by MIDI goes the other way: the callback hands it on, the thread
 * sets the engine's parameters between two chunks.
 */
#ifndef GENERATOR_FEED_H
#define GENERATOR_FEED_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/engine.h"
#include "clients/generator/midi.h"
#include "graph/gauge.h"
#include "graph/jclient.h"
#include "graph/log.h"

struct feed;

#define FEED_CHANNELS (2 + 2 * BUS_COUNT)

/* The channels in their order, NULL at the end: mix_L, mix_R, then drone_L,
   drone_R... by enum scene_bus. Constant; any thread. */
extern const struct jclient_port feed_ports[FEED_CHANNELS + 1];

struct feed_opts {
    const struct log *log;
    struct engine *engine; /* borrowed; until feed_stop() others may call only
                              what engine.h lets them */
    uint32_t rate;         /* Hz */
    uint32_t period;       /* frames the callback takes at once */
    uint32_t ahead;        /* frames to keep rendered, at least two periods */
    const struct midi_map *midi; /* copied; NULL: MIDI means nothing */
    bool resumes;                /* the piece has begun before, and... */
    int64_t origin_ns; /* ...its frame 0 was played then, CLOCK_MONOTONIC: what
                          is played is what would be now */
    double overload;   /* feed_load() from which music that is late is passed
                          over instead of caught up; 0: 0.9 */
};

/* The MIDI input port, NULL after it. */
extern const struct jclient_port feed_midi_ports[2];

/* [main] Fills the rings up to the look-ahead, then starts the thread. Errors:
   engine_chunk's, -ENOMEM, -EAGAIN (no thread). */
int feed_start(struct feed **out, const struct feed_opts *o);
void feed_stop(struct feed **f);

/* jclient process function with feed_ports as outputs and, if MIDI is to be
   heard, feed_midi_ports as its inputs. ctx is a struct feed **:
   the feed needs the server's rate, so it is set in jclient_opts.joined(). RT
   safe. */
void feed_process_rt(void *ctx, const struct jclient_cycle *cycle);

/* [main] The server's period may have changed: what is rendered is due that
   much earlier, and the look-ahead covers two of them (up to 8192 frames each).
 */
void feed_set_period(struct feed *f, uint32_t period);

/* [main] What MIDI moves from now on (copied): another preset plays. */
void feed_set_midi_map(struct feed *f, const struct midi_map *map);

/* Mean time that a chunk takes to render, as a share of what it lasts: over 1
   the music can't be rendered in real time. Any thread. */
double feed_load(const struct feed *f);

/* Frames of silence given because the rings were dry. Any thread. */
uint64_t feed_missed(const struct feed *f);

/* MIDI messages dropped because more came than were taken: thousands within
   some ms. The newest is never among them. Said in the log too, every 10 s at
   most. Any thread. */
uint64_t feed_midi_dropped(const struct feed *f);

/* Messages ignored because they are no MIDI. Any thread. */
uint64_t feed_midi_wrong(const struct feed *f);

/* Absolute frame that is played about now; a cycle or two off. Any thread. */
int64_t feed_position(const struct feed *f);

/* CLOCK_MONOTONIC ns at which frame 0 was played, or would have been, by the
   last cycle's time; 0: there was no cycle yet. Any thread. */
int64_t feed_origin(const struct feed *f);

/* Goes on while the thread does, whether there is something to render or not: a
   hundred times a second, or with each chunk. Any thread. */
uint64_t feed_turns(const struct feed *f);

/* [main] Absolute frame that the next cycle should play, exactly, while none
   runs: position and what is owed. */
int64_t feed_due(const struct feed *f);

/* Frames that are kept rendered: from a MIDI message to where it is heard. Any
   thread. */
uint32_t feed_ahead(const struct feed *f);

/* Levels of what was played, by the channels' numbers. For gauge_read(). */
const struct gauge *feed_gauge(const struct feed *f);

/* [gpu], for scheduling. */
pthread_t feed_thread(const struct feed *f);

/* 0, or the -errno for which the thread gave up. Any thread. */
int feed_failed(const struct feed *f);

#endif
