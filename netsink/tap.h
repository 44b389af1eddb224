// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The tap between the JACK graph and the sink: [rt] puts each cycle's frames
 * and a header into two lock-free rings; [enc] takes them out in order and
 * learns how many frames are missing in between. It never blocks either side:
 * when [enc] is late beyond the ring, whole cycles are dropped and counted.
 */
#ifndef NETSINK_TAP_H
#define NETSINK_TAP_H

#include <stdint.h>

#include "graph/gauge.h"
#include "graph/jclient.h"

struct tap;

/* A cycle as [enc] gets it. Frames are interleaved. */
struct tap_block {
    uint64_t position; /* frames of the graph's time since it was joined, lost
                          ones included; never wraps */
    int64_t time;      /* ns, CLOCK_MONOTONIC: of the block's first frame, by
                          JACK */
    uint32_t n_frames;
    uint32_t rate;  /* the graph's, Hz */
    uint32_t graph; /* which one: counts up by tap_restart(), and by a return
                       from freewheel, where JACK's frames have raced on;
                       positions in two of them have nothing to do with each
                       other */
};

/* Room for seconds of audio at rate Hz. Errors: -ENOMEM, -EINVAL. */
int tap_new(struct tap **out, uint32_t n_channels, uint32_t rate,
            double seconds);
void tap_free(struct tap **t);

/* [main] A new graph feeds it from now on: the old one's client is closed. What
   [enc] has not read yet of the old one stays. */
void tap_restart(struct tap *t);

/* jclient process function; ctx is the tap. In freewheel it takes nothing and
   counts what it let go by as lost. RT safe. */
void tap_process_rt(void *tap, const struct jclient_cycle *cycle);

/*
 * [enc] Next cycle's header and its frames, max_frames of room in dst
 * (n_channels * max_frames floats). Returns 1, or 0 when there is none yet.
 * A cycle larger than max_frames comes in several pieces, each with a position
 * and time of its own.
 */
int tap_read(struct tap *t, struct tap_block *block, float *dst,
             uint32_t max_frames);

/* Levels of what [enc] read, by the channels' numbers. For gauge_read(). */
const struct gauge *tap_gauge(const struct tap *t);

/* Frames lost since the start: not delivered by JACK, let go by in freewheel,
   or dropped because the ring was full. Any thread. */
uint64_t tap_lost(const struct tap *t);

#endif
