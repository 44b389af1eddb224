// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/wheel.h"

#include <stdlib.h>

#include "tests/unit/test.h"

#define N 1000

static void test_comes_at_its_tick(void **state)
{
    struct wheel w;
    struct wheel_item a = {0}, b = {0};
    uint64_t tick;
    (void)state;

    wheel_init(&w, 12345);
    assert_false(wheel_next(&w, &tick));
    wheel_put(&w, &a, 12350);
    wheel_put(&w, &b, 12346);
    assert_true(wheel_next(&w, &tick));
    assert_int_equal(tick, 12346);
    wheel_turn(&w, 12345);
    assert_null(wheel_pop(&w));
    wheel_turn(&w, 12346);
    assert_ptr_equal(wheel_pop(&w), &b);
    assert_null(wheel_pop(&w));
    wheel_turn(&w, 12349);
    assert_null(wheel_pop(&w));
    wheel_turn(&w, 12350);
    assert_ptr_equal(wheel_pop(&w), &a);
    assert_false(wheel_next(&w, &tick));
}

/* Late by less or by more than a turn: all come, in order, once. */
static void test_late(void **state)
{
    const uint64_t late[] = {150, 200, 201, 100000};
    (void)state;

    for (int l = 0; l < 4; l++) {
        struct wheel w;
        struct wheel_item i[3] = {0};

        wheel_init(&w, 7);
        wheel_put(&w, &i[2], 150);
        wheel_put(&w, &i[0], 8);
        wheel_put(&w, &i[1], 70);
        wheel_turn(&w, 7 + late[l]);
        for (int k = 0; k < 3; k++)
            assert_ptr_equal(wheel_pop(&w), &i[k]);
        assert_null(wheel_pop(&w));
    }
}

static void test_what_lies_behind_comes_next(void **state)
{
    struct wheel w;
    struct wheel_item i = {0};
    uint64_t tick;
    (void)state;

    wheel_init(&w, 500);
    wheel_put(&w, &i, 3);
    assert_true(wheel_next(&w, &tick));
    assert_int_equal(tick, 501);
    wheel_put(&w, &i, 99999); /* moves it */
    assert_true(wheel_next(&w, &tick));
    assert_int_equal(tick, 700);
}

/* One leaves, or is put anew, while it is due and others are being visited. */
static void test_removed_while_due(void **state)
{
    struct wheel w;
    struct wheel_item i[4] = {0};
    uint64_t tick;
    (void)state;

    wheel_init(&w, 0);
    for (int k = 0; k < 4; k++)
        wheel_put(&w, &i[k], 5);
    wheel_turn(&w, 5);
    assert_ptr_equal(wheel_pop(&w), &i[0]);
    wheel_remove(&i[1]);
    wheel_remove(&i[1]); /* nothing */
    wheel_put(&w, &i[2], 6);
    wheel_put(&w, &i[0], 6);
    assert_ptr_equal(wheel_pop(&w), &i[3]);
    assert_null(wheel_pop(&w));
    assert_true(wheel_next(&w, &tick));
    assert_int_equal(tick, 6);
    wheel_turn(&w, 6);
    assert_ptr_equal(wheel_pop(&w), &i[2]);
    assert_ptr_equal(wheel_pop(&w), &i[0]);
}

/* Whoever comes and goes, no tick has much more to do than another. */
static void test_places_are_spread(void **state)
{
    static struct {
        uint32_t cadence, phase;
    } who[N];
    const uint32_t cadences[] = {2, 10, 40, 100};
    struct wheel w;
    (void)state;

    wheel_init(&w, 0);
    for (int round = 0; round < 4; round++)
        for (int k = 0; k < N; k++) {
            if (round > 0 && rand() % 2)
                continue;
            if (round > 0)
                wheel_leave_place(&w, who[k].cadence, who[k].phase);
            who[k].cadence = cadences[round > 0 ? rand() % 4 : 3];
            who[k].phase = wheel_take_place(&w, who[k].cadence, 1);
            assert_true(who[k].phase < who[k].cadence);
        }
    uint32_t load[WHEEL_TICKS] = {0}, least = N, most = 0;
    for (int k = 0; k < N; k++)
        for (uint32_t t = who[k].phase; t < WHEEL_TICKS; t += who[k].cadence)
            load[t]++;
    for (uint32_t t = 0; t < WHEEL_TICKS; t++) {
        least = load[t] < least ? load[t] : least;
        most = load[t] > most ? load[t] : most;
    }
    assert_in_range(most - least, 0, most / 10);
}

static void test_ten_never_meet(void **state)
{
    struct wheel w;
    bool taken[100] = {false};
    (void)state;

    wheel_init(&w, 0);
    for (int k = 0; k < 100; k++) {
        uint32_t p = wheel_take_place(&w, 100, 1);
        assert_false(taken[p]);
        taken[p] = true;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_at_its_tick),
        cmocka_unit_test(test_late),
        cmocka_unit_test(test_what_lies_behind_comes_next),
        cmocka_unit_test(test_removed_while_due),
        cmocka_unit_test(test_places_are_spread),
        cmocka_unit_test(test_ten_never_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
