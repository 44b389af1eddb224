// SPDX-License-Identifier: GPL-3.0-or-later
/* A stream made by libogg and libopus, given in pieces at known times: pages
   have the time of their last byte, and the samples that were in them. */
#include <ogg/ogg.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/load/take.h"
#include "tests/unit/test.h"

#define PACKETS 100
#define PER     5 /* packets a page */
#define PACKET  960
#define BYTES   1276
#define ROOM    (256 * 1024)

struct stream {
    uint8_t bytes[ROOM];
    size_t len;
    size_t end[PACKETS / PER]; /* of each page of audio */
    size_t n;
};

static void put_page(struct stream *s, ogg_page *page)
{
    assert_true(s->len + (size_t)page->header_len + (size_t)page->body_len <
                ROOM);
    memcpy(s->bytes + s->len, page->header, (size_t)page->header_len);
    s->len += (size_t)page->header_len;
    memcpy(s->bytes + s->len, page->body, (size_t)page->body_len);
    s->len += (size_t)page->body_len;
}

static void put_packet(struct stream *s, ogg_stream_state *o, const char *p,
                       int64_t number)
{
    ogg_packet packet = {.packet = (uint8_t *)p,
                         .bytes = (long)strlen(p),
                         .b_o_s = number == 0,
                         .packetno = number};
    ogg_page page;

    ogg_stream_packetin(o, &packet);
    while (ogg_stream_flush(o, &page))
        put_page(s, &page);
}

static struct stream *make(void)
{
    struct stream *s = calloc(1, sizeof(*s));
    int err;
    OpusEncoder *e = opus_encoder_create(
        MARKS_RATE, 2, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &err);
    ogg_stream_state o;
    ogg_page page;

    assert_true(s && e && ogg_stream_init(&o, 7) == 0);
    put_packet(s, &o, "OpusHead", 0);
    put_packet(s, &o, "OpusTags", 1);
    for (int k = 0; k < PACKETS; k++) {
        float x[2 * PACKET];
        uint8_t data[BYTES];
        for (int i = 0; i < PACKET; i++)
            x[2 * i] = x[2 * i + 1] =
                marks_sample((uint64_t)k * PACKET + (uint64_t)i);
        int n = opus_encode_float(e, x, PACKET, data, BYTES);
        ogg_packet packet = {.packet = data,
                             .bytes = n,
                             .granulepos = (k + 1) * PACKET,
                             .packetno = k + 2};
        assert_true(n > 0 && ogg_stream_packetin(&o, &packet) == 0);
        if (k % PER == PER - 1) {
            assert_true(ogg_stream_flush(&o, &page));
            put_page(s, &page);
            s->end[s->n++] = s->len;
        }
    }
    ogg_stream_clear(&o);
    opus_encoder_destroy(e);
    return s;
}

/* Time is how many bytes there were. */
static struct take *take(const struct stream *s, size_t piece)
{
    struct take *t;

    assert_int_equal(take_new(&t), 0);
    for (size_t at = 0; at < s->len; at += piece) {
        size_t n = s->len - at < piece ? s->len - at : piece;
        assert_int_equal(take_feed(t, s->bytes + at, n, (int64_t)(at + n)), 0);
    }
    return t;
}

static void stamps_pages(void **state)
{
    static const size_t pieces[] = {1, 700, 5000, ROOM};
    struct stream *s = make();

    (void)state;
    for (size_t p = 0; p < sizeof(pieces) / sizeof(*pieces); p++) {
        struct take *t = take(s, pieces[p]);
        struct take_sound sound;
        assert_int_equal(take_decode(t, &sound), 0);
        assert_int_equal(sound.n_pages, s->n);
        assert_int_equal(sound.n, PACKETS * PACKET);
        for (size_t i = 0; i < s->n; i++) {
            assert_int_equal(sound.pages[i].first, i * PER * PACKET);
            assert_int_equal(sound.pages[i].samples, PER * PACKET);
            assert_in_range(sound.pages[i].at, s->end[i],
                            s->end[i] + pieces[p] - 1);
        }
        take_sound_fini(&sound);
        take_free(&t);
    }
    free(s);
}

/* What is decoded is what was encoded: its marks are there. */
static void decodes(void **state)
{
    struct stream *s = make();
    struct take *t = take(s, 1000);
    struct take_sound sound;
    struct mark m[8];

    (void)state;
    assert_int_equal(take_decode(t, &sound), 0);
    assert_int_equal(marks_find(sound.x, sound.n, m, 8),
                     PACKETS * PACKET / MARKS_PERIOD);
    for (int k = 0; k < PACKETS * PACKET / MARKS_PERIOD; k++)
        assert_in_range(m[k].frame, (k + 1) * MARKS_PERIOD,
                        (k + 1) * MARKS_PERIOD + 400);
    take_sound_fini(&sound);
    take_free(&t);
    free(s);
}

static void nothing_of_nothing(void **state)
{
    static const uint8_t noise[2000] = {'O', 'g', 'g', 'X', 1, 2, 3};
    struct take *t;
    struct take_sound sound;

    (void)state;
    assert_int_equal(take_new(&t), 0);
    assert_int_equal(take_feed(t, noise, sizeof(noise), 1), 0);
    assert_int_equal(take_decode(t, &sound), 0);
    assert_int_equal(sound.n + sound.n_pages, 0);
    take_sound_fini(&sound);
    take_free(&t);
    take_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamps_pages),
        cmocka_unit_test(decodes),
        cmocka_unit_test(nothing_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
