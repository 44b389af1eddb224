// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/entry.h"

#include <errno.h>

#include "tests/unit/test.h"

static void test_the_lead_is_the_class(void **state)
{
    (void)state;
    struct query q = {.kind = STREAM_OGG, .latency = LATENCY_LOW};

    assert_int_equal(entry_lead(&q, 12000, false), 50);
    q.latency = LATENCY_SAFE;
    assert_int_equal(entry_lead(&q, 12000, false), 500);
}

/* In bytes: the slower the rung, the longer. */
static void test_an_audio_element_has_its_blocks(void **state)
{
    (void)state;
    struct query q = {.kind = STREAM_OGG, .latency = LATENCY_LOW};

    assert_int_equal(entry_lead(&q, 12000, true), 205);
    assert_int_equal(entry_lead(&q, 4000, true), 615);
    q.latency = LATENCY_SAFE;
    assert_int_equal(entry_lead(&q, 12000, true), 500);
    assert_int_equal(entry_lead(&q, 4000, true), 615);
    q.kind = STREAM_MP4;
    assert_int_equal(entry_lead(&q, 4000, true), 500);
}

static uint64_t seq(const struct query *q, uint64_t first, uint64_t edge)
{
    const struct entry_range r = {first, edge};
    uint64_t s = 0;

    assert_int_equal(entry_seq(q, 100, &r, &s), 0);
    return s;
}

static void test_where_it_begins(void **state)
{
    (void)state;
    struct query q = {0};

    assert_int_equal(seq(&q, 0, 1000), 900);
    assert_int_equal(seq(&q, 950, 1000), 950);
    assert_int_equal(seq(&q, 0, 40), 0);
    assert_int_equal(seq(&q, 0, 0), 0);
    q.has_from = true;
    q.from = 500;
    assert_int_equal(seq(&q, 0, 1000), 500);
    assert_int_equal(seq(&q, 600, 1000), 600);
    q.from = 1000;
    assert_int_equal(seq(&q, 600, 1000), 1000);
    q.from = 1000 + ENTRY_AHEAD_MAX;
    assert_int_equal(seq(&q, 600, 1000), 1000);
    q.from++;
    uint64_t s = 7;
    const struct entry_range r = {600, 1000};
    assert_int_equal(entry_seq(&q, 100, &r, &s), -ERANGE);
    assert_int_equal(s, 7);
}

static void test_with_a_long_lead_at_a_key_packet(void **state)
{
    (void)state;
    struct query q = {.latency = LATENCY_SAFE};
    struct entry_range r = {0, 1074};
    uint64_t s;

    /* The last half second is no page yet. */
    assert_int_equal(entry_seq(&q, 500, &r, &s), 0);
    assert_int_equal(s, 500);
    r.edge = 1075;
    assert_int_equal(entry_seq(&q, 500, &r, &s), 0);
    assert_int_equal(s, 550);
    /* What is wished for, and what there is, as it is. */
    q = (struct query){.has_from = true, .from = 777};
    assert_int_equal(entry_seq(&q, 500, &r, &s), 0);
    assert_int_equal(s, 777);
    r.first = 801;
    assert_int_equal(entry_seq(&q, 500, &r, &s), 0);
    assert_int_equal(s, 801);
}

static void test_granules_go_on(void **state)
{
    (void)state;
    const struct entry_point origin = {INT64_C(1790000000000), 500};
    int64_t g = -1;

    /* The same timeline. */
    assert_int_equal(
        entry_granule(&origin, &(struct entry_point){origin.epoch, 750}, &g),
        0);
    assert_int_equal(g, 250 * 960);
    /* Another sink's, begun a minute later, to the ms. */
    assert_int_equal(
        entry_granule(&origin, &(struct entry_point){origin.epoch + 60001, 100},
                      &g),
        0);
    assert_int_equal(g, 60001 * 48 - 400 * 960);
    assert_int_equal(
        entry_granule(&origin, &(struct entry_point){origin.epoch, 500}, &g),
        0);
    assert_int_equal(g, 0);
    g = -1;
    assert_int_equal(
        entry_granule(&origin, &(struct entry_point){origin.epoch, 499}, &g),
        -ERANGE);
    /* What a stranger may write into a cookie. */
    assert_int_equal(entry_granule(&(struct entry_point){1, 0},
                                   &(struct entry_point){origin.epoch, 0}, &g),
                     -ERANGE);
    assert_int_equal(entry_granule(&(struct entry_point){INT64_MAX, UINT64_MAX},
                                   &(struct entry_point){origin.epoch, 0}, &g),
                     -ERANGE);
    assert_int_equal(g, -1);
}

static void test_serials(void **state)
{
    (void)state;
    assert_int_equal(entry_serial(0xdeadbeef), 0x5eadbeef);
    assert_int_equal(entry_serial(UINT64_MAX), 0);
    assert_true(entry_serial(UINT64_C(0x123456789abcdef0)) !=
                entry_serial(UINT64_C(0x123456799abcdef0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_lead_is_the_class),
        cmocka_unit_test(test_an_audio_element_has_its_blocks),
        cmocka_unit_test(test_where_it_begins),
        cmocka_unit_test(test_with_a_long_lead_at_a_key_packet),
        cmocka_unit_test(test_granules_go_on),
        cmocka_unit_test(test_serials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
