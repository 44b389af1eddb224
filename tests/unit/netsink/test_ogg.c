// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/ogg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/netsink/ogg_reader.h"
#include "tests/unit/netsink/ogg_walk.h"
#include "tests/unit/test.h"

#define SERIAL   0x9234abcd
#define PRE_SKIP 3840
#define BODY_MAX (SLAB_PACKETS * RUNG_OPUS_MAX)
#define LENS     10 /* after which they come again */

/* A slab whose packets have these lengths, and bytes that look random. */
static struct slab *make_slab(const uint32_t lens[LENS], uint32_t first)
{
    struct slab *s = calloc(1, sizeof(*s) + BODY_MAX);
    uint32_t x = 1;

    assert_non_null(s);
    s->first = first;
    for (uint32_t i = first; i < SLAB_PACKETS; i++)
        s->offset[i + 1] = s->offset[i] + lens[i % LENS];
    for (uint32_t i = 0; i < s->offset[SLAB_PACKETS]; i++) {
        x = x * 1664525 + 1013904223;
        s->data[i] = (uint8_t)(x >> 24);
    }
    return s;
}

/* What a hub fills in. */
static void know_pages(struct slab *s)
{
    static const uint32_t sizes[] = {1, 5, 10, 25};

    for (uint32_t k = 0; k < 4; k++)
        for (uint32_t at = 0; at < SLAB_PACKETS; at += sizes[k])
            ogg_shared(slab_page_at(s, at, at + sizes[k]), s, at,
                       at + sizes[k]);
}

/* A page with its body, and all that must hold of it. Returns its bytes. */
static size_t page(uint8_t *buf, const struct ogg_stamp *stamp,
                   const struct slab *s, uint32_t from, uint32_t to)
{
    struct ogg_walk_page p;
    int head = ogg_page(buf, OGG_HEAD_MAX, stamp, s, from, to);
    const uint32_t body = s->offset[to] - s->offset[from];

    assert_in_range(head, 28, OGG_HEAD_MAX);
    memcpy(buf + head, s->data + s->offset[from], body);
    const char *why = ogg_walk(buf, (size_t)head + body, &p);
    if (why)
        fail_msg("[%u, %u): %s", (unsigned)from, (unsigned)to, why);
    assert_int_equal(p.size, (uint32_t)head + body);
    assert_int_equal(p.flags, 0);
    assert_int_equal(p.serial, stamp->serial);
    assert_int_equal(p.number, stamp->number);
    assert_int_equal(p.granule, stamp->granule);
    assert_int_equal(p.n_packets, to - from);
    assert_int_equal(p.n_parts, to - from);
    for (uint32_t i = from; i < to; i++)
        assert_int_equal(p.lens[i - from], s->offset[i + 1] - s->offset[i]);
    return p.size;
}

static void test_headers(void **state)
{
    (void)state;
    uint8_t buf[OGG_START_MAX];
    struct ogg_walk_page p;
    int len = ogg_start(buf, sizeof(buf), SERIAL, 2, PRE_SKIP);

    assert_in_range(len, 100, OGG_START_MAX);
    assert_null(ogg_walk(buf, (size_t)len, &p));
    assert_int_equal(p.flags, OGG_BOS);
    assert_int_equal(p.serial, SERIAL);
    assert_int_equal(p.number, 0);
    assert_int_equal(p.granule, 0);
    assert_int_equal(p.n_packets, 1);
    assert_int_equal(p.lens[0], 19);
    assert_memory_equal(p.body, "OpusHead\x01\x02\x00\x0f\x80\xbb\0\0\0\0\0",
                        19);

    const size_t first = p.size;
    assert_null(ogg_walk(buf + first, (size_t)len - first, &p));
    assert_int_equal(first + p.size, len);
    assert_int_equal(p.flags, 0);
    assert_int_equal(p.serial, SERIAL);
    assert_int_equal(p.number, 1);
    assert_int_equal(p.granule, 0);
    assert_int_equal(p.n_packets, 1);
    assert_memory_equal(p.body, "OpusTags", 8);
    uint32_t vendor = (uint32_t)ogg_walk_le(p.body + 8, 4);
    assert_memory_equal(p.body + 12, "libopus", 7);
    const uint8_t *list = p.body + 12 + vendor;
    assert_int_equal(ogg_walk_le(list, 4), 1);
    assert_int_equal(ogg_walk_le(list + 4, 4), p.lens[0] - 20 - vendor);
    assert_memory_equal(list + 8, "ENCODER=longwave ", 17);
}

/* Segments of 255 bytes need a last one that is shorter, if only of 0. */
static void test_every_length(void **state)
{
    (void)state;
    uint8_t buf[OGG_HEAD_MAX + BODY_MAX];
    const struct ogg_stamp stamp = {SERIAL, 7, 960};

    for (uint32_t len = 1; len <= RUNG_OPUS_MAX; len++) {
        const uint32_t lens[LENS] = {len, 255, len,  1,   len,
                                     510, len, 1275, len, len};
        struct slab *s = make_slab(lens, 0);
        page(buf, &stamp, s, 0, 1);
        page(buf, &stamp, s, 0, OGG_PACKETS_MAX);
        know_pages(s);
        page(buf, &stamp, s, 0, 1);
        page(buf, &stamp, s, 25, 50);
        free(s);
    }
}

/* What is put together is what is computed from all bytes. */
static void test_every_range(void **state)
{
    (void)state;
    static const uint32_t lens[LENS] = {300, 12,  255, 1276, 1,
                                        510, 254, 256, 765,  77};
    uint8_t known[OGG_HEAD_MAX + BODY_MAX], fresh[OGG_HEAD_MAX + BODY_MAX];
    struct slab *s = make_slab(lens, 0), *bare = make_slab(lens, 0);

    know_pages(s);
    for (uint32_t from = 0; from < SLAB_PACKETS; from++)
        for (uint32_t to = from + 1;
             to <= SLAB_PACKETS && to - from <= OGG_PACKETS_MAX; to++) {
            const struct ogg_stamp stamp = {
                .serial = SERIAL + from * 0x1357,
                .number = to * 0x10203,
                .granule = (int64_t)(from * 0x123456789abcull + to),
            };
            size_t len = page(known, &stamp, s, from, to);
            assert_int_equal(page(fresh, &stamp, bare, from, to), len);
            assert_memory_equal(known, fresh, len);
        }
    free(s);
    free(bare);
}

static void test_the_numbers_of_a_page(void **state)
{
    (void)state;
    static const struct ogg_stamp stamps[] = {
        {0, 0, 0},
        {UINT32_MAX, UINT32_MAX, INT64_MAX},
        {1, 0x80000000u, (int64_t)48000 * 86400 * 365},
        {0x80000000u, 1, -1},
    };
    static const uint32_t lens[LENS] = {20, 30, 40, 50, 60, 70, 80, 90, 10, 11};
    uint8_t buf[OGG_HEAD_MAX + BODY_MAX];
    struct slab *s = make_slab(lens, 0);

    know_pages(s);
    for (uint32_t i = 0; i < 4; i++)
        page(buf, &stamps[i], s, 5, 10);
    free(s);
}

static void test_refuses(void **state)
{
    (void)state;
    uint32_t lens[LENS] = {1, 1, 1, 300, 1, 1, 1, 1276, 0, 1277};
    const struct ogg_stamp stamp = {SERIAL, 2, 960};
    uint8_t buf[OGG_HEAD_MAX];
    struct slab *s = make_slab(lens, 2);

    assert_int_equal(ogg_start(buf, sizeof(buf), 1, 0, 0), -EINVAL);
    assert_int_equal(ogg_start(buf, sizeof(buf), 1, 3, 0), -EINVAL);
    assert_int_equal(ogg_start(buf, sizeof(buf), 1, 2, 65536), -EINVAL);
    assert_int_equal(ogg_page(buf, sizeof(buf), &stamp, s, 3, 3), -EINVAL);
    assert_int_equal(ogg_page(buf, sizeof(buf), &stamp, s, 4, 3), -EINVAL);
    assert_int_equal(ogg_page(buf, sizeof(buf), &stamp, s, 1, 3), -EINVAL);
    assert_int_equal(ogg_page(buf, sizeof(buf), &stamp, s, 45, 51), -EINVAL);
    assert_int_equal(ogg_page(buf, sizeof(buf), &stamp, s, 2, 45), -EINVAL);
    assert_int_equal(ogg_page(buf, sizeof(buf), &stamp, s, 7, 9), -EINVAL);
    assert_int_equal(ogg_page(buf, sizeof(buf), &stamp, s, 9, 10), -EINVAL);
    assert_int_equal(ogg_page(buf, sizeof(buf), &stamp, s, 2, 8), 39);
    free(s);
}

/* Nothing is written behind a buffer, however short. */
static void test_short_buffers(void **state)
{
    (void)state;
    static const uint32_t lens[LENS] = {300, 1275, 1, 1, 1, 1, 1, 1, 1, 1};
    const struct ogg_stamp stamp = {SERIAL, 2, 960};
    uint8_t buf[OGG_START_MAX + 16];
    struct slab *s = make_slab(lens, 0);
    const int start = ogg_start(buf, OGG_START_MAX, 1, 2, PRE_SKIP);

    for (int size = 0; size <= start; size++) {
        memset(buf, 0xee, sizeof(buf));
        assert_int_equal(ogg_start(buf, (size_t)size, 1, 2, PRE_SKIP),
                         size < start ? -ENOSPC : start);
        for (size_t i = (size_t)size; i < sizeof(buf); i++)
            assert_int_equal(buf[i], 0xee);
    }
    for (int size = 0; size <= 35; size++) {
        memset(buf, 0xee, sizeof(buf));
        assert_int_equal(ogg_page(buf, (size_t)size, &stamp, s, 0, 2),
                         size < 35 ? -ENOSPC : 35);
        for (size_t i = (size_t)size; i < sizeof(buf); i++)
            assert_int_equal(buf[i], 0xee);
    }
    free(s);
}

struct expected {
    const struct slab *slab;
    uint32_t n; /* packets seen, headers included */
};

static void on_packet(void *ctx, const uint8_t *packet, size_t len,
                      int64_t granule)
{
    struct expected *e = ctx;
    const uint32_t i = (e->n - 2) % LENS;

    if (e->n >= 2) {
        const uint32_t *at = &e->slab->offset[i];
        assert_int_equal(len, at[1] - at[0]);
        assert_memory_equal(packet, e->slab->data + at[0], len);
        if (granule >= 0)
            assert_int_equal(granule, (e->n - 1) * 960);
    }
    e->n++;
}

/* libogg finds the packets, and nothing between them. */
static void test_libogg_agrees(void **state)
{
    (void)state;
    static const uint32_t ends[] = {1, 2, 5, 10, 15, 20, 23, 30, 31, 40};
    static const uint32_t lens[LENS] = {300, 12,  255, 1276, 1,
                                        510, 254, 256, 765,  77};
    static uint8_t file[64 * 1024];
    struct slab *s = make_slab(lens, 0);
    struct expected e = {.slab = s};
    uint32_t from = 0;

    know_pages(s);
    size_t at = (size_t)ogg_start(file, sizeof(file), SERIAL, 2, PRE_SKIP);
    for (uint32_t i = 0; i < 10; i++) {
        const struct ogg_stamp stamp = {SERIAL, 2 + i, ends[i] * 960};
        uint32_t to = ends[i] % 10 ? ends[i] % 10 : 10;
        at += page(file + at, &stamp, s, from, to);
        from = to % 10;
    }
    assert_int_equal(ogg_reader(file, at, on_packet, &e), 42);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_every_range),
        cmocka_unit_test(test_the_numbers_of_a_page),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_short_buffers),
        cmocka_unit_test(test_libogg_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
