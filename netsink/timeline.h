// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The timeline: turns blocks with positions, some missing, into one unbroken
 * run of 48 kHz packets of 20 ms, numbered from 0 (DESIGN law 5). Missing
 * frames become silence of the same length, so the clock goes on.
 * [enc] only.
 */
#ifndef NETSINK_TIMELINE_H
#define NETSINK_TIMELINE_H

#include <stdint.h>

#define TIMELINE_RATE   48000 /* Hz */
#define TIMELINE_PACKET 960   /* frames at 48 kHz: 20 ms */

struct timeline;

/* Receives packet seq: interleaved [TIMELINE_PACKET][n_channels]. */
typedef void timeline_packet_fn(void *ctx, uint64_t seq, const float *frames);

/* rate: the graph's, Hz. Errors: -EINVAL (rate outside 8000..384000, channels
   outside 1..2), -ENOMEM. */
int timeline_new(struct timeline **out, uint32_t rate, uint32_t n_channels,
                 timeline_packet_fn *fn, void *ctx);
void timeline_free(struct timeline **t);

/*
 * Feeds n interleaved frames at the graph's position. A position ahead of what
 * was fed so far is filled up with silence (longer gaps than 60 s are cut to
 * that); one behind it is taken as a continuation.
 * Calls fn for each packet that became complete. Errors: -EIO (resampler).
 */
int timeline_feed(struct timeline *t, uint64_t position, const float *frames,
                  uint32_t n);

/* Packets handed out so far: the next one's number. */
uint64_t timeline_next(const struct timeline *t);

/* Frames of silence put in for missing ones, at the graph's rate. */
uint64_t timeline_filled(const struct timeline *t);

#endif
