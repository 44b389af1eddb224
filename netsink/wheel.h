// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A wheel of 10 ms ticks of a stream's time: who is to be visited when. An item
 * waits for one tick at a time, put and taken in O(1); a place is a phase that
 * an item with a cadence keeps, chosen where the least is going on. Pure: it
 * knows no clock, allocates nothing. One thread at a time.
 */
#ifndef NETSINK_WHEEL_H
#define NETSINK_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define WHEEL_TICK_MS 10
#define WHEEL_TICKS   200 /* once around; every cadence divides it */

/* Embedded in what is to be visited. All zero: on no wheel. */
struct wheel_item {
    struct wheel_item *prev, *next;
};

struct wheel {
    uint64_t tick;                        /* up to here it has turned */
    struct wheel_item slots[WHEEL_TICKS]; /* rings' heads */
    struct wheel_item due;                /* turned out and not popped yet */
    uint32_t load[WHEEL_TICKS];           /* places taken that meet there */
};

/* At tick. It must not move in memory from then on. */
void wheel_init(struct wheel *w, uint64_t tick);

/*
 * The phase, 0 to cadence - 1 and a multiple of step, in which the fewest items
 * with places are met, which is taken by that. cadence: ticks, a divisor of
 * WHEEL_TICKS; step: one of cadence. Costs the same however many there are.
 */
uint32_t wheel_take_place(struct wheel *w, uint32_t cadence, uint32_t step);
void wheel_leave_place(struct wheel *w, uint32_t cadence, uint32_t phase);

/* The item is to come at tick, which is made to lie within the next turn of
   the wheel. It may be on the wheel already. */
void wheel_put(struct wheel *w, struct wheel_item *i, uint64_t tick);

/* Accepts one that is on no wheel. */
void wheel_remove(struct wheel_item *i);

/* Turns it on to tick (never back): what was to come until then is due. */
void wheel_turn(struct wheel *w, uint64_t tick);

/* Takes one of those that are due, those of an earlier tick first; NULL: there
   are no more. In between any item may be put or removed. */
struct wheel_item *wheel_pop(struct wheel *w);

/* The one that wheel_pop() would take, or NULL. */
struct wheel_item *wheel_peek(const struct wheel *w);

/* The next tick to which someone is to come; false: nobody is. */
bool wheel_next(const struct wheel *w, uint64_t *tick);

#endif
