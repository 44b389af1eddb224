// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/watchdog.h"

#include "tests/unit/test.h"

#define PERIOD 1000

static bool alive(struct watchdog *w, int64_t now, uint64_t a, uint64_t b)
{
    return watchdog_alive(w, now, (uint64_t[]){a, b}, 2);
}

static void test_says_once_a_period(void **state)
{
    (void)state;
    struct watchdog w;
    int said = 0;

    watchdog_init(&w, PERIOD, 5000);
    for (int64_t now = 5000; now < 5000 + 10 * PERIOD; now += 100)
        said += alive(&w, now, (uint64_t)now, (uint64_t)now * 2);
    assert_int_equal(said, 10);
    assert_int_equal(watchdog_due(&w), 5000 + 10 * PERIOD);
}

static void test_one_that_stands_silences(void **state)
{
    (void)state;
    struct watchdog w;

    watchdog_init(&w, PERIOD, 0);
    assert_true(alive(&w, 0, 1, 1));
    /* the first moves, the second does not */
    for (int64_t now = 1; now < 20 * PERIOD; now += 50)
        assert_false(alive(&w, now, 1 + (uint64_t)now, 1));
    /* nor the other way round */
    for (int64_t now = 20 * PERIOD; now < 40 * PERIOD; now += 50)
        assert_false(alive(&w, now, 1, 1 + (uint64_t)now));
    /* moving again is heard within a quarter of a period */
    assert_true(alive(&w, 40 * PERIOD + PERIOD / 4, 2, 2));
    assert_int_equal(watchdog_due(&w), 41 * PERIOD + PERIOD / 4);
}

/* What moved once between two looks, and then no more, counts once. */
static void test_each_word_needs_a_move_of_its_own(void **state)
{
    (void)state;
    struct watchdog w;

    watchdog_init(&w, PERIOD, 0);
    assert_true(alive(&w, 0, 1, 1));
    assert_true(alive(&w, PERIOD, 2, 2));
    assert_false(alive(&w, 2 * PERIOD, 2, 2));
}

/* A counter that starts again from 0 moves: its thread was made anew. */
static void test_going_back_is_moving(void **state)
{
    (void)state;
    struct watchdog w;

    watchdog_init(&w, PERIOD, 0);
    assert_true(alive(&w, 0, 100, 100));
    assert_true(alive(&w, PERIOD, 0, 101));
}

static void test_parts_come_and_go(void **state)
{
    (void)state;
    struct watchdog w;
    uint64_t many[WATCHDOG_COUNTS + 4] = {7};

    watchdog_init(&w, PERIOD, 0);
    assert_true(alive(&w, 0, 1, 1));
    assert_true(watchdog_alive(&w, PERIOD, (uint64_t[]){1}, 1));
    assert_false(watchdog_alive(&w, 2 * PERIOD, (uint64_t[]){1}, 1));
    assert_true(watchdog_alive(&w, 3 * PERIOD, NULL, 0));
    assert_true(watchdog_alive(&w, 4 * PERIOD, NULL, 0));
    assert_true(watchdog_alive(&w, 5 * PERIOD, many, WATCHDOG_COUNTS + 4));
    assert_false(watchdog_alive(&w, 6 * PERIOD, many, WATCHDOG_COUNTS + 4));
}

static void test_nobody_asks(void **state)
{
    (void)state;
    struct watchdog w;

    watchdog_init(&w, 0, 0);
    assert_int_equal(watchdog_due(&w), INT64_MAX);
    assert_false(alive(&w, PERIOD, 1, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_says_once_a_period),
        cmocka_unit_test(test_one_that_stands_silences),
        cmocka_unit_test(test_each_word_needs_a_move_of_its_own),
        cmocka_unit_test(test_going_back_is_moving),
        cmocka_unit_test(test_parts_come_and_go),
        cmocka_unit_test(test_nobody_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
