// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The last packets of a timeline, as frames: what a rung that nobody listened
 * to is begun from. [enc] writes and reads; any thread asks for the range.
 * Before the first packet ever there was silence.
 */
#ifndef NETSINK_HISTORY_H
#define NETSINK_HISTORY_H

#include <stdint.h>

#define HISTORY_SLACK                                       \
    50 /* packets kept beyond what is told of: for encoders \
          to warm up with, and to be late with */

struct history;

/* Keeps n packets and the slack. Errors: -EINVAL (channels outside 1..2, no
   packets), -ENOMEM. */
int history_new(struct history **out, uint32_t n_channels, uint32_t n);
void history_free(struct history **h);

/* [enc] The next packet, from 0 on: [TIMELINE_PACKET][n_channels]. */
void history_put(struct history *h, const float *frames);

/* Packets kept: [*first, *end). Any thread. */
void history_range(const struct history *h, uint64_t *first, uint64_t *end);

/* [enc] The frames of a packet: of one that is kept, of the slack, or, with
   numbers below 0, of the time before the first one. NULL: gone, or not yet
   there. */
const float *history_get(const struct history *h, int64_t seq);

#endif
