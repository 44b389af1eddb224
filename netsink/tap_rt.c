// SPDX-License-Identifier: GPL-3.0-or-later
/* [rt] The tap's writing side: it only copies. */
#include "netsink/tap_priv.h"

static void interleave_rt(float *dst, const float *const *in,
                          uint32_t n_channels, uint32_t from, uint32_t n)
{
    for (uint32_t c = 0; c < n_channels; c++) {
        const float *src = in[c] + from;
        for (uint32_t i = 0; i < n; i++)
            dst[i * n_channels + c] = src[i];
    }
}

/* Puts the cycle into both rings. There is room for it. */
static void store_rt(struct tap *t, const struct jclient_cycle *cycle)
{
    struct tap_block block = {.position = t->position,
                              .time = cycle->time,
                              .n_frames = cycle->n_frames,
                              .rate = cycle->rate,
                              .graph = t->graph};
    struct ring_span s[2];

    ring_write_begin_rt(t->frames, cycle->n_frames, s);
    interleave_rt(s[0].data, cycle->in, t->n_channels, 0, s[0].n);
    if (s[1].n > 0)
        interleave_rt(s[1].data, cycle->in, t->n_channels, s[0].n, s[1].n);
    ring_write_end_rt(t->frames, cycle->n_frames);
    /* Last: who sees the block finds its frames. */
    ring_write_rt(t->blocks, &block, 1);
}

/* The only writer, so load and store need not be one. */
static void lose_rt(struct tap *t, uint64_t n)
{
    if (n == 0)
        return;
    n += atomic_load_explicit(&t->lost, memory_order_relaxed);
    atomic_store_explicit(&t->lost, n, memory_order_relaxed);
}

/* True in the first cycle of another graph, or of one back from freewheel. */
static bool is_new_rt(struct tap *t, const struct jclient_cycle *cycle)
{
    uint32_t restarts =
        atomic_load_explicit(&t->restarts, memory_order_relaxed);
    bool is_new =
        restarts != t->restarts_seen || (t->freewheel && !cycle->freewheel);

    t->restarts_seen = restarts;
    t->freewheel = cycle->freewheel;
    return is_new;
}

void tap_process_rt(void *tap, const struct jclient_cycle *cycle)
{
    struct tap *t = tap;
    uint64_t lost = cycle->lost;

    if (is_new_rt(t, cycle)) {
        t->graph++;
        t->position = 0;
        lost = 0; /* since a cycle that was none of this graph's */
    }
    if (cycle->freewheel) {
        lose_rt(t, cycle->n_frames);
        return;
    }
    t->position += lost;
    if (ring_writable_rt(t->frames) < cycle->n_frames ||
        ring_writable_rt(t->blocks) == 0)
        lost += cycle->n_frames;
    else if (cycle->n_frames > 0)
        store_rt(t, cycle);
    t->position += cycle->n_frames;
    lose_rt(t, lost);
}
