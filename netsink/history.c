// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/history.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/timeline.h"

struct history {
    /* [init] */
    uint32_t size; /* floats of a packet */
    uint32_t n, room;

    /* [enc] */
    float *frames;  /* [room][size], packet seq at seq mod room */
    float *silence; /* [size] */

    /* enc>any: packets put so far */
    _Atomic uint64_t end;
};

int history_new(struct history **out, uint32_t n_channels, uint32_t n)
{
    struct history *h = NULL;
    int err = -ENOMEM;

    *out = NULL;
    if (n_channels < 1 || n_channels > 2 || n < 1 || n > 1u << 20)
        return -EINVAL;
    h = calloc(1, sizeof(*h));
    if (!h)
        goto out;
    h->size = TIMELINE_PACKET * n_channels;
    h->n = n;
    h->room = n + HISTORY_SLACK;
    atomic_init(&h->end, 0);
    h->frames = calloc((size_t)h->room * h->size, sizeof(float));
    h->silence = calloc(h->size, sizeof(float));
    if (!h->frames || !h->silence)
        goto out;
    /* All of it now: memory is not to grow while it fills. */
    memset(h->frames, 0, (size_t)h->room * h->size * sizeof(float));
    err = 0;
out:
    if (err)
        history_free(&h);
    *out = h;
    return err;
}

void history_free(struct history **h)
{
    if (!*h)
        return;
    free((*h)->frames);
    free((*h)->silence);
    free(*h);
    *h = NULL;
}

static uint64_t end_of(const struct history *h)
{
    return atomic_load_explicit(&h->end, memory_order_relaxed);
}

void history_put(struct history *h, const float *frames)
{
    uint64_t end = end_of(h);

    memcpy(h->frames + end % h->room * h->size, frames,
           sizeof(float) * h->size);
    atomic_store_explicit(&h->end, end + 1, memory_order_relaxed);
}

void history_range(const struct history *h, uint64_t *first, uint64_t *end)
{
    *end = end_of(h);
    *first = *end > h->n ? *end - h->n : 0;
}

const float *history_get(const struct history *h, int64_t seq)
{
    const int64_t end = (int64_t)end_of(h);

    if (seq >= end || seq < end - (int64_t)h->room)
        return NULL;
    return seq < 0 ? h->silence : h->frames + (uint64_t)seq % h->room * h->size;
}
