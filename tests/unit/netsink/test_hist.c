// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>

#include "netsink/hist.h"
#include "tests/unit/test.h"

/* Not under what was, and at most 1/64 above. */
static void close_to(int64_t got, int64_t want)
{
    assert_true(got >= want);
    assert_true(got <= want + want / 64);
}

static void test_empty(void **state)
{
    static struct hist h;
    (void)state;

    assert_int_equal(hist_quantile(&h, .5), 0);
    assert_int_equal(hist_quantile(&h, 1), 0);
    assert_true(hist_share(&h, 0) == 1);
}

static void test_one_value(void **state)
{
    const int64_t values[] = {0, 1, 63, 64, 65, 127, 128, 1000003, INT64_MAX};
    (void)state;

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct hist *h = calloc(1, sizeof(*h));
        hist_add(h, values[i]);
        /* The maximum is exact, and nothing is said beyond it. */
        assert_int_equal(hist_quantile(h, 0), values[i]);
        assert_int_equal(hist_quantile(h, 1), values[i]);
        assert_true(hist_share(h, values[i]) == 1);
        free(h);
    }
}

static void test_negative_counts_as_0(void **state)
{
    static struct hist h;
    (void)state;

    hist_add(&h, -5);
    assert_int_equal(h.n, 1);
    assert_int_equal(hist_quantile(&h, 1), 0);
}

/* 1 to 100,000 in an order of their own. */
static void fill(struct hist *h)
{
    for (int64_t i = 0; i < 100000; i++)
        hist_add(h, (i * 7919) % 100000 + 1);
}

static void test_quantiles(void **state)
{
    static struct hist h;
    (void)state;

    fill(&h);
    close_to(hist_quantile(&h, .5), 50000);
    close_to(hist_quantile(&h, .95), 95000);
    close_to(hist_quantile(&h, .99), 99000);
    close_to(hist_quantile(&h, .999), 99900);
    assert_int_equal(hist_quantile(&h, 1), 100000);
}

/* One in ten thousand is the maximum and not the 99.9th percentile. */
static void test_rare_value(void **state)
{
    static struct hist h;
    (void)state;

    for (int i = 0; i < 9999; i++)
        hist_add(&h, 100);
    hist_add(&h, 60000000);
    close_to(hist_quantile(&h, .999), 100);
    assert_int_equal(hist_quantile(&h, 1), 60000000);
    assert_true(hist_share(&h, 50000000) == 0.9999);
}

static void test_share(void **state)
{
    static struct hist h;
    (void)state;

    fill(&h);
    double s = hist_share(&h, 50000);
    assert_true(s >= .5 && s <= .5 * (1 + 1. / 64));
    assert_true(hist_share(&h, -1) == 0);
    assert_true(hist_share(&h, 100000) == 1);
}

static void test_merge_is_as_one(void **state)
{
    static struct hist a, b, all;
    (void)state;

    for (int64_t v = 1; v < 1000000; v = v * 3 + 1) {
        hist_add(v & 1 ? &a : &b, v);
        hist_add(&all, v);
    }
    hist_merge(&a, &b);
    assert_memory_equal(&a, &all, sizeof(a));
}

static void test_sum(void **state)
{
    static struct hist h;
    (void)state;

    assert_true(hist_sum(&h) == 0);
    hist_add(&h, 3);
    hist_add(&h, 3);
    hist_add(&h, 0);
    assert_true(hist_sum(&h) == 6);
    for (int64_t v = 1000000; v < 2000000; v += 1000)
        hist_add(&h, v);
    double want = 6 + 1499500e3;
    assert_true(hist_sum(&h) > want * (1 - 1. / 128));
    assert_true(hist_sum(&h) < want * (1 + 1. / 128));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_one_value),
        cmocka_unit_test(test_negative_counts_as_0),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_rare_value),
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_merge_is_as_one),
        cmocka_unit_test(test_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
