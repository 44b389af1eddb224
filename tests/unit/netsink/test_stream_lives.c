// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/stream.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/mp4.h"
#include "netsink/timeline.h"
#include "tests/unit/netsink/hand_mount.h"
#include "tests/unit/netsink/mp4_walk.h"
#include "tests/unit/netsink/ogg_walk.h"
#include "tests/unit/netsink/tape.h"
#include "tests/unit/test.h"

#define SERIAL 0x5eed1234u
#define BASE   777003u /* the first packet in the hubs */

static uint32_t draw(uint32_t *x, uint32_t below)
{
    *x = *x * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)*x * below >> 32);
}

static struct stream_opts opts(const struct hand *h, enum stream_kind kind,
                               uint64_t seq, uint32_t page)
{
    return (struct stream_opts){
        .kind = kind,
        .mount = &h->mount,
        .rung = kind == STREAM_WAV ? HAND_S16 : 1,
        .seq = seq,
        .page = page,
        .serial = SERIAL,
    };
}

/* What is known of the packets on a tape: where they may not follow. */
struct row {
    uint64_t skips[64]; /* packets that something was left out before */
    uint32_t n_skips;
    uint32_t cuts; /* pages that may end anywhere */
    /* So far. */
    uint64_t next;
    uint32_t rung;
    uint64_t packets;
};

static bool skipped_to(const struct row *r, uint64_t seq)
{
    for (uint32_t i = 0; i < r->n_skips; i++)
        if (r->skips[i] == seq)
            return true;
    return false;
}

/* A packet is whole, and where it may be. */
static void see_packet(struct row *r, const uint8_t *data, uint32_t len)
{
    uint8_t want[HAND_PACKET_MAX];
    const uint64_t seq = ogg_walk_le(data, 8);
    const uint32_t rung = data[8];

    if (rung >= HAND_RUNGS)
        fail_msg("no packet of ours");
    assert_int_equal(len, hand_packet(rung, seq, want));
    assert_memory_equal(data, want, len);
    if (seq != r->next && !(seq > r->next && skipped_to(r, seq)))
        fail_msg("packet %llu instead of %llu", (unsigned long long)seq,
                 (unsigned long long)r->next);
    if (rung != r->rung)
        assert_int_equal(seq % RUNG_KEY, 0);
    r->next = seq + 1;
    r->rung = rung;
    r->packets++;
}

/* A page of n packets, the last of which was seen. */
static void see_page(struct row *r, uint32_t page, uint32_t n)
{
    const uint64_t last = r->next - 1, first = r->next - n;

    assert_int_equal(first / page, last / page);
    if (r->next % page != 0) {
        assert_true(r->cuts > 0);
        r->cuts--;
    }
}

static void check_ogg(const struct tape *t, const struct stream_opts *o,
                      struct row *r)
{
    uint32_t number = 0;

    for (size_t at = 0; at < t->len; number++) {
        struct ogg_walk_page p;
        const char *why = ogg_walk(t->data + at, t->len - at, &p);
        if (why)
            fail_msg("page %u: %s", (unsigned)number, why);
        at += p.size;
        assert_int_equal(p.serial, o->serial);
        assert_int_equal(p.number, number);
        assert_int_equal(p.flags, number == 0 ? OGG_BOS : 0);
        assert_int_equal(p.n_parts, p.n_packets);
        if (number < 2) {
            assert_memory_equal(p.body, number ? "OpusTags" : "OpusHead", 8);
            continue;
        }
        for (uint32_t i = 0; i < p.n_packets; i++) {
            see_packet(r, p.body, p.lens[i]);
            p.body += p.lens[i];
        }
        see_page(r, o->page, p.n_packets);
        assert_int_equal(p.granule,
                         o->granule + (int64_t)r->packets * TIMELINE_PACKET);
    }
}

static void check_mp4(const struct tape *t, const struct stream_opts *o,
                      struct row *r)
{
    char why[64];
    const char *bad = mp4_walk(t->data, t->len, why);

    if (bad)
        fail_msg("%s", bad);
    for (size_t at = MP4_INIT_SIZE; at < t->len;) {
        size_t moof = (size_t)mp4_walk_be(t->data + at, 4);
        struct mp4_walk_box run =
            mp4_walk_find(t->data + at, moof, "moof/traf/trun");
        struct mp4_walk_box time =
            mp4_walk_find(t->data + at, moof, "moof/traf/tfdt");
        const uint32_t n = (uint32_t)mp4_walk_be(run.data + 4, 4);
        at += moof + 8;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t len = (uint32_t)mp4_walk_be(run.data + 12 + 4 * i, 4);
            see_packet(r, t->data + at, len);
            at += len;
        }
        see_page(r, o->page, n);
        assert_int_equal(mp4_walk_be(time.data + 4, 8),
                         (r->next - n) * TIMELINE_PACKET);
    }
}

static void check_wav(const struct tape *t, const struct stream_opts *o,
                      struct row *r)
{
    const uint32_t len = hand_len(o->rung, 0);

    assert_memory_equal(t->data, "RIFF", 4);
    assert_int_equal((t->len - 44) % len, 0);
    for (size_t at = 44; at < t->len; at += len)
        see_packet(r, t->data + at, len);
}

static void check(const struct tape *t, const struct stream_opts *o,
                  struct row *r)
{
    r->next = o->seq;
    r->rung = o->rung;
    if (o->kind == STREAM_OGG)
        check_ogg(t, o, r);
    else if (o->kind == STREAM_MP4)
        check_mp4(t, o, r);
    else
        check_wav(t, o, r);
}

/* A listener's life: n steps of a few packets each, with changes of rung, jumps
   and pages cut short. Returns how far the hubs are. */
static uint64_t live(struct hand *h, struct stream *s, struct tape *t,
                     struct row *r, uint32_t *x, uint32_t n)
{
    uint64_t there = BASE;

    hand_put_all(h, there, there + 80);
    there += 80;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t more = draw(x, 15), back = draw(x, 4);
        const bool now = draw(x, 12) == 0;

        hand_put_all(h, there, there + more);
        there += more;
        while (tape_next(t, s, there - back, now) == 1)
            r->cuts += now && s->seq % s->o.page != 0;
        if (draw(x, 10) == 0 && s->o.kind != STREAM_WAV)
            assert_int_equal(stream_switch(s, draw(x, HAND_LADDER)), 0);
        if (draw(x, 40) == 0 && r->n_skips < 64) {
            uint64_t to = s->seq + 1 + draw(x, 60);
            r->cuts += s->seq % s->o.page != 0;
            assert_int_equal(stream_skip(s, to), 0);
            r->skips[r->n_skips++] = to;
        }
    }
    return there;
}

/* From byte at on, all is as it was. */
static void same_again(struct stream *s, const struct tape *t, size_t at,
                       uint64_t limit, uint32_t pieces, uint32_t *x)
{
    struct tape again = {0};
    int got = stream_seek(s, at);

    if (at < s->oldest) {
        assert_int_equal(got, -ENOENT);
        return;
    }
    assert_int_equal(got, 0);
    assert_int_equal(s->offset, at);
    while (pieces-- > 0 && at + again.len < t->len)
        assert_int_equal(tape_next(&again, s, limit, draw(x, 4) == 0), 1);
    assert_true(again.len <= t->len - at);
    if (again.len)
        assert_memory_equal(again.data, t->data + at, again.len);
    tape_free(&again);
}

/* Both go on with the same bytes. */
static void go_on_alike(struct hand *h, struct stream *a, struct stream *b,
                        uint64_t there)
{
    struct tape ta = {0}, tb = {0};

    hand_put_all(h, there, there + 130);
    a->want = a->rung;
    assert_int_equal(tape_all(&ta, a, there + 130), 0);
    assert_int_equal(tape_all(&tb, b, there + 130), 0);
    assert_true(ta.len > 0);
    assert_int_equal(ta.len, tb.len);
    assert_memory_equal(ta.data, tb.data, ta.len);
    tape_free(&ta);
    tape_free(&tb);
}

/* One life, checked; then again from `seeks` of its bytes (0: from each). */
static void a_life(enum stream_kind kind, uint32_t page, uint32_t seed,
                   uint32_t steps, uint32_t seeks)
{
    struct hand h;
    struct stream s, back;
    struct tape t = {0};
    struct row r = {0};
    uint32_t x = seed;

    hand_init(&h);
    struct stream_opts o = opts(&h, kind, BASE + draw(&x, 60), page);
    assert_int_equal(stream_init(&s, &o), 0);
    const uint64_t there = live(&h, &s, &t, &r, &x, steps);
    assert_int_equal(s.offset, t.len);
    check(&t, &o, &r);
    assert_int_equal(r.packets, s.packets);

    back = s;
    for (size_t at = 0; !seeks && at <= t.len; at++)
        same_again(&back, &t, at, there, 2, &x);
    for (uint32_t i = 0; i < seeks; i++) {
        size_t at = draw(&x, (uint32_t)t.len + 1);
        same_again(&back, &t, at, there, i % 16 ? 3 : UINT32_MAX, &x);
    }
    assert_int_equal(stream_seek(&back, t.len + 1), -ERANGE);
    same_again(&back, &t, t.len - draw(&x, (uint32_t)(t.len - s.oldest)), there,
               UINT32_MAX, &x);
    go_on_alike(&h, &s, &back, there);
    tape_free(&t);
    hand_fini(&h);
}

/* Back to somewhere, and on from there by other ways: still one good stream.
   A jump from within a page would leave a part of it on the tape. */
static void another_life(enum stream_kind kind, uint32_t page, uint32_t seed)
{
    struct hand h;
    struct stream s;
    struct tape t = {0};
    struct row r = {0};
    uint32_t x = seed;

    hand_init(&h);
    struct stream_opts o = opts(&h, kind, BASE + draw(&x, 60), page);
    assert_int_equal(stream_init(&s, &o), 0);
    uint64_t there = live(&h, &s, &t, &r, &x, 30);
    for (uint32_t i = 0; i < 6; i++) {
        uint64_t at = s.oldest + draw(&x, (uint32_t)(t.len - s.oldest));
        assert_int_equal(stream_seek(&s, at), 0);
        t.len = at;
        if (s.cut > 0)
            assert_int_equal(tape_next(&t, &s, there, false), 1);
        hand_put_all(&h, there, there + 20);
        there += 20;
        if (draw(&x, 2) && kind != STREAM_WAV)
            assert_int_equal(stream_switch(&s, draw(&x, HAND_LADDER)), 0);
        if (draw(&x, 2)) {
            r.skips[r.n_skips] = s.seq + draw(&x, 20);
            assert_int_equal(stream_skip(&s, r.skips[r.n_skips++]), 0);
        }
        r.cuts += 2; /* where the jump was, and one that is made again */
        assert_int_equal(tape_all(&t, &s, there), 0);
    }
    check(&t, &o, &r);
    assert_int_equal(s.offset, t.len);
    assert_int_equal(r.packets, s.packets);
    tape_free(&t);
    hand_fini(&h);
}

static void test_other_lives(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 30; seed++) {
        another_life(STREAM_OGG, 1, seed);
        another_life(STREAM_OGG, 5, seed);
        another_life(STREAM_OGG, 10, seed);
        another_life(STREAM_MP4, 5, seed);
        another_life(STREAM_WAV, 10, seed);
    }
}

static void test_ogg_lives(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 12; seed++) {
        a_life(STREAM_OGG, 1, seed, 100, 100);
        a_life(STREAM_OGG, 5, seed, 100, 100);
        a_life(STREAM_OGG, 10, seed, 100, 100);
    }
}

static void test_mp4_lives(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 5; seed++) {
        a_life(STREAM_MP4, 1, seed, 100, 100);
        a_life(STREAM_MP4, 5, seed, 100, 100);
        a_life(STREAM_MP4, 10, seed, 100, 100);
        a_life(STREAM_MP4, 25, seed, 100, 100);
    }
}

static void test_wav_lives(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 4; seed++) {
        a_life(STREAM_WAV, 1, seed, 40, 60);
        a_life(STREAM_WAV, 10, seed, 40, 60);
    }
}

/* No byte is too odd to go back to. */
static void test_every_byte(void **state)
{
    (void)state;
    a_life(STREAM_OGG, 1, 1001, 8, 0);
    a_life(STREAM_OGG, 5, 1002, 8, 0);
    a_life(STREAM_OGG, 10, 1003, 8, 0);
    a_life(STREAM_OGG, 25, 1005, 8, 0);
    a_life(STREAM_MP4, 5, 1004, 8, 0);
}

#define MANY (BASE + HUB_PACKETS + 500)

static void *encode_many(void *arg)
{
    for (uint64_t seq = BASE; seq < MANY; seq++)
        hand_put_all(arg, seq, seq + 1);
    return NULL;
}

struct reader {
    const struct hand *h;
    enum stream_kind kind;
    uint32_t page;
};

/* Reads to the end, going back and over to other rungs on the way. */
static void *read_many(void *arg)
{
    const struct reader *r = arg;
    struct stream_opts o = opts(r->h, r->kind, BASE + r->page, r->page);
    struct stream s;
    struct tape t = {0};
    uint32_t x = r->page;

    assert_int_equal(stream_init(&s, &o), 0);
    while (s.seq < MANY - 10) {
        int got = tape_next(&t, &s, MANY, draw(&x, 50) == 0);
        if (got == 0)
            sched_yield();
        if (got == -ENOENT)
            assert_int_equal(stream_skip(&s, s.seq + HUB_PACKETS / 2), 0);
        if (draw(&x, 50) == 0)
            assert_int_equal(stream_switch(&s, draw(&x, HAND_LADDER)), 0);
        if (draw(&x, 50) == 0)
            stream_seek(&s, s.offset - draw(&x, 3000));
    }
    tape_free(&t);
    return NULL;
}

static void test_listeners_beside_an_encoder(void **state)
{
    (void)state;
    struct hand h;
    struct reader readers[] = {
        {&h, STREAM_OGG, 1}, {&h, STREAM_OGG, 5}, {&h, STREAM_MP4, 10}};
    pthread_t encoder, threads[3];

    hand_init(&h);
    assert_int_equal(pthread_create(&encoder, NULL, encode_many, &h), 0);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, read_many, &readers[i]), 0);
    pthread_join(encoder, NULL);
    for (uint32_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    hand_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ogg_lives),
        cmocka_unit_test(test_mp4_lives),
        cmocka_unit_test(test_wav_lives),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_other_lives),
        cmocka_unit_test(test_listeners_beside_an_encoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
