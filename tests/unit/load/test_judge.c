// SPDX-License-Identifier: GPL-3.0-or-later
/* Arrivals made up, with faults of known size: the judgement finds those. */
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "tests/bench/load/judge.h"
#include "tests/unit/test.h"

#define MS      NS_PER_MS
#define ASKED   (7 * NS_PER_S)
#define PAGE_MS 100
#define PAGE    4800 /* samples */

/* A server on its schedule: one page every 100 ms, after a burst. */
struct server {
    struct judge j;
    struct judge_rules rules;
    uint32_t number;
    int64_t granule;
    int64_t zero; /* ns: when the first page is due */
};

/* The window is from 1 s to 11 s after the first page. */
static struct server begin(void)
{
    struct server s = {.zero = ASKED + 4 * MS, .granule = 0};

    s.rules = (struct judge_rules){s.zero + NS_PER_S, s.zero + 11 * NS_PER_S,
                                   JUDGE_JOIN};
    s.j.asked = ASKED;
    s.j.connected = ASKED + MS;
    s.j.status = 200;
    return s;
}

static void long_page_at(struct server *s, int64_t at, uint32_t n)
{
    struct pages_page p = {
        .granule = s->granule = (int64_t)((uint64_t)s->granule + n * PAGE),
        .serial = 1,
        .number = s->number++,
        .n_audio = n * 5,
        .samples = n * PAGE,
        .size = 1000,
        .summed = true,
        .sum_ok = true,
    };
    judge_page(&s->j, &s->rules, &p, at);
}

static void page_at(struct server *s, int64_t at)
{
    long_page_at(s, at, 1);
}

static void burst(struct server *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        page_at(s, s->zero);
}

/* Page k after the burst is due 100 ms after the one before. */
static int64_t due(const struct server *s, uint32_t k)
{
    return s->zero + (k + 1) * PAGE_MS * MS;
}

static struct pool *finish(struct server *s)
{
    struct pool *p = calloc(1, sizeof(*p));

    judge_end(&s->j, &s->rules, JUDGE_OPEN, 0, s->rules.to, p);
    return p;
}

static void close_to(int64_t got, int64_t want)
{
    assert_true(got >= want - 1000); /* kept to 1 us */
    assert_true(got <= want + want / 64 + 1000);
}

static void test_on_schedule(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++)
        page_at(&s, due(&s, k));
    struct pool *p = finish(&s);
    assert_int_equal(p->listeners, 1);
    assert_int_equal(p->with_audio, 1);
    close_to(p->connect.max, MS);
    close_to(p->first.max, 4 * MS);
    close_to(p->burst.max, NS_PER_S);
    assert_int_equal(p->chunks, 100);
    assert_int_equal(p->dev.max, 0);
    assert_int_equal(p->jitter.max, 0);
    close_to(p->least.max, 900 * MS); /* 1 s, less what was played meanwhile */
    assert_int_equal(p->with_hole + p->with_dry, 0);
    assert_int_equal(p->ends[JUDGE_OPEN], 1);
    assert_int_equal(p->status[200], 1);
    free(p);
}

/* Early and late by 3 ms in turn: each is 3 from the median, 6 apart (or the
   median is at one of them: then they are 0 and 6 off). A third in the middle
   fixes it. */
static void test_deviation_and_jitter(void **state)
{
    static const int64_t off[] = {-3 * MS, 0, 3 * MS};
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++)
        page_at(&s, due(&s, k) + off[k % 3]);
    struct pool *p = finish(&s);
    assert_int_equal(hist_quantile(&p->dev, .3), 0);
    close_to(hist_quantile(&p->dev, .5), 3 * MS);
    close_to(p->dev.max, 3 * MS);
    close_to(hist_quantile(&p->jitter, .5), 3 * MS);
    close_to(hist_quantile(&p->jitter, .8), 6 * MS);
    close_to(p->jitter.max, 6 * MS);
    free(p);
}

/* A constant delay is the listener's own, and no deviation. */
static void test_constant_delay(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++)
        page_at(&s, due(&s, k) + 700 * MS);
    struct pool *p = finish(&s);
    assert_int_equal(p->dev.max, 0);
    assert_int_equal(p->with_dry, 0);
    close_to(p->least.max, 200 * MS);
    free(p);
}

static void test_one_late_chunk(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++)
        page_at(&s, due(&s, k) + (k == 50 ? 60 * MS : 0));
    struct pool *p = finish(&s);
    close_to(p->dev.max, 60 * MS);
    close_to(p->worst.max, 60 * MS);
    assert_int_equal(hist_quantile(&p->dev, .99), 0);
    assert_true(hist_share(&p->dev, 50 * MS) == .99);
    assert_true(hist_share(&p->jitter, 50 * MS) < .985); /* there and back */
    close_to(p->least.max, 840 * MS);
    assert_int_equal(p->with_dry, 0); /* the lead hides it */
    free(p);
}

/* From chunk 50 on it is 3 s later, for good. */
static void test_behind(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 80; k++)
        page_at(&s, due(&s, k) + (k >= 50 ? 3 * NS_PER_S : 0));
    struct pool *p = finish(&s);
    close_to(p->behind.max, 3 * NS_PER_S);
    free(p);
}

/* Nothing for 3 s, and then where it would have been: a hole, and not behind.
 */
static void test_not_behind_after_a_skip(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++) {
        if (k < 50 || k >= 80)
            page_at(&s, due(&s, k));
        else
            s.granule += PAGE;
    }
    struct pool *p = finish(&s);
    assert_int_equal(p->behind.max, 0);
    assert_int_equal(p->holes, 1);
    free(p);
}

/* It is all others that make the schedule. */
static void test_first_chunk_is_the_late_one(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++)
        page_at(&s, due(&s, k) + (k == 9 ? 60 * MS : 0));
    struct pool *p = finish(&s);
    assert_int_equal(p->chunks, 100);
    assert_int_equal(hist_quantile(&p->dev, .9), 0);
    close_to(p->dev.max, 60 * MS);
    free(p);
}

/* A page of twice the length is sent when its last sample is there: its first
   one is late. */
static void test_first_sample_counts(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++) {
        if (k == 50)
            continue;
        long_page_at(&s, due(&s, k), k == 51 ? 2 : 1);
    }
    struct pool *p = finish(&s);
    assert_int_equal(p->with_hole, 0);
    close_to(p->dev.max, 100 * MS);
    free(p);
}

/* Who comes while others are judged: a burst in pieces is no schedule. */
static void test_burst_within_the_window(void **state)
{
    struct server s = begin();
    (void)state;

    s.rules.from = s.zero - NS_PER_S;
    for (uint32_t k = 0; k < 10; k++)
        page_at(&s, s.zero + k * 5 * MS);
    for (uint32_t k = 0; k < 100; k++)
        page_at(&s, due(&s, k));
    struct pool *p = finish(&s);
    close_to(p->burst.max, NS_PER_S);
    assert_int_equal(p->chunks, 100);
    assert_int_equal(p->dev.max, 0);
    free(p);
}

/* Late into the next one's time: they come together and are one late chunk. */
static void test_late_chunk_with_the_next(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++)
        page_at(&s, due(&s, k) + (k == 50 ? 99 * MS : 0));
    struct pool *p = finish(&s);
    assert_int_equal(p->chunks, 99);
    close_to(p->dev.max, 99 * MS);
    free(p);
}

/* 500 ms at a time, in pieces some us apart: one chunk each, on time. */
static void test_chunk_of_pages(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++)
        page_at(&s, due(&s, k / 5 * 5) + k % 5 * MS / 50);
    struct pool *p = finish(&s);
    assert_int_equal(p->chunks, 20);
    assert_int_equal(p->dev.max, 0);
    free(p);
}

/* The server was silent for 1.5 s: the lead of 1 s ran dry, once, for the time
   that was lacking. */
static void test_starved(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++) {
        int64_t at = due(&s, k), back = due(&s, 64);
        page_at(&s, k >= 50 && at < back ? back : at);
    }
    struct pool *p = finish(&s);
    assert_int_equal(p->with_dry, 1);
    assert_int_equal(p->spells, 1);
    /* page 50 came 14 pages late, the lead before it was 0.9 s */
    close_to(p->dry, 500 * MS);
    assert_int_equal(p->with_hole, 0);
    close_to(p->dev.max, 1400 * MS);
    free(p);
}

/* Silence up to the end is one, too, and only what is judged counts. */
static void test_silent_at_the_end(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 50; k++)
        page_at(&s, due(&s, k));
    struct pool *p = finish(&s);
    assert_int_equal(p->with_dry, 1);
    close_to(p->dry, 5 * NS_PER_S); /* 6 s of audio, 11 s to play */
    free(p);
}

static void test_dry_before_the_window(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 1);
    for (uint32_t k = 0; k < 110; k++)
        page_at(&s, due(&s, k) + 500 * MS);
    struct pool *p = finish(&s);
    assert_int_equal(p->with_dry, 0);
    free(p);
}

static void test_hole(void **state)
{
    struct server s = begin();
    (void)state;

    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++) {
        s.granule += k == 60 ? 960 : 0;
        page_at(&s, due(&s, k));
    }
    struct pool *p = finish(&s);
    assert_int_equal(p->with_hole, 1);
    assert_int_equal(p->holes, 1);
    assert_int_equal(p->hole, 960);
    free(p);
}

/* It is one fault, and the rest is judged as it was. */
static void test_page_without_a_place(void **state)
{
    static const int64_t granules[] = {-1, INT64_MIN, INT64_MAX};
    (void)state;

    for (size_t i = 0; i < sizeof(granules) / sizeof(granules[0]); i++) {
        struct server s = begin();
        burst(&s, 10);
        for (uint32_t k = 0; k < 110; k++) {
            int64_t right = s.granule;
            if (k == 60) /* so that adding the page's own gives it */
                s.granule = (int64_t)((uint64_t)granules[i] - PAGE);
            page_at(&s, due(&s, k));
            s.granule = right + PAGE;
        }
        struct pool *p = finish(&s);
        assert_int_equal(p->bad_granules, 1);
        assert_int_equal(p->holes + p->overlaps, 0);
        assert_int_equal(p->chunks, 99);
        assert_int_equal(p->dev.max, 0);
        free(p);
    }
}

/* A stream that is joined in its midst begins at no 0. */
static void test_joined_in_its_midst(void **state)
{
    struct server s = begin();
    (void)state;

    s.granule = INT64_C(48000) * 86400 * 365;
    burst(&s, 10);
    for (uint32_t k = 0; k < 110; k++)
        page_at(&s, due(&s, k));
    struct pool *p = finish(&s);
    assert_int_equal(p->with_hole, 0);
    assert_int_equal(p->dev.max, 0);
    free(p);
}

static void test_faults_of_one_stay_with_it(void **state)
{
    struct server a = begin(), b = begin();
    struct pool *p, *q;
    (void)state;

    burst(&a, 10);
    burst(&b, 10);
    for (uint32_t k = 0; k < 110; k++) {
        page_at(&a, due(&a, k));
        page_at(&b, due(&b, k) + (k == 70 ? 30 * MS : 0));
    }
    p = finish(&a);
    q = finish(&b);
    pool_merge(p, q);
    assert_int_equal(p->listeners, 2);
    assert_int_equal(p->chunks, 200);
    assert_int_equal(p->worst.n, 2);
    assert_int_equal(hist_quantile(&p->worst, .5), 0);
    close_to(p->worst.max, 30 * MS);
    free(p);
    free(q);
}

static void test_never_connected(void **state)
{
    struct server s = begin();
    struct pool *p = calloc(1, sizeof(*p));
    (void)state;

    s.j.connected = 0;
    s.j.status = 0;
    judge_end(&s.j, &s.rules, JUDGE_NOT_CONNECTED, 0, s.rules.to, p);
    assert_int_equal(p->listeners, 1);
    assert_int_equal(p->with_audio, 0);
    assert_int_equal(p->connect.n + p->first.n, 0);
    assert_int_equal(p->ends[JUDGE_NOT_CONNECTED], 1);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_on_schedule),
        cmocka_unit_test(test_deviation_and_jitter),
        cmocka_unit_test(test_constant_delay),
        cmocka_unit_test(test_one_late_chunk),
        cmocka_unit_test(test_behind),
        cmocka_unit_test(test_not_behind_after_a_skip),
        cmocka_unit_test(test_first_chunk_is_the_late_one),
        cmocka_unit_test(test_first_sample_counts),
        cmocka_unit_test(test_burst_within_the_window),
        cmocka_unit_test(test_late_chunk_with_the_next),
        cmocka_unit_test(test_chunk_of_pages),
        cmocka_unit_test(test_starved),
        cmocka_unit_test(test_silent_at_the_end),
        cmocka_unit_test(test_dry_before_the_window),
        cmocka_unit_test(test_hole),
        cmocka_unit_test(test_page_without_a_place),
        cmocka_unit_test(test_joined_in_its_midst),
        cmocka_unit_test(test_faults_of_one_stay_with_it),
        cmocka_unit_test(test_never_connected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
