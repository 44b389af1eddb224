// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/demand.h"

#include <errno.h>

#include "tests/unit/test.h"

#define N      4
#define LINGER 75

/* Minutes of 10, 20, 30 and 40 bytes. */
static void begin(struct demand *d)
{
    demand_init(d, N, LINGER);
    for (uint32_t i = 0; i < N; i++)
        d->rungs[i].minute = 10 * (i + 1);
}

static uint32_t warm(struct demand *d, int64_t now)
{
    uint32_t set = 0;
    uint64_t from;

    for (uint32_t i = 0; i < N; i++)
        set |= (uint32_t)demand_warm(d, i, now, &from) << i;
    return set;
}

static void test_only_what_is_held_and_a_while_longer(void **state)
{
    (void)state;
    struct demand d;
    uint64_t from;

    begin(&d);
    assert_int_equal(warm(&d, 0), 0);
    assert_int_equal(demand_hold(&d, 1, 77, 0, 1000), 1);
    assert_true(demand_warm(&d, 1, 5, &from));
    assert_int_equal(from, 77);
    assert_int_equal(demand_hold(&d, 1, 5, 0, 1000), 0);
    demand_release(&d, 1, 1000);
    assert_int_equal(warm(&d, 5000), 2); /* one has it yet */
    demand_release(&d, 1, 5000);
    assert_int_equal(warm(&d, 5000 + LINGER), 2);
    /* Come back in time: as if it had stayed. */
    assert_int_equal(demand_hold(&d, 1, 5, 0, 1000), 0);
    assert_int_equal(warm(&d, 9000), 2);
    demand_release(&d, 1, 9000);
    assert_int_equal(warm(&d, 9000 + LINGER + 1), 0);
    assert_int_equal(demand_hold(&d, 1, 99, 0, 1000), 1);
    assert_true(demand_warm(&d, 1, 9999, &from));
    assert_int_equal(from, 99);
}

static void test_refuses_what_does_not_fit(void **state)
{
    (void)state;
    struct demand d;

    begin(&d);
    assert_int_equal(demand_hold(&d, 3, 0, 0, 39), -ENOMEM);
    assert_int_equal(warm(&d, 0), 0);
    assert_int_equal(demand_hold(&d, 3, 0, 0, 65), 1);
    /* Its minute is not there yet, but will be. */
    assert_int_equal(demand_hold(&d, 2, 0, 0, 65), -ENOMEM);
    assert_int_equal(demand_hold(&d, 1, 0, 0, 65), 1);
    /* Others of the budget, or slabs that slow ones keep. */
    assert_int_equal(demand_hold(&d, 0, 0, 995, 1000), -ENOMEM);
    /* Who is on air stays, and may be joined. */
    assert_int_equal(demand_hold(&d, 1, 0, 65, 65), 0);
}

static void test_what_lingers_makes_room(void **state)
{
    (void)state;
    struct demand d;

    begin(&d);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(demand_hold(&d, i, 0, 0, 60), 1);
    demand_release(&d, 1, 10);
    demand_release(&d, 0, 20);
    assert_int_equal(warm(&d, 20), 7);
    /* 30 are held: with 40 more it is too much, and nobody has to go. */
    assert_int_equal(demand_hold(&d, 3, 0, 60, 60), -ENOMEM);
    assert_int_equal(warm(&d, 20), 7);
    demand_release(&d, 2, 30);
    assert_int_equal(demand_hold(&d, 3, 0, 60, 60), 1);
    /* The two that went first made room. */
    assert_int_equal(warm(&d, 30), 8);
}

static void test_what_is_set_aside_is_there(void **state)
{
    (void)state;
    struct demand d;

    begin(&d);
    d.rungs[3].aside = true;
    /* The others have 30: all of it. */
    assert_int_equal(demand_hold(&d, 0, 0, 0, 30), 1);
    assert_int_equal(demand_hold(&d, 1, 0, 10, 30), 1);
    assert_int_equal(demand_hold(&d, 3, 0, 30, 30), 1);
    /* Nobody made room for it, nor does it for others. */
    assert_int_equal(warm(&d, 0), 11);
    demand_release(&d, 3, 10);
    assert_int_equal(demand_hold(&d, 2, 0, 30, 30), -ENOMEM);
    demand_release(&d, 0, 20);
    demand_release(&d, 1, 30);
    assert_int_equal(demand_hold(&d, 2, 0, 30, 30), 1);
    assert_int_equal(warm(&d, 30), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_is_held_and_a_while_longer),
        cmocka_unit_test(test_refuses_what_does_not_fit),
        cmocka_unit_test(test_what_lingers_makes_room),
        cmocka_unit_test(test_what_is_set_aside_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
