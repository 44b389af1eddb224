// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/ours.h"

#include <string.h>

#include "tests/unit/test.h"

#define A "gen:out"
#define B "sink:in"
#define C "sink:aux"

/* Long after a server came; its clients have brought back what they had. */
#define CAME  NS_PER_S
#define LATER (CAME + OURS_RETURN_NS)

static int setup(void **state)
{
    struct ours *o;

    assert_int_equal(ours_new(&o), 0);
    ours_server_came(o, CAME);
    *state = o;
    return 0;
}

static int teardown(void **state)
{
    struct ours *o = *state;

    ours_free(&o);
    assert_null(o);
    ours_free(&o);
    return 0;
}

/* True of what goes to ctx. */
static bool goes_to(void *ctx, const char *from, const char *to)
{
    (void)from;
    return strcmp(to, ctx) == 0;
}

static void test_made_is_ours_until_parted(void **state)
{
    struct ours *o = *state;

    assert_false(ours_has(o, A, B)); /* it was there before */
    assert_int_equal(ours_add(o, A, B), 0);
    assert_int_equal(ours_add(o, A, B), 0);
    assert_true(ours_has(o, A, B));
    assert_false(ours_has(o, A, C));
    assert_false(ours_has(o, B, A));
    ours_remove(o, A, B);
    assert_false(ours_has(o, A, B));
    ours_remove(o, A, B);
}

static void test_what_a_hand_joins_is_the_users(void **state)
{
    struct ours *o = *state;

    assert_int_equal(ours_add(o, A, B), 0);
    assert_int_equal(ours_add(o, A, C), 0);
    ours_joined(o, A, B, LATER);
    assert_false(ours_has(o, A, B));
    assert_true(ours_has(o, A, C));
    assert_int_equal(ours_add(o, A, B), 0); /* pulled, and made by us again */
    assert_true(ours_has(o, A, B));
}

/* Clients join their cables themselves when the server is back. */
static void test_what_returns_with_the_server_is_ours(void **state)
{
    struct ours *o = *state;

    assert_int_equal(ours_add(o, A, B), 0);
    ours_server_came(o, LATER + NS_PER_S);
    ours_joined(o, A, B, LATER + 2 * NS_PER_S);
    assert_true(ours_has(o, A, B));
    ours_joined(o, A, B, LATER + NS_PER_S + OURS_RETURN_NS);
    assert_false(ours_has(o, A, B));
}

static void test_what_nobody_has_is_forgotten(void **state)
{
    struct ours *o = *state;
    char b[] = B;

    assert_int_equal(ours_add(o, A, B), 0);
    assert_int_equal(ours_add(o, A, C), 0);
    ours_settle(o, LATER - 1, goes_to, b); /* it may return yet */
    assert_true(ours_has(o, A, C));
    ours_settle(o, LATER, goes_to, b);
    assert_true(ours_has(o, A, B));
    assert_false(ours_has(o, A, C));
    assert_int_equal(ours_add(o, A, C), 0);
    assert_true(ours_has(o, A, C));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_made_is_ours_until_parted),
        TEST(test_what_a_hand_joins_is_the_users),
        TEST(test_what_returns_with_the_server_is_ours),
        TEST(test_what_nobody_has_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
