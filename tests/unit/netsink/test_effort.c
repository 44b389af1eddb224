// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/effort.h"

#include "tests/unit/test.h"

#define START (1000 * NS_PER_S)
#define EVERY (5 * NS_PER_MS)

/* Passes for some seconds that take so much of the thread, busy at complexity
   10 and a third of it at 0. Returns the complexity after them. */
static uint32_t passes(struct effort *e, int64_t *now, double seconds,
                       double share)
{
    const int64_t end = *now + (int64_t)(seconds * 1e9);

    for (; *now < end; *now += EVERY) {
        double cost = share * (1 + 0.2 * e->complexity) / 3;
        effort_pass(e, *now, NS_PER_MS / 10, (int64_t)(cost * EVERY));
    }
    return e->complexity;
}

static void test_best_when_there_is_room(void **state)
{
    (void)state;
    struct effort e;
    int64_t now = START;

    effort_init(&e, now);
    assert_int_equal(passes(&e, &now, 60, 0.1), EFFORT_MAX);
    assert_int_equal(passes(&e, &now, 60, 0.5), EFFORT_MAX);
}

static void test_down_when_it_takes_too_much_and_up_again(void **state)
{
    (void)state;
    struct effort e;
    int64_t now = START;

    effort_init(&e, now);
    /* Within 3 s from more than there is to what leaves room. */
    assert_in_range(passes(&e, &now, 3, 1.2), 0, 4);
    uint32_t low = passes(&e, &now, 60, 1.2);
    assert_in_range(low, 0, 4);
    /* The load goes: up, one by one, not at once. */
    assert_in_range(passes(&e, &now, 12, 0.2), low, low + 1);
    assert_int_equal(passes(&e, &now, 400, 0.2), EFFORT_MAX);
}

static void test_down_at_once_when_late(void **state)
{
    (void)state;
    struct effort e;
    int64_t now = START;

    effort_init(&e, now);
    passes(&e, &now, 1, 0.1);
    assert_int_equal(effort_pass(&e, now, EFFORT_LATE, NS_PER_MS), EFFORT_MAX);
    now += EVERY;
    assert_int_equal(effort_pass(&e, now, EFFORT_LATE + 1, NS_PER_MS),
                     EFFORT_MAX - 2);
    /* One stall of several passes is one stall. */
    for (uint32_t i = 0; i < 20; i++, now += EVERY)
        effort_pass(&e, now, 2 * EFFORT_LATE, NS_PER_MS);
    assert_int_equal(e.complexity, EFFORT_MAX - 2);
    /* A lasting one is not. */
    for (uint32_t i = 0; i < 2000; i++, now += EVERY)
        effort_pass(&e, now, 2 * EFFORT_LATE, NS_PER_MS);
    assert_int_equal(e.complexity, 0);
}

/* Load at which one step more is too much: seldom tried, and ever less. */
static void test_does_not_swing(void **state)
{
    (void)state;
    struct effort e;
    int64_t now = START;
    uint32_t changes = 0, was = EFFORT_MAX;

    effort_init(&e, now);
    for (uint32_t i = 0; i < 600 * 200; i++, now += EVERY) {
        /* Below 7 it is cheap, from 7 on the thread is full. */
        double share = e.complexity >= 7 ? 0.9 : 0.3;
        effort_pass(&e, now, 0, (int64_t)(share * EVERY));
        changes += e.complexity != was;
        was = e.complexity;
    }
    assert_in_range(changes, 1, 40);
    assert_in_range(was, 2, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_best_when_there_is_room),
        cmocka_unit_test(test_down_when_it_takes_too_much_and_up_again),
        cmocka_unit_test(test_down_at_once_when_late),
        cmocka_unit_test(test_does_not_swing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
