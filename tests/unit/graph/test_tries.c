// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/tries.h"

#include "tests/unit/test.h"

#define A  "a:out"
#define B  "b:in"
#define T0 NS_PER_S

static int setup(void **state)
{
    struct tries *t;

    assert_int_equal(tries_new(&t), 0);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct tries *t = *state;

    tries_free(&t);
    return 0;
}

static void test_unknown_is_due(void **state)
{
    struct tries *t = *state;

    assert_true(tries_at(t, A, B) <= T0);
    assert_false(tries_held(t, A, B));
    tries_drop(t, A, B);
}

/* Ever more slowly, said once, and its end is said too. */
static void test_refused(void **state)
{
    struct tries *t = *state;
    int64_t now = T0, pause = 0;
    int said = 0, tries = 0;

    for (; now < T0 + 10 * NS_PER_S; tries++) {
        said += tries_refused(t, A, B, now);
        int64_t next = tries_at(t, A, B) - now;
        assert_true(next >= pause || next == TRIES_LAST_NS);
        assert_true(next <= TRIES_LAST_NS);
        pause = next;
        now += next;
    }
    assert_int_equal(said, 1);
    assert_in_range(tries, 12, 20);
    assert_true(tries_at(t, A, "c:in") <= T0); /* others don't wait */
    assert_true(tries_done(t, A, B, now, 0));
}

/* Ports of a client that is just coming refuse for a moment: not a word. */
static void test_refused_shortly(void **state)
{
    struct tries *t = *state;

    assert_false(tries_refused(t, A, B, T0));
    assert_true(tries_at(t, A, B) > T0);
    tries_hurry(t);
    assert_true(tries_at(t, A, B) <= T0);
    assert_true(tries_done(t, A, B, T0 + 1, 0));
    assert_true(tries_at(t, A, B) <= T0 + 1);
}

/* Another program undoes it each time. */
static void test_fight(void **state)
{
    struct tries *t = *state;
    int64_t now = T0;
    int said = 0, done = 0;

    for (; now < T0 + 20 * NS_PER_S; now += NS_PER_MS)
        if (tries_at(t, A, B) <= now) {
            said += tries_done(t, A, B, now, 0);
            done++;
        }
    assert_int_equal(said, TRIES_FIGHT);
    assert_in_range(done, 15, 30);
    /* peace, and it is as at first */
    now += TRIES_CALM_NS + TRIES_LAST_NS;
    assert_true(tries_done(t, A, B, now, 0));
    assert_true(tries_at(t, A, B) <= now);
}

static void test_hold(void **state)
{
    struct tries *t = *state;

    assert_int_equal(tries_hold(t, A, B, T0 + 100), 0);
    assert_true(tries_held(t, A, B));
    assert_int_equal(tries_at(t, A, B), T0 + 100);
    tries_hurry(t);
    assert_false(tries_held(t, A, B));
    assert_true(tries_at(t, A, B) <= T0);
    tries_hold(t, A, B, T0 + 100);
    tries_done(t, A, B, T0 + 100, 7);
    assert_false(tries_held(t, A, B));
    assert_int_equal(tries_at(t, A, B), T0 + 107); /* until it is to be seen */
    tries_hurry(t);
    assert_int_equal(tries_at(t, A, B), T0 + 107);
    tries_hold(t, A, B, T0 + 200);
    tries_drop(t, A, B);
    assert_false(tries_held(t, A, B));
    assert_true(tries_at(t, A, B) <= T0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_unknown_is_due, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_shortly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fight, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hold, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
