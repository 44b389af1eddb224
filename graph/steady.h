// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether a change that is announced is to be followed: not before it has stood
 * for a while, which is a second at first and twice as long each time up to
 * STEADY_MAX_NS, since to follow it may be what brings the next one about; a
 * second again once STEADY_CALM_NS have passed in which there was nothing to
 * follow. Pure; any one thread.
 */
#ifndef GRAPH_STEADY_H
#define GRAPH_STEADY_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/clock.h"

#define STEADY_FIRST_NS NS_PER_S
#define STEADY_MAX_NS   (30 * NS_PER_S)
#define STEADY_CALM_NS  (60 * NS_PER_S)

/* All zero: nothing was announced yet. */
struct steady {
    uint32_t value;      /* announced last */
    int64_t since;       /* ns: it was seen first */
    uint32_t followed;   /* changes, since it was calm */
    int64_t followed_at; /* ns: the last one */
};

/*
 * Announced is `value`, and we go by `ours`; now in ns, above 0. True: it is to
 * be followed now, which the caller then does: the next time it has to stand
 * for longer. To be asked often: what came and went in between is not known.
 */
bool steady_follow(struct steady *s, uint32_t ours, uint32_t value,
                   int64_t now);

#endif
