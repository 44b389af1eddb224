// SPDX-License-Identifier: GPL-3.0-or-later
/* The reader of pages against streams that libogg wrote, whole and broken. */
#include <ogg/ogg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/load/judge.h"
#include "tests/bench/load/pages.h"
#include "tests/unit/test.h"

#define SERIAL   0x1234567
#define PACKETS  60 /* of audio */
#define PER_PAGE 5
#define ROOM     (256 * 1024)
#define PAGES_IN (2 + PACKETS / PER_PAGE)

/* A stream in memory, and where its pages begin. */
struct stream {
    uint8_t bytes[ROOM];
    size_t len;
    size_t page[2 * PAGES_IN + 1]; /* [n_pages], and the end */
    uint32_t n_pages;
    ogg_stream_state ogg;
};

static void put_pages(struct stream *s, bool flush)
{
    ogg_page p;

    while (flush ? ogg_stream_flush_fill(&s->ogg, &p, 65307)
                 : ogg_stream_pageout_fill(&s->ogg, &p, 65307)) {
        s->page[s->n_pages++] = s->len;
        memcpy(s->bytes + s->len, p.header, (size_t)p.header_len);
        s->len += (size_t)p.header_len;
        memcpy(s->bytes + s->len, p.body, (size_t)p.body_len);
        s->len += (size_t)p.body_len;
        s->page[s->n_pages] = s->len;
    }
}

static void put_packet(struct stream *s, const void *data, size_t len,
                       int64_t granule)
{
    ogg_packet p = {.packet = (unsigned char *)data,
                    .bytes = (long)len,
                    .b_o_s = s->ogg.packetno == 0,
                    .granulepos = granule};
    assert_int_equal(ogg_stream_packetin(&s->ogg, &p), 0);
    s->ogg.packetno++;
}

/* Packet i of audio: 20 ms, of lengths around what a segment holds. */
static size_t make_packet(uint32_t i, uint8_t out[1275])
{
    static const size_t lens[] = {3, 254, 255, 256, 510, 1275, 1};
    size_t len = lens[i % 7];

    for (size_t k = 0; k < len; k++)
        out[k] = (uint8_t)(i * 31 + k * 7);
    out[0] = 0xfc;
    return len;
}

static void begin_stream(struct stream *s, int serial)
{
    ogg_stream_init(&s->ogg, serial);
    s->ogg.packetno = 0;
    put_packet(s, "OpusHead\1\2\0\0\x80\xbb\0\0\0\0\0", 19, 0);
    put_pages(s, true);
    put_packet(s, "OpusTags\0\0\0\0\0\0\0\0", 16, 0);
    put_pages(s, true);
}

/* The rest of it; from packet hole_at on positions are hole samples later. */
static void put_audio(struct stream *s, uint32_t hole_at, int64_t hole)
{
    uint8_t data[1275];

    for (uint32_t i = 0; i < PACKETS; i++) {
        size_t len = make_packet(i, data);
        put_packet(s, data, len, (i + 1) * 960 + (i >= hole_at ? hole : 0));
        if (i % PER_PAGE == PER_PAGE - 1)
            put_pages(s, true);
    }
    ogg_stream_clear(&s->ogg);
}

static struct stream *good(void)
{
    struct stream *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    begin_stream(s, SERIAL);
    put_audio(s, PACKETS, 0);
    assert_int_equal(s->n_pages, PAGES_IN);
    return s;
}

/* What reading found. */
struct found {
    struct pages pages;
    struct judge judge;
};

static const struct judge_rules rules = {0, INT64_MAX, JUDGE_JOIN};

static void on_page(void *ctx, const struct pages_page *page)
{
    struct found *f = ctx;
    judge_page(&f->judge, &rules, page, 1);
}

/* In pieces of so many bytes. */
static struct found read_by(const struct stream *s, size_t piece)
{
    struct pages_opts o = {.crc_every = 1, .on_page = on_page};
    struct found f = {0};

    crc_init(&o.crc);
    for (size_t at = 0; at < s->len; at += piece) {
        size_t left = s->len - at, n = left < piece ? left : piece;
        uint8_t *copy = malloc(n); /* to the byte, for the sanitizer */
        memcpy(copy, s->bytes + at, n);
        pages_feed(&f.pages, &o, copy, n, &f);
        free(copy);
    }
    return f;
}

/* However it is cut, the same is found. */
static struct found read_all(const struct stream *s)
{
    static const size_t pieces[] = {1, 2, 3, 7, 26, 27, 28, 255, 256, 1448};
    struct found f = read_by(s, s->len);

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct found g = read_by(s, pieces[i]);
        g.pages = f.pages; /* what is kept of a page that was cut differs */
        assert_memory_equal(&g, &f, sizeof(f));
    }
    return f;
}

static void nothing_wrong(const struct found *f)
{
    assert_int_equal(f->pages.n_lost, 0);
    assert_int_equal(f->judge.bad_sums, 0);
    assert_int_equal(f->judge.bad_order, 0);
    assert_int_equal(f->judge.new_serials, 0);
    assert_int_equal(f->judge.holes, 0);
    assert_int_equal(f->judge.overlaps, 0);
}

static void test_good(void **state)
{
    struct stream *s = good();
    struct found f = read_all(s);
    (void)state;

    nothing_wrong(&f);
    assert_int_equal(f.judge.pages, PAGES_IN);
    assert_int_equal(f.judge.sums, PAGES_IN);
    assert_int_equal(f.judge.packets, PACKETS);
    assert_int_equal(f.judge.samples, PACKETS * 960);
    assert_int_equal(f.judge.granule, PACKETS * 960);
    assert_int_equal(f.judge.bytes, s->len);
    free(s);
}

/* One bit, in the header, in the table's end and in the body. */
static void test_wrong_sum(void **state)
{
    static const size_t at[] = {7, 22, 40, 200};
    (void)state;

    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        struct stream *s = good();
        s->bytes[s->page[5] + at[i]] ^= 4;
        struct found f = read_by(s, 100);
        assert_int_equal(f.judge.bad_sums, 1);
        free(s);
    }
}

/* Every third page's is looked at: not every broken one is found, and no whole
   one is said to be broken. */
static void test_sampled_sums(void **state)
{
    struct stream *s = good();
    struct pages_opts o = {.crc_every = 3, .on_page = on_page};
    struct found f = {0};
    (void)state;

    crc_init(&o.crc);
    s->bytes[s->page[4] + 100] ^= 1;
    s->bytes[s->page[6] + 100] ^= 1;
    pages_feed(&f.pages, &o, s->bytes, s->len, &f);
    assert_int_equal(f.judge.sums, (PAGES_IN + 2) / 3);
    assert_int_equal(f.judge.bad_sums, 1);
    free(s);
}

/* The checksum of a page whose header was changed on purpose. */
static void sum_again(struct stream *s, uint32_t k)
{
    ogg_page p = {.header = s->bytes + s->page[k],
                  .header_len = 27 + s->bytes[s->page[k] + 26]};
    p.body = p.header + p.header_len;
    p.body_len = (long)(s->page[k + 1] - s->page[k]) - p.header_len;
    ogg_page_checksum_set(&p);
}

static void test_wrong_number(void **state)
{
    struct stream *s = good();
    (void)state;

    s->bytes[s->page[6] + 18] ^= 1;
    sum_again(s, 6);
    struct found f = read_all(s);
    assert_int_equal(f.judge.bad_sums, 0);
    assert_int_equal(f.judge.bad_order, 2); /* there and back */
    free(s);
}

static void test_missing_page(void **state)
{
    struct stream *s = good();
    size_t len = s->page[7] - s->page[6];
    (void)state;

    memmove(s->bytes + s->page[6], s->bytes + s->page[7], s->len - s->page[7]);
    s->len -= len;
    struct found f = read_all(s);
    assert_int_equal(f.pages.n_lost, 0);
    assert_int_equal(f.judge.bad_order, 1);
    assert_int_equal(f.judge.holes, 1);
    assert_int_equal(f.judge.hole, PER_PAGE * 960);
    free(s);
}

/* What a server that skips forward sends: in order, but not all. */
static void test_hole(void **state)
{
    struct stream *s = calloc(1, sizeof(*s));
    (void)state;

    begin_stream(s, SERIAL);
    put_audio(s, 20, 4800);
    struct found f = read_all(s);
    assert_int_equal(f.judge.bad_order, 0);
    assert_int_equal(f.judge.holes, 1);
    assert_int_equal(f.judge.hole, 4800);
    assert_int_equal(f.judge.overlaps, 0);
    free(s);
}

static void test_overlap(void **state)
{
    struct stream *s = calloc(1, sizeof(*s));
    (void)state;

    begin_stream(s, SERIAL);
    put_audio(s, 20, -960);
    struct found f = read_all(s);
    assert_int_equal(f.judge.holes, 0);
    assert_int_equal(f.judge.overlaps, 1);
    free(s);
}

/* A chain: its headers are none of its audio, its clock is another. */
static void test_new_serial(void **state)
{
    struct stream *s = good();
    (void)state;

    begin_stream(s, SERIAL + 1);
    put_audio(s, PACKETS, 0);
    struct found f = read_all(s);
    assert_int_equal(f.judge.new_serials, 1);
    assert_int_equal(f.judge.bad_order, 0);
    assert_int_equal(f.judge.holes + f.judge.overlaps, 0);
    assert_int_equal(f.judge.packets, 2 * PACKETS);
    free(s);
}

/* Cut in the middle: what there was is judged, nothing is made up. */
static void test_truncated(void **state)
{
    struct stream *s = good();
    (void)state;

    s->len = s->page[8] + 300;
    struct found f = read_all(s);
    nothing_wrong(&f);
    assert_int_equal(f.judge.pages, 8);
    free(s);
}

/* A byte too many or too few is found once, and the next page is, too. */
static void test_lost_sync(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        struct stream *s = good();
        uint8_t *p = s->bytes + s->page[5] + 150;
        size_t left = s->len - s->page[5] - 150;
        if (more)
            memmove(p + 1, p, left);
        else
            memmove(p, p + 1, left - 1);
        s->len += more ? 1 : -1UL;
        struct found f = read_all(s);
        assert_int_equal(f.pages.n_lost, 1);
        assert_int_equal(f.judge.bad_sums, 1);
        /* short of a byte the next page's beginning is lost with it */
        assert_int_equal(f.judge.pages, PAGES_IN - !more);
        free(s);
    }
}

static void test_garbage(void **state)
{
    struct stream *s = calloc(1, sizeof(*s));
    uint32_t noise = 1;
    (void)state;

    for (s->len = 0; s->len < 5000; s->len++) {
        noise = noise * 1664525 + 1013904223;
        s->bytes[s->len] = (uint8_t)(noise >> 24);
    }
    begin_stream(s, SERIAL);
    put_audio(s, PACKETS, 0);
    struct found f = read_all(s);
    assert_int_equal(f.pages.n_lost, 1);
    assert_int_equal(f.judge.packets, PACKETS);
    free(s);
}

/* A packet that ends on a later page is counted there, once and whole. */
static void test_packet_across_pages(void **state)
{
    struct stream *s = calloc(1, sizeof(*s));
    uint8_t *data = calloc(1, 70000);
    (void)state;

    data[0] = 0xfc;
    begin_stream(s, SERIAL);
    put_packet(s, data, 70000, 960);
    put_packet(s, data, 100, 1920);
    put_pages(s, true);
    ogg_stream_clear(&s->ogg);
    struct found f = read_all(s);
    assert_int_equal(s->n_pages, 4);
    assert_int_equal(f.judge.packets, 2);
    assert_int_equal(f.judge.samples, 1920);
    assert_int_equal(f.judge.bad_sums, 0);
    free(data);
    free(s);
}

static void test_durations(void **state)
{
    (void)state;
    assert_int_equal(pages_duration(0xfc, 0), 960);        /* CELT 20 ms */
    assert_int_equal(pages_duration(0xe0, 0), 120);        /* CELT 2.5 ms */
    assert_int_equal(pages_duration(0xf5, 0), 2 * 480);    /* two of 10 ms */
    assert_int_equal(pages_duration(0x18, 0), 2880);       /* SILK 60 ms */
    assert_int_equal(pages_duration(0x68, 0), 960);        /* hybrid 20 ms */
    assert_int_equal(pages_duration(0xff, 0x83), 3 * 960); /* three of 20 */
}

/* The checksum of two parts from those of each. */
static void test_sum_of_parts(void **state)
{
    static struct crc_shift shift;
    struct crc c;
    uint8_t data[777];
    (void)state;

    crc_init(&c);
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * i);
    crc_shift_init(&shift, &c, sizeof(data) - 27);
    uint32_t head = crc_add(&c, 0, data, 27);
    uint32_t rest = crc_add(&c, 0, data + 27, sizeof(data) - 27);
    assert_int_equal(crc_shift(&shift, head) ^ rest,
                     crc_add(&c, 0, data, sizeof(data)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_wrong_sum),
        cmocka_unit_test(test_sampled_sums),
        cmocka_unit_test(test_wrong_number),
        cmocka_unit_test(test_missing_page),
        cmocka_unit_test(test_hole),
        cmocka_unit_test(test_overlap),
        cmocka_unit_test(test_new_serial),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_lost_sync),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_packet_across_pages),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_sum_of_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
