// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/attempts.h"

#include <stdio.h>

#include "graph/clock.h"
#include "tests/unit/test.h"

#define BEGIN (1000 * NS_PER_S)

static void err_often(struct attempts *a, const char *address, int n,
                      int64_t now)
{
    for (int i = 0; i < n; i++)
        attempts_wrong(a, address, now);
}

static void test_one_a_second(void **state)
{
    (void)state;
    struct attempts a = {0};
    int64_t now = BEGIN;

    assert_true(attempts_allowed(&a, "10.0.0.1", now));
    err_often(&a, "10.0.0.1", ATTEMPTS_BURST, now);
    assert_false(attempts_allowed(&a, "10.0.0.1", now));
    assert_true(attempts_allowed(&a, "10.0.0.2", now));
    /* One more a second, and not more for having waited. */
    for (int i = 0; i < 5; i++) {
        now += NS_PER_S;
        assert_true(attempts_allowed(&a, "10.0.0.1", now));
        attempts_wrong(&a, "10.0.0.1", now);
        assert_false(attempts_allowed(&a, "10.0.0.1", now));
    }
    now += 3600 * NS_PER_S;
    err_often(&a, "10.0.0.1", ATTEMPTS_BURST, now);
    assert_false(attempts_allowed(&a, "10.0.0.1", now));
}

static void test_a_network_is_one(void **state)
{
    (void)state;
    struct attempts a = {0};

    err_often(&a, "2001:db8:0:1::1", ATTEMPTS_BURST, BEGIN);
    assert_false(attempts_allowed(&a, "2001:db8:0:1:ffff::2", BEGIN));
    assert_true(attempts_allowed(&a, "2001:db8:0:2::1", BEGIN));
    /* IPv4 through an IPv6 socket: each is its own, and the same as without. */
    err_often(&a, "::ffff:10.0.0.1", ATTEMPTS_BURST, BEGIN);
    assert_false(attempts_allowed(&a, "10.0.0.1", BEGIN));
    assert_true(attempts_allowed(&a, "::ffff:10.0.0.2", BEGIN));
}

static void test_bounded(void **state)
{
    (void)state;
    struct attempts a = {0};
    char address[32];

    for (int i = 0; i < 3 * ATTEMPTS_PLACES; i++) {
        snprintf(address, sizeof(address), "10.0.%d.1", i);
        err_often(&a, address, ATTEMPTS_BURST, BEGIN + i);
    }
    assert_false(attempts_allowed(&a, address, BEGIN + 1000));
    assert_true(attempts_allowed(&a, "10.0.0.1", BEGIN + 1000));
    assert_int_equal(a.wrong, 3 * ATTEMPTS_PLACES * ATTEMPTS_BURST);
}

static void test_told_once_a_minute(void **state)
{
    (void)state;
    struct attempts a = {0};

    assert_int_equal(attempts_wrong(&a, "10.0.0.1", BEGIN), 1);
    for (int i = 1; i < 60; i++)
        assert_int_equal(attempts_wrong(&a, "10.0.0.1", BEGIN + i * NS_PER_S),
                         0);
    assert_int_equal(attempts_wrong(&a, "10.0.0.1", BEGIN + 60 * NS_PER_S), 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_a_second),
        cmocka_unit_test(test_a_network_is_one),
        cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_told_once_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
