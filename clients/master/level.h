// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The rule of the slow gain: from short-term loudness, every 100 ms, to a gain
 * that brings the last 30 s to the target, too slowly to be heard as a change.
 * What is quieter than LEVEL_GATE is no programme: it does not count, and while
 * it lasts the gain stands still. Pure; any one thread.
 */
#ifndef MASTER_LEVEL_H
#define MASTER_LEVEL_H

#include <stdint.h>

#define LEVEL_STEPS_PER_S 10
#define LEVEL_GATE        (-45.0)                  /* LUFS */
#define LEVEL_RANGE_DB    4.0                      /* up and down */
#define LEVEL_SLOPE       0.1                      /* dB per s */
#define LEVEL_VIEW        (30 * LEVEL_STEPS_PER_S) /* steps */

struct level {
    double target;  /* LUFS */
    double gain_db; /* of now */
    /* mean squares of the last steps that counted, 0 where none was */
    double view[LEVEL_VIEW];
    uint32_t at; /* of the oldest */
};

void level_init(struct level *l, double target);

/* One step of 100 ms with the short-term loudness (LUFS, -HUGE_VAL in silence)
   at its end, before the gain. Returns the new gain, dB. */
double level_step(struct level *l, double short_term);

#endif
