// SPDX-License-Identifier: GPL-3.0-or-later
/* The orders of events are those that jackd 1.9.21 was seen to announce. */
#include "graph/pulls.h"

#include "tests/unit/test.h"

#define T0 NS_PER_S

static int setup(void **state)
{
    struct pulls *p;

    assert_int_equal(pulls_new(&p), 0);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct pulls *p = *state;

    pulls_free(&p);
    return 0;
}

static bool is_pulled(const struct pulls *p, const char *from, const char *to)
{
    return pulled_has(pulls_now(p), from, to);
}

static void test_by_hand(void **state)
{
    struct pulls *p = *state;

    assert_int_equal(pulls_cut(p, "a:out", "b:in", 9, 5, T0), 0);
    assert_true(is_pulled(p, "a:out", "b:in"));
    assert_false(is_pulled(p, "a:out", "c:in"));
    /* others may come and go */
    pulls_port_gone(p, 7, T0 + 1);
    assert_true(is_pulled(p, "a:out", "b:in"));
    /* and so may its own, later */
    pulls_port_gone(p, 9, T0 + PULLS_CLIENT_NS);
    assert_true(is_pulled(p, "a:out", "b:in"));
    pulls_forget(p);
    assert_false(is_pulled(p, "a:out", "b:in"));
}

/* All its cables are cut, then its ports go; the next client may get their
   numbers. */
static void test_client_leaves(void **state)
{
    struct pulls *p = *state;

    pulls_cut(p, "a:out", "b:in", 9, 5, T0);
    pulls_cut(p, "a:two", "b:in", 10, 5, T0 + 1);
    pulls_cut(p, "c:out", "b:in", 11, 5, T0 + 2);
    pulls_port_gone(p, 9, T0 + 3);
    pulls_port_gone(p, 10, T0 + 4);
    assert_false(is_pulled(p, "a:out", "b:in"));
    assert_false(is_pulled(p, "a:two", "b:in"));
    assert_true(is_pulled(p, "c:out", "b:in"));
    /* once forgiven, a second word of the same port changes nothing */
    pulls_port_gone(p, 9, T0 + 5);
    assert_true(is_pulled(p, "c:out", "b:in"));
}

static void test_input_leaves(void **state)
{
    struct pulls *p = *state;

    pulls_cut(p, "a:out", "b:in", 9, 5, T0);
    pulls_port_gone(p, 5, T0 + PULLS_CLIENT_NS - 1);
    assert_false(is_pulled(p, "a:out", "b:in"));
}

static void test_server_leaves(void **state)
{
    struct pulls *p = *state;

    pulls_cut(p, "a:out", "b:in", 9, 5, T0);
    pulls_cut(p, "c:out", "b:in", 11, 5, T0 + NS_PER_S);
    pulls_server_gone(p, T0 + NS_PER_S + 1);
    assert_false(is_pulled(p, "c:out", "b:in")); /* its own doing */
    assert_true(is_pulled(p, "a:out", "b:in"));
    /* the next server's port 9 is another one */
    pulls_port_gone(p, 9, T0 + NS_PER_S + 2);
    assert_true(is_pulled(p, "a:out", "b:in"));
}

static void test_joined_again(void **state)
{
    struct pulls *p = *state;
    const char *from, *to;

    pulls_cut(p, "a:out", "b:in", 9, 5, T0);
    pulls_joined(p, "a:out", "b:in");
    assert_false(is_pulled(p, "a:out", "b:in"));
    assert_false(pulls_news(p, T0 + PULLS_CLIENT_NS, &from, &to));
    /* and pulled again: another pull */
    pulls_cut(p, "a:out", "b:in", 9, 5, T0 + 5);
    assert_true(is_pulled(p, "a:out", "b:in"));
}

/* A look at the graph that is older than the word of the cut, and a later one.
 */
static void test_seen(void **state)
{
    struct pulls *p = *state;

    pulls_cut(p, "a:out", "b:in", 9, 5, T0);
    pulls_seen(p, "a:out", "b:in", T0 + PULLS_SEEN_NS - 1);
    assert_true(is_pulled(p, "a:out", "b:in"));
    pulls_seen(p, "c:out", "b:in", T0 + PULLS_SEEN_NS);
    assert_true(is_pulled(p, "a:out", "b:in"));
    pulls_seen(p, "a:out", "b:in", T0 + PULLS_SEEN_NS);
    assert_false(is_pulled(p, "a:out", "b:in"));
}

static void test_news(void **state)
{
    struct pulls *p = *state;
    const char *from, *to;

    assert_int_equal(pulls_news_at(p), INT64_MAX);
    pulls_cut(p, "a:out", "b:in", 9, 5, T0);
    assert_int_equal(pulls_news_at(p), T0 + PULLS_CLIENT_NS);
    assert_false(pulls_news(p, T0 + PULLS_CLIENT_NS - 1, &from, &to));
    /* also when nobody asked for very long */
    assert_true(pulls_news(p, T0 + 10 * PULLS_CLIENT_NS, &from, &to));
    assert_string_equal(from, "a:out");
    assert_string_equal(to, "b:in");
    assert_false(pulls_news(p, T0 + 10 * PULLS_CLIENT_NS, &from, &to));
    assert_int_equal(pulls_news_at(p), INT64_MAX);
    assert_true(is_pulled(p, "a:out", "b:in"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client_leaves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_input_leaves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_server_leaves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_joined_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_news, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
