// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The timeline: turns what comes from JACK, in whatever fits, into one unbroken
 * run of 48 kHz packets of 20 ms, numbered from 0 (DESIGN law 5, law 9). It
 * goes on through everything: lost frames become as much silence; while nothing
 * comes at all, time itself goes on in silence; what comes late is left out, so
 * that the timeline does not fall behind; a graph that comes back, with another
 * rate or period, is joined at the present moment. Sound ends and begins with
 * fades of some ms, never with a click. [enc] only. Allocates only where it is
 * made, and where the rate changes.
 *
 * While frames come unbroken they alone are the clock: nothing is dropped or
 * put in because two clocks drift, up to 500 ppm. CLOCK_MONOTONIC, and a
 * cycle's time by it, only decide what a break was worth: frames lost by the
 * graph's count are as many frames of silence, as long as that count and the
 * time agree within 30 ms and a block. Where they don't (a server that stood
 * still may report no loss, or one it didn't have), the time is right, and so
 * breaks don't add up to a timeline that lags or runs ahead.
 *
 * Where each frame lies is exact at every rate: to a sample at 48 kHz, to half
 * a frame of the graph where that has another rate. A resampler hands frames
 * out a ms or so later (netsink/resample.h), and loses or shifts none. Where
 * the rate changes, the old rate's fade reaches into the new one's first 10 ms
 * or so, which are left out.
 */
#ifndef NETSINK_TIMELINE_H
#define NETSINK_TIMELINE_H

#include <stdint.h>

#include "netsink/resample.h"
#include "netsink/tap.h"

#define TIMELINE_RATE   48000 /* Hz */
#define TIMELINE_PACKET 960   /* frames at 48 kHz: 20 ms */

struct timeline;

/* Receives packet seq: interleaved [TIMELINE_PACKET][n_channels]. */
typedef void timeline_packet_fn(void *ctx, uint64_t seq, const float *frames);

struct timeline_stats {
    uint64_t filled;  /* 48 kHz frames of silence put in */
    uint64_t dropped; /* frames left out since they came too late, at the
                         graph's rate */
    uint64_t breaks;  /* of the sound: each with a fade */
    uint32_t rate;    /* the graph's, Hz; 0: none yet */
    uint32_t graphs;  /* joined so far, returns from freewheel too */
};

/* now: CLOCK_MONOTONIC, ns: the timeline's begin. Errors: -EINVAL (channels
   outside 1..2), -ENOMEM. */
int timeline_new(struct timeline **out, uint32_t n_channels, int64_t now,
                 timeline_packet_fn *fn, void *ctx);
void timeline_free(struct timeline **t);

/* What the resampler is from the next change of rate on. Default: medium. */
void timeline_set_quality(struct timeline *t, enum resample_quality quality);

/*
 * Feeds a block; frames that are not finite become 0, and no louder than +24
 * dBFS. Calls fn for each packet that became complete. Errors: -EIO
 * (resampler), -EINVAL (a rate outside 8000..384000), -ENOMEM.
 */
int timeline_feed(struct timeline *t, const struct tap_block *b,
                  const float *frames);

/*
 * The tap was found empty after now (read the clock first, or a thread held up
 * between the two would take its own delay for a break). Once nothing has come
 * for a quarter of a second beyond what was due, the timeline goes on in
 * silence by the clock. To be called after each round of feeding. Errors: as
 * above.
 */
int timeline_idle(struct timeline *t, int64_t now);

/* Packets handed out so far: the next one's number. */
uint64_t timeline_next(const struct timeline *t);

void timeline_stats(const struct timeline *t, struct timeline_stats *out);

#endif
