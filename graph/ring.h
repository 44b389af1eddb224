// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Lock-free ring between exactly one writing and one reading thread, in
 * elements of a fixed size (a frame, a block header). Works on any two threads,
 * one of them usually [rt]. It never waits and never overwrites what was not
 * read: who wants to write more than fits decides what to do about it.
 */
#ifndef GRAPH_RING_H
#define GRAPH_RING_H

#include <stdint.h>

struct ring;

/* A piece of the ring, contiguous in memory. */
struct ring_span {
    void *data;
    uint32_t n; /* elements */
};

/*
 * A ring that holds at least n elements of elem_bytes each (rounded up to a
 * power of two), zeroed, and its pages pinned (graph/pinned.h).
 * Not RT safe. Errors: -EINVAL (n or elem_bytes 0, or over 1 GiB), -ENOMEM.
 */
int ring_new(struct ring **out, uint32_t n, uint32_t elem_bytes);

/* Both threads must have stopped using it. Accepts NULL. Not RT safe. */
void ring_free(struct ring **q);

/* Elements it can hold. RT safe. */
uint32_t ring_capacity_rt(const struct ring *q);

/* Reader: elements that can be read now; more may come at once. RT safe. */
uint32_t ring_readable_rt(const struct ring *q);

/* Writer: elements that can be written now; more may free up. RT safe. */
uint32_t ring_writable_rt(const struct ring *q);

/*
 * Writer: copies up to n elements in; returns how many fitted. RT safe.
 */
uint32_t ring_write_rt(struct ring *q, const void *src, uint32_t n);

/* Reader: copies up to n elements out; returns how many there were. RT safe. */
uint32_t ring_read_rt(struct ring *q, void *dst, uint32_t n);

/*
 * Writer, without a copy: lays up to n writable elements out as one or two
 * spans (the second has n = 0 where one is enough) and returns their sum.
 * Nothing is visible to the reader until ring_write_end_rt(q, k) with k up to
 * that sum. RT safe.
 */
uint32_t ring_write_begin_rt(struct ring *q, uint32_t n, struct ring_span s[2]);
void ring_write_end_rt(struct ring *q, uint32_t n);

/* Reader, without a copy: the mirror image of the two above. RT safe. */
uint32_t ring_read_begin_rt(struct ring *q, uint32_t n, struct ring_span s[2]);
void ring_read_end_rt(struct ring *q, uint32_t n);

#endif
