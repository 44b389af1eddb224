// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/ring.h"

#include <errno.h>
#include "graph/pinned.h"
#include "graph/ring_priv.h"

#define RING_BYTES_MAX (UINT64_C(1) << 30)

int ring_new(struct ring **out, uint32_t n, uint32_t elem_bytes)
{
    int r = -ENOMEM;
    struct ring *q = NULL;
    *out = NULL;
    if (n == 0 || elem_bytes == 0)
        return -EINVAL;

    uint64_t size = 1;
    while (size < n)
        size *= 2;
    if (size * elem_bytes > RING_BYTES_MAX)
        return -EINVAL;

    q = pinned_new(sizeof *q);
    if (!q)
        goto out;
    q->n = (uint32_t)size;
    q->elem_bytes = elem_bytes;
    q->data = pinned_new(size * elem_bytes);
    if (!q->data)
        goto out;
    *out = q;
    q = NULL;
    r = 0;
out:
    ring_free(&q);
    return r;
}

void ring_free(struct ring **q)
{
    if (!*q)
        return;
    pinned_free((*q)->data, (size_t)(*q)->n * (*q)->elem_bytes);
    pinned_free(*q, sizeof **q);
    *q = NULL;
}
