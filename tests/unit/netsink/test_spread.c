// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/spread.h"

#include "tests/unit/test.h"

static void test_empty(void **state)
{
    struct spread s = {0};
    (void)state;

    assert_int_equal(spread_quantile(&s, .5), 0);
    assert_int_equal(spread_quantile(&s, 1), 0);
}

/* Not under what was, and at most a quarter above. */
static void test_one_of_two_values(void **state)
{
    (void)state;
    for (int64_t v = INT64_C(1) << SPREAD_LEAST; v < INT64_C(1) << 35;
         v += v / 3) {
        struct spread s = {0};
        spread_add(&s, v);
        spread_add(&s, INT64_C(1) << 50);
        assert_true(spread_quantile(&s, .5) >= v);
        assert_true(spread_quantile(&s, .5) < v + v / 4);
        assert_int_equal(spread_quantile(&s, 1), INT64_C(1) << 50);
    }
}

static void test_ends(void **state)
{
    const int64_t values[] = {-5, 0, 1, 1023, INT64_MAX};
    (void)state;

    for (int i = 0; i < 5; i++) {
        struct spread s = {0};
        spread_add(&s, values[i]);
        /* The maximum is exact, and nothing is said beyond it. */
        assert_int_equal(spread_quantile(&s, .5),
                         values[i] < 0 ? 0 : values[i]);
    }
}

static void test_quantiles(void **state)
{
    struct spread s = {0};
    (void)state;

    for (int64_t i = 1; i <= 1000; i++)
        spread_add(&s, i * 10000);
    assert_in_range(spread_quantile(&s, .5), 5000000, 6250000);
    assert_in_range(spread_quantile(&s, .99), 9900000, 10000000);
    assert_int_equal(spread_quantile(&s, 1), 10000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_one_of_two_values),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
