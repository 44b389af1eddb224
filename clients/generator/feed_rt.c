// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "clients/generator/feed_priv.h"

static uint32_t min_rt(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Notes frames that were due and not played. After a stall longer than owed_max
   the music goes on later than the graph, instead of being silent for as long
   as rendering what nobody will hear takes. */
static void owe_rt(struct feed *f, uint32_t n)
{
    f->owed += min_rt(n, f->owed_max - f->owed);
}

static void repay_rt(struct feed *f)
{
    uint32_t n = min_rt(f->owed, ring_readable_rt(f->ring));

    if (n > 0)
        ring_read_end_rt(f->ring, n);
    f->owed -= n;
}

static void copy_rt(const struct ring_span *span, float *l, float *r)
{
    const struct feed_frame *x = span->data;

    for (uint32_t i = 0; i < span->n; i++) {
        l[i] = x[i].l;
        r[i] = x[i].r;
    }
}

void feed_process_rt(void *ctx, const struct jclient_cycle *cycle)
{
    struct feed *f = *(struct feed **)ctx;
    float *l = cycle->out[0], *r = cycle->out[1];
    struct ring_span span[2];
    uint32_t got = 0;

    owe_rt(f, cycle->lost);
    repay_rt(f);
    if (f->owed == 0) {
        got = ring_read_begin_rt(f->ring, cycle->n_frames, span);
        copy_rt(&span[0], l, r);
        copy_rt(&span[1], l + span[0].n, r + span[0].n);
        ring_read_end_rt(f->ring, got);
    }
    if (got < cycle->n_frames) {
        uint32_t rest = cycle->n_frames - got;
        memset(l + got, 0, rest * sizeof(*l));
        memset(r + got, 0, rest * sizeof(*r));
        owe_rt(f, rest);
        /* relaxed: a count, which nothing else hangs on */
        atomic_fetch_add_explicit(&f->missed, rest, memory_order_relaxed);
    }
}
