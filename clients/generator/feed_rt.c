// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "clients/generator/feed_priv.h"

/* What the renderer passed over is owed no more. Both sides may have taken care
   of the same frames at one moment: then the debt falls under 0. */
static void hear_rt(struct feed *f)
{
    /* acquire: pairs with the release in pass_over() */
    uint64_t all = atomic_load_explicit(&f->forgiven, memory_order_acquire);

    f->owed -= (int64_t)(all - f->seen);
    f->seen = all;
}

/* Drops what is owed out of the rings, which keeps the room's tail whole. */
static void drop_rt(struct feed *f)
{
    uint32_t n = ring_readable_rt(f->ring[FEED_FIRST]);

    if (f->owed <= 0)
        return;
    if (n > f->owed)
        n = (uint32_t)f->owed;
    for (uint32_t c = FEED_CHANNELS; c-- > 0;)
        ring_read_end_rt(f->ring[c], n);
    f->owed -= n;
}

/* Tells the renderer. In this order, or it could pair an old debt with the new
   word that part of it is settled, and settle that again. */
static void tell_rt(struct feed *f)
{
    atomic_store_explicit(&f->debt, f->owed, memory_order_relaxed);
    /* release: pairs with the acquire in pass_over() */
    atomic_store_explicit(&f->heard, f->seen, memory_order_release);
}

/* Up to n frames of music; returns how many. */
static uint32_t play_rt(struct feed *f, float *const *out, uint32_t n)
{
    uint32_t have = ring_readable_rt(f->ring[FEED_FIRST]);

    if (n > have)
        n = have;
    for (uint32_t c = FEED_CHANNELS; c-- > 0;)
        ring_read_rt(f->ring[c], out[c], n);
    return n;
}

void feed_process_rt(void *ctx, const struct jclient_cycle *cycle)
{
    struct feed *f = *(struct feed **)ctx;
    /* In overload the music plays on late until the renderer passes over some:
       dropping what it hardly made in time would leave nothing to play. */
    bool late = atomic_load_explicit(&f->overloaded, memory_order_relaxed);
    uint32_t got = 0;

    f->owed += cycle->lost;
    hear_rt(f);
    if (!late)
        drop_rt(f);
    if (f->owed == 0 || (f->owed > 0 && late))
        got = play_rt(f, cycle->out, cycle->n_frames);
    if (got < cycle->n_frames) {
        uint32_t rest = cycle->n_frames - got;
        for (uint32_t c = 0; c < FEED_CHANNELS; c++)
            memset(cycle->out[c] + got, 0, rest * sizeof(*cycle->out[c]));
        f->owed += rest;
        /* relaxed: a count, which nothing else hangs on */
        atomic_fetch_add_explicit(&f->missed, rest, memory_order_relaxed);
    }
    tell_rt(f);
}
