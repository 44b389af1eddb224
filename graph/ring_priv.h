// SPDX-License-Identifier: GPL-3.0-or-later
/* The ring's inside, for ring.c and ring_rt.c only. */
#ifndef GRAPH_RING_PRIV_H
#define GRAPH_RING_PRIV_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

struct ring {
    uint8_t *data;       /* [init] n * elem_bytes */
    uint32_t n;          /* [init] elements, a power of two */
    uint32_t elem_bytes; /* [init] */

    /* Counts of elements since the start, free running; their difference is
       what is in the ring. Each on a cache line of its own. */
    alignas(64) _Atomic uint32_t written; /* [writer>reader] */
    alignas(64) _Atomic uint32_t read;    /* [reader>writer] */
};

#endif
