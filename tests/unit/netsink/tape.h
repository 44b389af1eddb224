// SPDX-License-Identifier: GPL-3.0-or-later
/* What a listener got of a stream. For tests. */
#ifndef TESTS_UNIT_NETSINK_TAPE_H
#define TESTS_UNIT_NETSINK_TAPE_H

#include <stdlib.h>
#include <string.h>

#include "netsink/stream.h"
#include "tests/unit/test.h"

struct tape {
    uint8_t *data;
    size_t len, room;
};

static inline void tape_add(struct tape *t, const void *data, size_t len)
{
    if (len == 0)
        return;
    if (len > t->room - t->len) {
        t->room = (t->len + len) * 2;
        t->data = realloc(t->data, t->room);
        assert_non_null(t->data);
    }
    memcpy(t->data + t->len, data, len);
    t->len += len;
}

static inline void tape_free(struct tape *t)
{
    free(t->data);
    memset(t, 0, sizeof(*t));
}

/* Pieces that are undone leave the stream as it was, to the byte. */
static inline void tape_undo(struct stream *s, uint64_t limit)
{
    struct stream_turn turns[STREAM_TURNS];
    struct stream_mark marks[4];
    struct stream were[4];
    struct hub_views views = {0};
    uint32_t n = 0;
    bool turned = false;

    while (n < 4 && !turned) {
        struct piece p;
        were[n] = *s;
        if (stream_try(s, limit, &views, &p, &marks[n], turns) != 1)
            break;
        turned = marks[n++].turned;
        piece_fini(&p);
    }
    /* Of all of them, and of some. */
    const struct stream done = *s;
    for (uint32_t i = n; i-- > 0;) {
        *s = done;
        stream_undo(s, &marks[i], turned ? turns : NULL);
        assert_memory_equal(s, &were[i], sizeof(*s));
    }
    hub_views_clear(&views);
}

/* The next piece onto the tape. Returns what stream_next() did. */
static inline int tape_next(struct tape *t, struct stream *s, uint64_t limit,
                            bool now)
{
    const struct stream before = *s;
    struct piece p;

    tape_undo(s, limit);
    int got = stream_next(s, limit, now, &p);

    if (got != 1) {
        assert_null(p.slab);
        assert_int_equal(s->offset, before.offset);
        return got;
    }
    assert_true(p.head_len <= PIECE_HEAD_MAX);
    assert_true(p.head_len + p.body_len > 0);
    assert_int_equal(s->offset, before.offset + p.head_len + p.body_len);
    assert_int_equal(p.n_packets, before.cut ? 0 : s->packets - before.packets);
    assert_true(s->packets > before.packets);
    assert_true(s->packets - before.packets <= s->o.page);
    assert_true(before.seq + (s->packets - before.packets) <= limit);
    tape_add(t, p.head, p.head_len);
    tape_add(t, p.body, p.body_len);
    piece_fini(&p);
    piece_fini(&p);
    return 1;
}

/* All pieces there are. Returns 0, or -ENOENT. */
static inline int tape_all(struct tape *t, struct stream *s, uint64_t limit)
{
    int got;

    while ((got = tape_next(t, s, limit, false)) == 1)
        ;
    return got;
}

#endif
