// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The tap's inside, for tap.c and tap_rt.c alone: two files because what runs
 * on [rt] is kept apart and its symbols are checked.
 */
#ifndef NETSINK_TAP_PRIV_H
#define NETSINK_TAP_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "graph/gauge.h"
#include "graph/ring.h"
#include "netsink/tap.h"

struct tap {
    /* [init] */
    uint32_t n_channels;
    struct ring *frames; /* rt>enc, elements of n_channels floats */
    struct ring *blocks; /* rt>enc, struct tap_block, one per cycle; written
                            after the frames it tells of */

    /* [rt] */
    uint64_t position;      /* frames of the graph's time so far */
    uint32_t graph;         /* counts the graphs */
    uint32_t restarts_seen; /* of restarts */
    bool freewheel;         /* in the last cycle */

    /* main>rt */
    _Atomic uint32_t restarts;

    /* rt>any */
    _Atomic uint64_t lost; /* frames */

    /* [enc], [any] by gauge_read() */
    struct gauge gauge; /* of the channels */

    /* [enc] */
    struct tap_block rest; /* what was not read yet of the cycle in hand */
};

#endif
