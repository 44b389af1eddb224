// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How long a sound was on its way: marks that were sent, joined with those that
 * were heard in pages. Pure; one thread at a time. The terms:
 *
 * onset  when the page that holds a mark's onset was there, less when the onset
 *        entered the graph; as JACK hands over whole cycles, whose last frames
 *        are then still to come by the clock, it can be a cycle less than
 *        nothing, which counts as 0
 * page   the same for that page's first sample: what a listener who plays at
 *        once hears late, always; the onset's and where in the page it lies
 */
#ifndef BENCH_LOAD_HEARD_H
#define BENCH_LOAD_HEARD_H

#include <stddef.h>
#include <stdint.h>

#include "netsink/hist.h"
#include "tests/bench/load/marks.h"

/* A page as it arrived. */
struct heard_page {
    int64_t at;      /* ns: its last byte was there */
    int64_t first;   /* sample, as decoded from the stream's first on */
    int64_t samples; /* of it */
};

struct heard_opts {
    const struct heard_page *pages; /* [n_pages] in order */
    size_t n_pages;
    const struct mark *marks; /* [n_marks] heard, in order */
    size_t n_marks;
    const int64_t *sent; /* [n_sent] ns: when burst k's onset entered */
    size_t n_sent;
    int64_t from; /* ns: of pages that arrived earlier nothing is judged */
};

/* All zero is nothing. */
struct heard {
    struct hist onset, page; /* ns */
    int64_t samples;         /* of the pages of marks; mean by onset.n */
    uint64_t unread;         /* marks whose number was not told */
    uint64_t strange;        /* marks that were never sent */
    uint64_t lost;           /* sent between the first and the last heard */
};

void heard_judge(struct heard *h, const struct heard_opts *o);

#endif
