// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

    q = aligned_alloc(alignof(struct ring), sizeof *q);
    if (!q)
        goto out;
    memset(q, 0, sizeof *q);
    q->n = (uint32_t)size;
    q->elem_bytes = elem_bytes;
    q->data = malloc(size * elem_bytes);
    if (!q->data)
        goto out;
    /* Written, not only allocated: [rt] must not be the first to touch it. By
       memset() it would not be: compilers make calloc() of the two. */
    explicit_bzero(q->data, size * elem_bytes);
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
    free((*q)->data);
    free(*q);
    *q = NULL;
}
