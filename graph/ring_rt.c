// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A single-producer single-consumer ring with free-running counts. The writer's
 * release of `written` pairs with the reader's acquire: who sees the count sees
 * the elements. The reader's release of `read` pairs with the writer's acquire:
 * who sees room may overwrite it.
 */
#include "graph/ring.h"

#include <string.h>

#include "graph/ring_priv.h"

uint32_t ring_capacity_rt(const struct ring *q)
{
    return q->n;
}

uint32_t ring_readable_rt(const struct ring *q)
{
    uint32_t r = atomic_load_explicit(&q->read, memory_order_relaxed);
    /* acquire: pairs with the release in ring_write_end_rt() */
    uint32_t w = atomic_load_explicit(&q->written, memory_order_acquire);
    return w - r;
}

uint32_t ring_writable_rt(const struct ring *q)
{
    uint32_t w = atomic_load_explicit(&q->written, memory_order_relaxed);
    /* acquire: pairs with the release in ring_read_end_rt() */
    uint32_t r = atomic_load_explicit(&q->read, memory_order_acquire);
    return q->n - (w - r);
}

/* Lays n elements from count `from` on out as spans. RT safe. */
static void spans_rt(const struct ring *q, uint32_t from, uint32_t n,
                     struct ring_span s[2])
{
    uint32_t at = from & (q->n - 1);
    uint32_t first = q->n - at < n ? q->n - at : n;
    s[0].data = q->data + (size_t)at * q->elem_bytes;
    s[0].n = first;
    s[1].data = q->data;
    s[1].n = n - first;
}

uint32_t ring_write_begin_rt(struct ring *q, uint32_t n, struct ring_span s[2])
{
    uint32_t room = ring_writable_rt(q);
    if (n > room)
        n = room;
    spans_rt(q, atomic_load_explicit(&q->written, memory_order_relaxed), n, s);
    return n;
}

void ring_write_end_rt(struct ring *q, uint32_t n)
{
    uint32_t w = atomic_load_explicit(&q->written, memory_order_relaxed);
    atomic_store_explicit(&q->written, w + n, memory_order_release);
}

uint32_t ring_read_begin_rt(struct ring *q, uint32_t n, struct ring_span s[2])
{
    uint32_t have = ring_readable_rt(q);
    if (n > have)
        n = have;
    spans_rt(q, atomic_load_explicit(&q->read, memory_order_relaxed), n, s);
    return n;
}

void ring_read_end_rt(struct ring *q, uint32_t n)
{
    uint32_t r = atomic_load_explicit(&q->read, memory_order_relaxed);
    atomic_store_explicit(&q->read, r + n, memory_order_release);
}

uint32_t ring_write_rt(struct ring *q, const void *src, uint32_t n)
{
    struct ring_span s[2];
    n = ring_write_begin_rt(q, n, s);
    size_t first = (size_t)s[0].n * q->elem_bytes;
    memcpy(s[0].data, src, first);
    memcpy(s[1].data, (const uint8_t *)src + first,
           (size_t)s[1].n * q->elem_bytes);
    ring_write_end_rt(q, n);
    return n;
}

uint32_t ring_read_rt(struct ring *q, void *dst, uint32_t n)
{
    struct ring_span s[2];
    n = ring_read_begin_rt(q, n, s);
    size_t first = (size_t)s[0].n * q->elem_bytes;
    memcpy(dst, s[0].data, first);
    memcpy((uint8_t *)dst + first, s[1].data, (size_t)s[1].n * q->elem_bytes);
    ring_read_end_rt(q, n);
    return n;
}
