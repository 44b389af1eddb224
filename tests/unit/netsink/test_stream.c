// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/entry.h"
#include "netsink/timeline.h"
#include "tests/unit/netsink/hand_mount.h"
#include "tests/unit/netsink/ogg_walk.h"
#include "tests/unit/netsink/tape.h"
#include "tests/unit/test.h"

#define SERIAL 0x5eed1234u
#define BASE   777000u /* the first packet in the hubs */

static struct stream begin(const struct hand *h, enum stream_kind kind,
                           uint32_t rung, uint64_t seq, uint32_t page)
{
    const struct stream_opts o = {
        .kind = kind,
        .mount = &h->mount,
        .rung = rung,
        .seq = seq,
        .page = page,
        .serial = SERIAL,
    };
    struct stream s;

    assert_int_equal(stream_init(&s, &o), 0);
    return s;
}

/* The page at byte *at, which it moves on. */
static struct ogg_walk_page page_at(const struct tape *t, size_t *at)
{
    struct ogg_walk_page p;
    const char *why = ogg_walk(t->data + *at, t->len - *at, &p);

    if (why)
        fail_msg("byte %zu: %s", *at, why);
    *at += p.size;
    return p;
}

static void test_refuses(void **state)
{
    (void)state;
    static const struct {
        enum stream_kind kind;
        uint32_t rung, page;
        int err;
    } cases[] = {
        {STREAM_OGG, HAND_RUNGS, 5, -EINVAL},
        {STREAM_OGG, HAND_S16, 5, -EINVAL},
        {STREAM_MP4, HAND_S24, 5, -EINVAL},
        {STREAM_WAV, 0, 5, -EINVAL},
        {STREAM_WAV, UINT32_MAX, 5, -EINVAL},
        {STREAM_OGG, 0, 0, -EINVAL},
        {STREAM_OGG, 0, 3, -EINVAL},
        {STREAM_OGG, 0, 20, -EINVAL},
        {STREAM_OGG, 0, 50, -EINVAL}, /* it may have too many segments */
        {STREAM_OGG, 2, 1, 0},
        {STREAM_OGG, 2, 25, 0},
        {STREAM_MP4, 0, 10, 0},
        {STREAM_WAV, HAND_S24, 5, 0},
    };
    struct hand h;
    struct stream s;

    hand_init(&h);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct stream_opts o = {.kind = cases[i].kind,
                                      .mount = &h.mount,
                                      .rung = cases[i].rung,
                                      .page = cases[i].page};
        assert_int_equal(stream_init(&s, &o), cases[i].err);
    }
    s = begin(&h, STREAM_OGG, 1, BASE, 5);
    assert_int_equal(stream_switch(&s, HAND_S16), -EINVAL);
    assert_int_equal(stream_switch(&s, HAND_RUNGS), -EINVAL);
    assert_int_equal(stream_skip(&s, BASE - 1), -EINVAL);
    assert_int_equal(stream_skip(&s, BASE), 0);
    s = begin(&h, STREAM_WAV, HAND_S16, BASE, 5);
    assert_int_equal(stream_switch(&s, HAND_S24), -EINVAL);
    assert_int_equal(stream_switch(&s, 0), -EINVAL);
    assert_int_equal(stream_switch(&s, HAND_S16), 0);
    hand_fini(&h);
}

static void test_waits_for_what_is_not_there(void **state)
{
    (void)state;
    struct hand h;
    struct tape t = {0};

    hand_init(&h);
    struct stream s = begin(&h, STREAM_OGG, 1, BASE + 3, 5);
    assert_int_equal(tape_next(&t, &s, UINT64_MAX, true), 0); /* empty */
    hand_put(&h, 1, BASE, BASE + 4);
    assert_int_equal(tape_next(&t, &s, UINT64_MAX, false), 0);
    assert_int_equal(tape_next(&t, &s, BASE + 3, true), 0);
    assert_int_equal(tape_next(&t, &s, UINT64_MAX, true), 1);
    assert_int_equal(s.seq, BASE + 4);
    hand_put(&h, 1, BASE + 4, BASE + 20);
    assert_int_equal(tape_next(&t, &s, UINT64_MAX, false), 1);
    assert_int_equal(s.seq, BASE + 5); /* pages end at the same numbers again */
    assert_int_equal(tape_next(&t, &s, BASE + 9, false), 0);
    assert_int_equal(tape_next(&t, &s, BASE + 9, true), 1);
    assert_int_equal(s.seq, BASE + 9);
    assert_int_equal(tape_next(&t, &s, BASE + 20, false), 1);
    assert_int_equal(tape_next(&t, &s, BASE + 20, true), 1);
    assert_int_equal(s.seq, BASE + 15);
    tape_free(&t);
    hand_fini(&h);
}

static void test_packets_that_are_gone(void **state)
{
    (void)state;
    struct hand h;
    struct tape t = {0};
    size_t at = 0;

    hand_init(&h);
    struct stream s = begin(&h, STREAM_OGG, 1, BASE, 5);
    hand_put(&h, 1, BASE, BASE + 50);
    assert_int_equal(tape_all(&t, &s, BASE + 22), 0);
    assert_int_equal(s.seq, BASE + 20);
    hand_put(&h, 1, BASE + 50, BASE + 50 + HUB_PACKETS);
    assert_int_equal(tape_next(&t, &s, BASE + 60, true), -ENOENT);

    /* What could be made again no longer can. Nothing comes of trying. */
    const struct stream before = s;
    assert_int_equal(stream_seek(&s, 1000), -ENOENT);
    assert_memory_equal(&s, &before, sizeof(s));

    assert_int_equal(stream_skip(&s, BASE + 1003), 0);
    assert_int_equal(tape_all(&t, &s, BASE + 1020), 0);
    for (uint32_t i = 0; i < 6; i++)
        page_at(&t, &at);
    struct ogg_walk_page p = page_at(&t, &at);
    assert_int_equal(p.number, 6);
    assert_int_equal(p.n_packets, 2);
    assert_int_equal(p.granule, 22 * TIMELINE_PACKET); /* no hole */
    assert_int_equal(ogg_walk_le(p.body, 8), BASE + 1003);
    tape_free(&t);
    hand_fini(&h);
}

static void test_changes_rung_at_a_key_packet(void **state)
{
    (void)state;
    struct hand h;
    struct tape t = {0};

    hand_init(&h);
    struct stream s = begin(&h, STREAM_OGG, 2, BASE + 1, 10);
    hand_put(&h, 2, BASE, BASE + 200);
    assert_int_equal(stream_switch(&s, 0), 0);
    /* The other one is cold: no packet waits for it. */
    assert_int_equal(tape_all(&t, &s, BASE + 70), 0);
    assert_int_equal(s.seq, BASE + 70);
    assert_int_equal(s.rung, 2);
    hand_put(&h, 0, BASE + 90, BASE + 101);
    assert_int_equal(tape_all(&t, &s, BASE + 109), 0);
    assert_int_equal(s.seq, BASE + 100);
    assert_int_equal(s.rung, 2); /* no page of the new one yet */
    assert_int_equal(tape_next(&t, &s, BASE + 109, true), 1);
    assert_int_equal(s.rung, 0);
    assert_int_equal(s.seq, BASE + 101);

    /* The latest wish counts, also when it is to stay. */
    hand_put(&h, 0, BASE + 101, BASE + 200);
    assert_int_equal(stream_switch(&s, 2), 0);
    assert_int_equal(stream_switch(&s, 1), 0);
    assert_int_equal(stream_switch(&s, 0), 0);
    assert_int_equal(tape_all(&t, &s, BASE + 200), 0);
    assert_int_equal(s.seq, BASE + 200);
    assert_int_equal(s.rung, 0);
    assert_int_equal(s.n_turns, 3); /* begin, change, a page cut short */
    tape_free(&t);
    hand_fini(&h);
}

/* A listener who has a part of a page gets the rest of it, whatever is wished
   for; the change has to wait for the next key packet. */
static void test_a_change_within_a_page(void **state)
{
    (void)state;
    struct hand h;
    struct tape t = {0};
    size_t at = 0;

    hand_init(&h);
    hand_put_all(&h, BASE, BASE + 120);
    struct stream s = begin(&h, STREAM_OGG, 1, BASE + 40, 10);
    assert_int_equal(tape_all(&t, &s, BASE + 50), 0);
    const uint64_t key = s.offset;
    assert_int_equal(tape_all(&t, &s, BASE + 80), 0);
    assert_int_equal(stream_seek(&s, key + 1), 0);
    t.len = key + 1;
    assert_int_equal(stream_switch(&s, 0), 0);
    assert_int_equal(tape_all(&t, &s, BASE + 120), 0);
    for (uint32_t i = 0; i < 2; i++)
        page_at(&t, &at);
    for (uint64_t seq = BASE + 40; seq < BASE + 120; seq += 10) {
        struct ogg_walk_page p = page_at(&t, &at);
        assert_int_equal(ogg_walk_le(p.body, 8), seq);
        assert_int_equal(p.body[8], seq < BASE + 100 ? 1 : 0);
    }
    assert_int_equal(at, t.len);
    tape_free(&t);
    hand_fini(&h);
}

/* What is made again waits for as much as there was the first time. */
static void test_a_page_is_not_cut_short_again(void **state)
{
    (void)state;
    struct hand h;
    struct tape t = {0}, again = {0};

    hand_init(&h);
    hand_put_all(&h, BASE, BASE + 50);
    struct stream s = begin(&h, STREAM_OGG, 1, BASE, 10);
    assert_int_equal(tape_all(&t, &s, BASE + 20), 0);
    assert_int_equal(tape_next(&t, &s, BASE + 26, true), 1);
    assert_int_equal(stream_seek(&s, 500), 0);
    assert_int_equal(tape_next(&again, &s, BASE + 3, true), 0);
    while (s.seq < BASE + 20)
        assert_int_equal(tape_next(&again, &s, BASE + 20, true), 1);
    assert_int_equal(tape_next(&again, &s, BASE + 21, true), 0);
    assert_int_equal(tape_next(&again, &s, BASE + 50, true), 1);
    assert_int_equal(s.seq, BASE + 26);
    assert_int_equal(again.len, t.len - 500);
    assert_memory_equal(again.data, t.data + 500, again.len);
    tape_free(&t);
    tape_free(&again);
    hand_fini(&h);
}

/* A rung changed every second: sixteen turns are kept. */
static void test_turns_are_bounded(void **state)
{
    (void)state;
    struct hand h;
    struct tape t = {0}, again = {0};
    uint64_t turns[24] = {0};

    hand_init(&h);
    hand_put_all(&h, BASE, BASE + 24 * 50);
    struct stream s = begin(&h, STREAM_OGG, 0, BASE, 10);
    for (uint32_t i = 0; i < 24; i++) {
        turns[i] = s.offset;
        assert_int_equal(stream_switch(&s, i % HAND_LADDER), 0);
        assert_int_equal(tape_all(&t, &s, BASE + (i + 1) * 50), 0);
        assert_int_equal(s.rung, i % HAND_LADDER);
    }
    assert_int_equal(s.n_turns, STREAM_TURNS);
    assert_int_equal(s.oldest, turns[24 - STREAM_TURNS]);
    assert_int_equal(stream_seek(&s, s.oldest - 1), -ENOENT);
    assert_int_equal(stream_seek(&s, 0), -ENOENT);
    assert_int_equal(s.offset, t.len);
    const uint64_t at = s.oldest;
    assert_int_equal(stream_seek(&s, at), 0);
    assert_int_equal(tape_all(&again, &s, UINT64_MAX), 0);
    assert_int_equal(again.len, t.len - at);
    assert_memory_equal(again.data, t.data + at, again.len);
    tape_free(&again);
    tape_free(&t);
    hand_fini(&h);
}

static void test_absurd_offsets(void **state)
{
    (void)state;
    static const uint64_t absurd[] = {UINT64_MAX, UINT64_MAX - 1,
                                      (uint64_t)1 << 63, UINT32_MAX, 1u << 31};
    struct hand h;
    struct tape t = {0};

    hand_init(&h);
    hand_put_all(&h, BASE, BASE + 100);
    for (enum stream_kind kind = STREAM_OGG; kind <= STREAM_WAV; kind++) {
        struct stream s =
            begin(&h, kind, kind == STREAM_WAV ? HAND_S16 : 1, BASE + 7, 5);
        assert_int_equal(stream_seek(&s, 0), 0);
        assert_int_equal(stream_seek(&s, 1), -ERANGE);
        for (uint32_t i = 0; i < 5; i++)
            assert_int_equal(stream_seek(&s, absurd[i]), -ERANGE);
        assert_int_equal(tape_all(&t, &s, UINT64_MAX), 0);
        for (uint32_t i = 0; i < 5; i++)
            assert_int_equal(stream_seek(&s, absurd[i]), -ERANGE);
        assert_int_equal(stream_skip(&s, UINT64_MAX), 0);
        assert_int_equal(tape_next(&t, &s, UINT64_MAX, true), 0);
        assert_int_equal(stream_seek(&s, 0), 0);
        tape_free(&t);
    }
    hand_fini(&h);
}

/* A hub that was emptied and filled anew may hold other packets than those that
   were sent; where that is seen, nothing is made of it. */
static void test_other_packets_than_those_sent(void **state)
{
    (void)state;
    struct hand h;
    struct tape t = {0};
    const uint8_t small[10] = {0};

    hand_init(&h);
    hand_put(&h, 1, BASE, BASE + 50);
    struct stream s = begin(&h, STREAM_OGG, 1, BASE, 5);
    assert_int_equal(tape_all(&t, &s, BASE + 50), 0);
    hub_clear(h.mount.rungs[1].hub);
    for (uint64_t seq = BASE; seq < BASE + 50; seq++)
        assert_int_equal(
            hub_put(h.mount.rungs[1].hub, seq, small, sizeof(small)), 0);
    assert_int_equal(stream_seek(&s, 300), -ENOENT);
    tape_free(&t);
    hand_fini(&h);
}

/* The rung was given up and begun again (for want of memory, or [enc] stood
   still): its packets have other bytes, and none of them follows those sent.
   Here each is what the next one was. */
static void begin_again(struct hand *h, uint32_t rung, uint64_t from,
                        uint64_t to)
{
    uint8_t data[HAND_PACKET_MAX];

    hub_clear(h->mount.rungs[rung].hub);
    for (uint64_t seq = from; seq < to; seq++) {
        uint32_t len = hand_packet(rung, seq + 1, data);
        assert_int_equal(hub_put(h->mount.rungs[rung].hub, seq, data, len), 0);
    }
}

static uint32_t rung_of(enum stream_kind kind)
{
    return kind == STREAM_WAV ? HAND_S16 : 1;
}

static void test_a_rung_that_was_begun_again(void **state)
{
    (void)state;

    for (enum stream_kind kind = STREAM_OGG; kind <= STREAM_WAV; kind++) {
        struct hand h;
        struct tape t = {0};

        hand_init(&h);
        hand_put_all(&h, BASE, BASE + 100);
        struct stream s = begin(&h, kind, rung_of(kind), BASE, 5);
        assert_int_equal(tape_all(&t, &s, BASE + 100), 0);
        begin_again(&h, rung_of(kind), BASE, BASE + 100);
        const struct stream before = s;
        for (uint64_t back = 1; back <= t.len; back += 111)
            assert_int_equal(stream_seek(&s, t.len - back), -ENOENT);
        assert_memory_equal(&s, &before, sizeof(s));
        assert_int_equal(stream_seek(&s, t.len), 0);
        tape_free(&t);
        hand_fini(&h);
    }
}

/* It goes on with what there is, and can be gone back to as far as that. */
static void test_a_rung_begun_again_in_mid_stream(void **state)
{
    (void)state;

    for (enum stream_kind kind = STREAM_OGG; kind <= STREAM_WAV; kind++) {
        const uint32_t rung = rung_of(kind);
        struct hand h;
        struct tape t = {0}, again = {0};

        hand_init(&h);
        hand_put_all(&h, BASE, BASE + 60);
        struct stream s = begin(&h, kind, rung, BASE, 10);
        assert_int_equal(tape_all(&t, &s, BASE + 40), 0);
        const uint64_t seam = s.offset;
        begin_again(&h, rung, BASE + 20, BASE + 70);
        assert_int_equal(tape_all(&t, &s, BASE + 70), 0);
        assert_int_equal(s.seq, BASE + 70);
        assert_int_equal(s.n_turns, 2);
        for (uint64_t at = seam; at < t.len; at += 37) {
            assert_int_equal(stream_seek(&s, at), 0);
            assert_int_equal(tape_all(&again, &s, BASE + 70), 0);
            assert_int_equal(again.len, t.len - at);
            assert_memory_equal(again.data, t.data + at, again.len);
            again.len = 0;
        }
        assert_int_equal(stream_seek(&s, seam - 1), -ENOENT);
        assert_int_equal(stream_seek(&s, 0), -ENOENT);
        if (kind == STREAM_OGG) {
            size_t at = 0;
            for (uint32_t i = 0; i < 9; i++)
                assert_int_equal(page_at(&t, &at).number, i);
            assert_int_equal(at, t.len);
        }
        tape_free(&t);
        tape_free(&again);
        hand_fini(&h);
    }
}

/* It was gone back in before. Of a page that the listener has a part of, there
   is no rest; after a whole one others follow than the first time. */
static void test_a_rung_begun_again_behind_the_cursor(void **state)
{
    (void)state;

    for (uint32_t part = 0; part < 2; part++) {
        struct hand h;
        struct tape t = {0};
        size_t at = 0;

        hand_init(&h);
        hand_put(&h, 1, BASE, BASE + 100);
        struct stream s = begin(&h, STREAM_OGG, 1, BASE, 10);
        assert_int_equal(tape_all(&t, &s, BASE + 50), 0);
        const uint64_t seam = s.offset;
        assert_int_equal(tape_all(&t, &s, BASE + 100), 0);
        assert_int_equal(stream_seek(&s, seam + part), 0);
        t.len = seam;
        begin_again(&h, 1, BASE, BASE + 100);
        if (part > 0) {
            assert_int_equal(stream_seek(&s, seam + part), -ENOENT);
            assert_int_equal(tape_next(&t, &s, BASE + 100, false), -ENOENT);
            assert_int_equal(stream_skip(&s, BASE + 60), 0);
        }
        assert_int_equal(tape_all(&t, &s, BASE + 100), 0);
        for (uint32_t i = 0; i < 12 - part; i++) {
            struct ogg_walk_page p = page_at(&t, &at);
            assert_int_equal(p.number, i);
            if (i >= 7)
                assert_int_equal(ogg_walk_le(p.body, 8),
                                 BASE + 50 + (i - 7 + part) * 10 + 1);
        }
        assert_int_equal(at, t.len);
        assert_int_equal(stream_seek(&s, seam + 1 + part), 0);
        tape_free(&t);
        hand_fini(&h);
    }
}

/* Who wishes for a rung stays on it, though he had left it the first time. */
static void test_a_wish_holds_where_it_was_left_before(void **state)
{
    (void)state;
    struct hand h;
    struct tape t = {0};

    hand_init(&h);
    hand_put_all(&h, BASE, BASE + 200);
    struct stream s = begin(&h, STREAM_OGG, 1, BASE, 10);
    assert_int_equal(tape_all(&t, &s, BASE + 40), 0);
    const uint64_t at = s.offset;
    assert_int_equal(stream_switch(&s, 2), 0);
    assert_int_equal(tape_all(&t, &s, BASE + 130), 0);
    assert_int_equal(s.rung, 2);
    assert_int_equal(stream_skip(&s, BASE + 140), 0);
    assert_int_equal(tape_all(&t, &s, BASE + 200), 0);
    /* Without one, all is as it was. */
    assert_int_equal(stream_seek(&s, at), 0);
    assert_int_equal(tape_all(&t, &s, BASE + 200), 0);
    assert_int_equal(s.rung, 2);
    assert_int_equal(stream_seek(&s, at - 10), 0);
    assert_int_equal(stream_switch(&s, 1), 0);
    t.len = at - 10;
    while (s.seq < BASE + 200) {
        assert_int_equal(tape_next(&t, &s, BASE + 200, false), 1);
        assert_int_equal(s.rung, 1);
    }
    size_t read = 0;
    for (uint32_t i = 0; i < 22; i++) {
        struct ogg_walk_page p = page_at(&t, &read);
        assert_int_equal(p.number, i);
        if (i >= 2)
            assert_int_equal(ogg_walk_le(p.body, 8), BASE + (i - 2) * 10);
    }
    assert_int_equal(read, t.len);
    tape_free(&t);
    hand_fini(&h);
}

/* The packets of a piece that was sent in part are gone. Ogg: another page
   follows; whoever reads finds it by its capture pattern. */
static void test_gives_up_a_page(void **state)
{
    (void)state;
    struct hand h;
    struct tape t = {0}, rest = {0};
    size_t at = 0;

    hand_init(&h);
    hand_put(&h, 1, BASE, BASE + 50);
    struct stream s = begin(&h, STREAM_OGG, 1, BASE, 5);
    assert_int_equal(tape_all(&t, &s, BASE + 50), 0);
    const uint64_t end = s.offset;
    assert_int_equal(stream_seek(&s, end - 10), 0);
    hand_put(&h, 1, BASE + 50, BASE + 100 + HUB_PACKETS);
    assert_int_equal(tape_next(&rest, &s, UINT64_MAX, true), -ENOENT);
    assert_int_equal(stream_skip(&s, BASE + 2000), 0);
    assert_int_equal(tape_all(&rest, &s, BASE + 2010), 0);
    struct ogg_walk_page p = page_at(&rest, &at);
    assert_int_equal(p.number, 11); /* that of the one given up */
    assert_int_equal(p.granule, 50 * TIMELINE_PACKET);
    assert_int_equal(stream_seek(&s, end - 11), -ENOENT);
    assert_int_equal(stream_seek(&s, end - 10), 0);
    tape_free(&t);
    tape_free(&rest);
    hand_fini(&h);
}

/* Samples stay where they are within their frames. */
static void test_gives_up_a_packet_of_samples(void **state)
{
    (void)state;
    struct hand h;
    struct tape t = {0};
    uint8_t want[HAND_PACKET_MAX];

    hand_init(&h);
    hand_put(&h, HAND_S16, BASE, BASE + 100);
    hand_packet(HAND_S16, BASE + 50, want);
    for (uint32_t back = 1; back <= 9; back++) {
        struct stream s = begin(&h, STREAM_WAV, HAND_S16, BASE, 1);
        assert_int_equal(tape_all(&t, &s, BASE + 20), 0);
        t.len = 0;
        assert_int_equal(stream_seek(&s, s.offset - back), 0);
        assert_int_equal(stream_skip(&s, BASE + 50), 0);
        const uint64_t from = s.offset;
        assert_int_equal(tape_all(&t, &s, BASE + 51), 0);
        const uint32_t phase = (uint32_t)((from - 44) % 4);
        assert_int_equal(t.len, 3840 - phase);
        assert_memory_equal(t.data, want + phase, t.len);
        /* And again. */
        t.len = 0;
        assert_int_equal(stream_seek(&s, from - 1), -ENOENT);
        assert_int_equal(stream_seek(&s, from), 0);
        assert_int_equal(tape_all(&t, &s, BASE + 51), 0);
        assert_int_equal(t.len, 3840 - phase);
        assert_memory_equal(t.data, want + phase, t.len);
        t.len = 0;
    }
    tape_free(&t);
    hand_fini(&h);
}

/* Its headers were sent in part when what should follow them was left out. */
static void test_a_jump_within_the_headers(void **state)
{
    (void)state;
    struct hand h;

    hand_init(&h);
    hand_put_all(&h, BASE, BASE + 100);
    for (uint32_t has = 0; has < 400; has++) {
        struct stream s = begin(&h, STREAM_OGG, 1, BASE + 2, 5);
        struct tape t = {0};
        size_t at = 0;

        assert_int_equal(tape_all(&t, &s, BASE + 5), 0);
        assert_int_equal(stream_seek(&s, has), 0);
        t.len = has;
        assert_int_equal(stream_skip(&s, BASE + 30), 0);
        assert_int_equal(tape_all(&t, &s, BASE + 50), 0);
        page_at(&t, &at);
        page_at(&t, &at);
        at = has > at ? has : at; /* what it has of a page goes nowhere */
        for (uint32_t i = 0; i < 4; i++) {
            struct ogg_walk_page p = page_at(&t, &at);
            assert_int_equal(p.number, 2 + i);
            assert_int_equal(p.granule, (i + 1) * 5 * TIMELINE_PACKET);
        }
        assert_int_equal(at, t.len);
        tape_free(&t);
    }
    hand_fini(&h);
}

static void test_goes_on_for_a_lost_one(void **state)
{
    (void)state;
    struct hand h;
    struct tape t = {0};
    size_t at = 0;

    hand_init(&h);
    hand_put_all(&h, BASE, BASE + 100);
    const struct stream_opts o = {
        .kind = STREAM_OGG,
        .mount = &h.mount,
        .rung = 1,
        .seq = BASE + 10,
        .page = 10,
        .serial = SERIAL,
        .granule = 48000 * 1000ll,
        .offset = 123456789012u,
    };
    struct stream s;
    assert_int_equal(stream_init(&s, &o), 0);
    assert_int_equal(tape_all(&t, &s, BASE + 40), 0);
    assert_int_equal(page_at(&t, &at).flags, OGG_BOS);
    page_at(&t, &at);
    assert_int_equal(page_at(&t, &at).granule, 48000 * 1000 + 9600);
    assert_int_equal(s.offset, o.offset + t.len);
    assert_int_equal(stream_seek(&s, o.offset - 1), -ENOENT);
    assert_int_equal(stream_seek(&s, 0), -ENOENT);
    assert_int_equal(stream_seek(&s, o.offset), 0);
    tape_free(&t);
    hand_fini(&h);
}

/* From any byte of a lost one on, samples lie where they lay in it: there is no
   second head between them. */
static void test_goes_on_for_a_lost_wav(void **state)
{
    (void)state;
    struct hand h;
    struct tape whole = {0}, t = {0};

    hand_init(&h);
    hand_put_all(&h, BASE, BASE + 100);
    struct stream s = begin(&h, STREAM_WAV, HAND_S24, BASE, 10);
    assert_int_equal(tape_all(&whole, &s, BASE + 10), 0);
    for (uint32_t offset = 1; offset < 200; offset++) {
        struct stream_opts o = s.o;
        o.offset = offset;
        assert_int_equal(stream_init(&s, &o), 0);
        assert_int_equal(stream_seek(&s, offset), 0);
        assert_int_equal(tape_all(&t, &s, BASE + 10), 0);
        const uint32_t at = offset < 68 ? offset : 68 + (offset - 68) % 6;
        assert_int_equal(t.len, whole.len - at);
        assert_memory_equal(t.data, whole.data + at, t.len);
        assert_int_equal(stream_seek(&s, offset - 1), -ENOENT);
        t.len = 0;
        assert_int_equal(stream_seek(&s, offset), 0);
        assert_int_equal(tape_all(&t, &s, BASE + 10), 0);
        assert_int_equal(t.len, whole.len - at);
        t.len = 0;
    }
    tape_free(&whole);
    tape_free(&t);
    hand_fini(&h);
}

/* The packets' bytes of the pages on a tape, the headers' left out. */
static struct tape bodies_of(const struct tape *t)
{
    struct tape out = {0};

    for (size_t at = 0, n = 0; at < t->len; n++) {
        const struct ogg_walk_page p = page_at(t, &at);
        size_t len = 0;
        for (uint32_t i = 0; i < p.n_parts; i++)
            len += p.lens[i];
        if (n >= 2)
            tape_add(&out, p.body, len);
    }
    return out;
}

/* ?from= with the number of the packet that was missed: what follows are the
   packets that one who stayed has got, up to 50 s later. */
static void test_from_long_ago(void **state)
{
    (void)state;
    static const uint32_t ago_s[] = {1, 10, 50};

    for (uint32_t i = 0; i < 3; i++) {
        const uint64_t cut = BASE + 321, end = cut + 50 * ago_s[i];
        struct hand h;
        struct tape stayed = {0}, came = {0};
        hand_init(&h);
        hand_put(&h, 1, BASE, cut);
        struct stream s = begin(&h, STREAM_OGG, 1, BASE, 25);
        assert_int_equal(tape_all(&stayed, &s, cut), 0);
        struct tape before = bodies_of(&stayed);
        const size_t had = before.len;
        tape_free(&before);
        const uint64_t missed = s.seq;
        hand_put(&h, 1, cut, end);
        assert_int_equal(tape_all(&stayed, &s, end), 0);

        const struct query q = {
            .latency = LATENCY_SAFE, .has_from = true, .from = missed};
        struct entry_range r;
        uint64_t seq;
        hub_range(h.mount.rungs[1].hub, &r.first, &r.edge);
        assert_int_equal(entry_seq(&q, 500, &r, &seq), 0);
        assert_int_equal(seq, missed);
        struct stream t = begin(&h, STREAM_OGG, 1, seq, 25);
        assert_int_equal(tape_all(&came, &t, end), 0);
        struct tape a = bodies_of(&stayed), b = bodies_of(&came);
        assert_int_equal(b.len, a.len - had);
        assert_memory_equal(b.data, a.data + had, b.len);
        tape_free(&a);
        tape_free(&b);
        tape_free(&stayed);
        tape_free(&came);
        hand_fini(&h);
    }
}

static void test_bytes_per_second(void **state)
{
    (void)state;
    struct hand h;

    hand_init(&h);
    struct stream s = begin(&h, STREAM_OGG, 1, BASE, 10);
    const double ten = stream_bytes_per_s(&s);
    assert_true(ten > 12000 && ten < 13000);
    s = begin(&h, STREAM_OGG, 1, BASE, 1);
    assert_true(stream_bytes_per_s(&s) > ten + 45 * 27 - 1);
    s = begin(&h, STREAM_MP4, 1, BASE, 10);
    assert_true(stream_bytes_per_s(&s) > ten);
    s = begin(&h, STREAM_WAV, HAND_S16, BASE, 10);
    assert_true(stream_bytes_per_s(&s) == 192000);
    hand_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_waits_for_what_is_not_there),
        cmocka_unit_test(test_packets_that_are_gone),
        cmocka_unit_test(test_changes_rung_at_a_key_packet),
        cmocka_unit_test(test_a_change_within_a_page),
        cmocka_unit_test(test_a_page_is_not_cut_short_again),
        cmocka_unit_test(test_turns_are_bounded),
        cmocka_unit_test(test_absurd_offsets),
        cmocka_unit_test(test_other_packets_than_those_sent),
        cmocka_unit_test(test_a_rung_that_was_begun_again),
        cmocka_unit_test(test_a_rung_begun_again_in_mid_stream),
        cmocka_unit_test(test_a_rung_begun_again_behind_the_cursor),
        cmocka_unit_test(test_a_wish_holds_where_it_was_left_before),
        cmocka_unit_test(test_gives_up_a_page),
        cmocka_unit_test(test_gives_up_a_packet_of_samples),
        cmocka_unit_test(test_a_jump_within_the_headers),
        cmocka_unit_test(test_goes_on_for_a_lost_one),
        cmocka_unit_test(test_goes_on_for_a_lost_wav),
        cmocka_unit_test(test_from_long_ago),
        cmocka_unit_test(test_bytes_per_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
