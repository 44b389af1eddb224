// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The clock of a timeline: when its packets are there, smoothed, so that what
 * is sent by it is sent evenly. JACK's periods, the scheduler and a pause of
 * the graph make packets come in fits; the clock goes by their mean speed (a
 * second order delay-locked loop) and lies behind the latest of the last half
 * minute, so that a packet is there when its time has come; but one stall alone
 * does not move it. [enc] tells it what came, any thread asks. Never blocks for
 * long (a lock held for some ns).
 *
 * Source: F. Adriaensen, "Using a DLL to filter time", LAC 2005.
 */
#ifndef NETSINK_PACE_H
#define NETSINK_PACE_H

#include <stdint.h>

struct pace;

/* Errors: -ENOMEM. */
int pace_new(struct pace **out);
void pace_free(struct pace **p);

/* [enc] Packets below end were there at now, ns. Called when there are new
   ones; the first call sets the clock, and one that is more than a second off
   sets it again. */
void pace_put(struct pace *p, uint64_t end, int64_t now);

/* When the packets below seq are, were or will be there, ns. Monotonic in seq;
   0 before the first pace_put(). Any thread. */
int64_t pace_time(const struct pace *p, uint64_t seq);

/* The time in the timeline at now, in packets, fractions and all: pace_time()
   the other way round. Never goes back as now goes on, it waits instead; unless
   the clock is set again, by more than a second, to packets that were awaited
   long ago. Any thread. */
double pace_position(const struct pace *p, int64_t now);

#endif
