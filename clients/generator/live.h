// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Live values: what users have moved, as functions of the absolute frame. A
 * parameter is a list of breakpoints (value, since-frame), each of which adds a
 * smooth step of the parameter's glide; so every reader of a moment, either
 * renderer and any chunk, sees the same curve, and no turning of a knob makes a
 * kink. What lies in the past never changes.
 *
 * Freezing stops the event clock, by which notes start, swell and end, while
 * the frames go on.
 *
 * One thread at a time ([gpu] while live); it never allocates after live_new().
 * Functions that read take NULL for a world in which nothing was moved.
 */
#ifndef GENERATOR_LIVE_H
#define GENERATOR_LIVE_H

#include <stdint.h>

#include "clients/generator/params.h"

struct live;

/* rate in Hz. Errors: -ENOMEM. */
int live_new(struct live **out, uint32_t rate);
void live_free(struct live **l);

/*
 * The parameter shall have the value from absolute frame `from` on, or a little
 * later: what counts for notes that start (root, mode, density, freeze) moves
 * at most four times a second, everything else once per chunk. `from` is never
 * smaller than in a call before.
 */
void live_set(struct live *l, enum param p, int64_t from, double value);

/* The value asked for at frame n, without its glide. */
double live_value(const struct live *l, enum param p, int64_t n);

/* The value at frame n. */
double live_curve(const struct live *l, enum param p, int64_t n);

/* Frames of the coarse grid, about a quarter of a second in whole chunks. */
int64_t live_grid(const struct live *l);

/* True where nothing was ever moved: live_curve() is the default. */
int live_untouched(const struct live *l, enum param p);

/* The event clock at frame n: n less the frames that were spent frozen. Stands
   still and runs over whole chunks. */
int64_t live_event(const struct live *l, int64_t n);

/* The frame at which the event clock first showed `event`. */
int64_t live_frame(const struct live *l, int64_t event);

#endif
