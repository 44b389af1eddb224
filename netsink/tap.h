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

#include "graph/jclient.h"

struct tap;

/* A cycle as [enc] gets it. Frames are interleaved. */
struct tap_block {
    uint64_t position; /* frames of the graph's time since the tap was made,
                          lost ones included; 64-bit, never wraps */
    uint32_t n_frames;
};

/* Room for seconds of audio at rate Hz. Errors: -ENOMEM, -EINVAL. */
int tap_new(struct tap **out, uint32_t n_channels, uint32_t rate,
            double seconds);
void tap_free(struct tap **t);

/* jclient process function; ctx is the tap. RT safe. */
void tap_process_rt(void *tap, const struct jclient_cycle *cycle);

/*
 * [enc] Next cycle's header and its frames, max_frames of room in dst
 * (n_channels * max_frames floats). Returns 1, or 0 when there is none yet.
 * A cycle larger than max_frames comes in several pieces.
 */
int tap_read(struct tap *t, struct tap_block *block, float *dst,
             uint32_t max_frames);

/* Frames lost since the start: not delivered by JACK, or dropped because the
   ring was full. Any thread. */
uint64_t tap_lost(const struct tap *t);

#endif
