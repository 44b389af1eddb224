// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/backoff.h"

#include "graph/clock.h"
#include "tests/unit/test.h"

static void test_waits(void **state)
{
    static const int64_t ms[] = {0,    250,  500,   1000,  2000,
                                 4000, 8000, 16000, 30000, 30000};
    struct backoff b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(ms) / sizeof(ms[0]); i++)
        assert_int_equal(backoff_ended(&b, NS_PER_S), ms[i] * NS_PER_MS);
}

/* Not even after years of crashing does it wrap around. */
static void test_forever(void **state)
{
    struct backoff b = {.ends = UINT32_MAX - 1};

    (void)state;
    assert_int_equal(backoff_ended(&b, 0), BACKOFF_MAX_NS);
}

static void test_a_minute_of_health(void **state)
{
    struct backoff b = {0};

    (void)state;
    for (int i = 0; i < 5; i++)
        backoff_ended(&b, 0);
    assert_true(backoff_ended(&b, BACKOFF_WELL_NS - 1) > 0);
    assert_int_equal(backoff_ended(&b, BACKOFF_WELL_NS), 0);
    assert_int_equal(backoff_ended(&b, 0), 250 * NS_PER_MS);
}

/* Who never gets ready is told from who crashes while playing. */
static void test_misses(void **state)
{
    struct backoff b = {0};

    (void)state;
    backoff_ended(&b, -1);
    backoff_ended(&b, -1);
    assert_int_equal(b.misses, 2);
    backoff_ended(&b, 0);
    assert_int_equal(b.misses, 0);
    backoff_ended(&b, -1);
    assert_int_equal(b.misses, 1);
    backoff_reset(&b);
    assert_int_equal(b.misses, 0);
    assert_int_equal(backoff_ended(&b, -1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_forever),
        cmocka_unit_test(test_a_minute_of_health),
        cmocka_unit_test(test_misses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
