// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How hard the encoders of a mount may try: libopus' complexity, 10 at best.
 * Down when encoding is late or takes too much of its thread, up again, step by
 * step, after calm; a step up that had to be taken back is tried again later
 * and later. Pure: fed with what each pass took; no clock, no allocation.
 */
#ifndef NETSINK_EFFORT_H
#define NETSINK_EFFORT_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/clock.h"

#define EFFORT_MAX 10

/* A pass that ends so much after it was to begin is late. */
#define EFFORT_LATE (10 * NS_PER_MS)

struct effort {
    uint32_t complexity;
    int64_t begin; /* of the second that is being summed up, ns */
    int64_t busy;  /* CPU time in it, ns */
    int64_t calm;  /* since then nothing was too much */
    int64_t rose, fell;
    int64_t wait; /* calm before the next step up */
};

void effort_init(struct effort *e, int64_t now);

/*
 * A pass that ended at now, late ns after it was to begin, having used busy ns
 * of CPU for packets that were due. Returns the complexity for the next one.
 */
uint32_t effort_pass(struct effort *e, int64_t now, int64_t late, int64_t busy);

#endif
