// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/tap_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "graph/clock.h"

/* JACK's shortest period: how many blocks the frames can come in. */
#define PERIOD_MIN 16 /* frames */

int tap_new(struct tap **out, uint32_t n_channels, uint32_t rate,
            double seconds)
{
    struct tap *t = NULL;
    double n = rate * seconds;
    int err = -ENOMEM;

    *out = NULL;
    if (n_channels < 1 || n_channels > JCLIENT_PORTS_MAX || !(n >= 1) ||
        n > 1u << 28)
        return -EINVAL;
    t = calloc(1, sizeof(*t));
    if (!t)
        goto out;
    t->n_channels = n_channels;
    atomic_init(&t->lost, 0);
    atomic_init(&t->restarts, 0);

    err =
        ring_new(&t->frames, (uint32_t)n, n_channels * (uint32_t)sizeof(float));
    if (err)
        goto out;
    err = ring_new(&t->blocks, ring_capacity_rt(t->frames) / PERIOD_MIN + 1,
                   sizeof(struct tap_block));
out:
    if (err)
        tap_free(&t);
    *out = t;
    return err;
}

void tap_free(struct tap **t)
{
    if (!*t)
        return;
    ring_free(&(*t)->frames);
    ring_free(&(*t)->blocks);
    free(*t);
    *t = NULL;
}

void tap_restart(struct tap *t)
{
    /* relaxed: the old client's thread has ended and the new one's not begun */
    atomic_fetch_add_explicit(&t->restarts, 1, memory_order_relaxed);
}

int tap_read(struct tap *t, struct tap_block *block, float *dst,
             uint32_t max_frames)
{
    if (max_frames == 0)
        return 0;
    if (t->rest.n_frames == 0 && ring_read_rt(t->blocks, &t->rest, 1) == 0)
        return 0;

    *block = t->rest;
    if (block->n_frames > max_frames)
        block->n_frames = max_frames;
    ring_read_rt(t->frames, dst, block->n_frames);
    for (uint32_t c = 0; c < t->n_channels; c++)
        gauge_add_rt(&t->gauge, c, dst + c, t->n_channels, block->n_frames);
    gauge_end_rt(&t->gauge, block->n_frames, block->rate, block->time);
    t->rest.position += block->n_frames;
    t->rest.n_frames -= block->n_frames;
    t->rest.time += (int64_t)block->n_frames * NS_PER_S / block->rate;
    return 1;
}

const struct gauge *tap_gauge(const struct tap *t)
{
    return &t->gauge;
}

uint64_t tap_lost(const struct tap *t)
{
    return atomic_load_explicit(&t->lost, memory_order_relaxed);
}
