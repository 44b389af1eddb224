// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "graph/clock.h"
#include "graph/wires.h"
#include "tests/unit/test.h"

#define MS NS_PER_MS

/* A graph: who is there, NULL at the end. */
static bool exists(void *ctx, const char *name)
{
    for (const char *const *p = ctx; *p; p++)
        if (strcmp(*p, name) == 0)
            return true;
    return false;
}

static const char *const both[] = {"a:1", "b:1", NULL};
static const char *const only_b[] = {"b:1", NULL};
static const char *const none[] = {NULL};

static void settle(struct wires *w, int64_t now, const char *const *there)
{
    (void)wires_settle(w, now, exists, (void *)there);
}

static void test_all_are_made_again(void **state)
{
    struct wires w = {0};
    (void)state;

    assert_int_equal(wires_see(&w, 0, both, 1), 0);
    assert_int_equal(wires_see(&w, 1, only_b, 1), 0);
    assert_int_equal(wires_see(&w, 0, both, 2), 0); /* seen again: no news */
    assert_int_equal(w.n, 3);
    assert_int_equal(wires_waiting(&w), 0);
    wires_lost(&w, 3);
    assert_int_equal(wires_waiting(&w), 3);
    /* What waits is not given up, however long nobody is there. */
    wires_see(&w, 0, NULL, 3600000 * MS);
    settle(&w, 3600000 * MS, none);
    settle(&w, 7200000 * MS, both);
    assert_int_equal(wires_waiting(&w), 3);
    /* Somebody else made one. */
    wires_see(&w, 0, only_b, 7200001 * MS);
    assert_int_equal(wires_waiting(&w), 2);
    wires_fini(&w);
    assert_int_equal(w.n, 0);
}

static void test_pulled_is_forgotten(void **state)
{
    struct wires w = {0};
    (void)state;

    wires_see(&w, 0, both, 1);
    wires_see(&w, 0, only_b, 1000 * MS);
    assert_true(wires_settle(&w, 1001 * MS, exists, (void *)both));
    assert_int_equal(w.n, 2); /* the server may be going */
    wires_see(&w, 0, only_b, 1100 * MS);
    settle(&w, (1000 + WIRES_PULLED_MS) * MS, both);
    assert_int_equal(w.n, 1);
    assert_string_equal(w.wire[0].other, "b:1");
    wires_fini(&w);
}

/* A server that ends takes its clients one by one: whoever left just before is
   still wanted; who left long before is not. */
static void test_the_other_end_went_first(void **state)
{
    struct wires w = {0};
    (void)state;

    wires_see(&w, 0, both, 1);
    wires_see(&w, 0, only_b, 1000 * MS);
    settle(&w, 1900 * MS, only_b);
    assert_int_equal(w.n, 2);
    wires_lost(&w, 1950 * MS);
    assert_int_equal(wires_waiting(&w), 2);
    wires_see(&w, 0, both, 3000 * MS);
    wires_see(&w, 0, only_b, 4000 * MS);
    settle(&w, (4000 + WIRES_ABSENT_MS) * MS, only_b);
    assert_int_equal(w.n, 1);
    wires_fini(&w);
}

static void test_back_in_time_is_kept(void **state)
{
    struct wires w = {0};
    (void)state;

    wires_see(&w, 0, both, 1);
    wires_see(&w, 0, only_b, 1000 * MS);
    wires_see(&w, 0, both, 1050 * MS);
    assert_false(wires_settle(&w, 5000 * MS, exists, (void *)both));
    assert_int_equal(w.n, 2);
    wires_fini(&w);
}

/* A cable pulled a moment before the server died, as the server announced it;
   nobody had the time to look. */
static void test_pulled_before_the_end(void **state)
{
    struct wires w = {0};
    (void)state;

    wires_see(&w, 0, both, 1);
    wires_parted(&w, 0, "a:1", 17, 1000 * MS);
    wires_lost(&w, (1000 + WIRES_SERVER_MS) * MS);
    assert_int_equal(w.n, 1);
    assert_string_equal(w.wire[0].other, "b:1");
    assert_int_equal(wires_waiting(&w), 1);
    wires_fini(&w);
}

/* The other end went with it, or the cut was the server's own end. */
static void test_not_pulled_before_the_end(void **state)
{
    struct wires w = {0};
    (void)state;

    wires_see(&w, 0, both, 1);
    wires_parted(&w, 0, "a:1", 17, 1000 * MS);
    wires_port_gone(&w, 18); /* whose is no matter */
    wires_port_gone(&w, 17);
    wires_parted(&w, 0, "b:1", 18, 1199 * MS);
    wires_lost(&w, 1200 * MS);
    assert_int_equal(wires_waiting(&w), 2);
    wires_fini(&w);
}

/* Announced and never seen: made and gone between two looks. */
static void test_what_is_announced_counts(void **state)
{
    struct wires w = {0};
    (void)state;

    assert_int_equal(wires_joined(&w, 3, "a:1"), 0);
    assert_int_equal(wires_joined(&w, 3, "b:1"), 0);
    wires_parted(&w, 3, "b:1", 5, 1000 * MS);
    wires_joined(&w, 3, "b:1");               /* and put in again */
    wires_parted(&w, 4, "a:1", 5, 1000 * MS); /* another port's */
    wires_lost(&w, 2000 * MS);
    assert_int_equal(w.n, 2);
    assert_int_equal(w.wire[0].port, 3);
    assert_true(wires_wait_for(&w, "a:1"));
    assert_true(wires_wait_for(&w, "b:1"));
    assert_false(wires_wait_for(&w, "c:1"));
    wires_joined(&w, 3, "a:1");
    assert_false(wires_wait_for(&w, "a:1"));
    wires_fini(&w);
}

/* PipeWire announces a cut before the graph shows it: a look that still shows
   the wire takes nothing back, a later one does. */
static void test_a_cut_that_is_still_seen(void **state)
{
    struct wires w = {0};
    (void)state;

    wires_see(&w, 0, both, 1);
    wires_parted(&w, 0, "a:1", 17, 1000 * MS);
    wires_see(&w, 0, both, 1010 * MS);
    assert_true(wires_settle(&w, 1190 * MS, exists, (void *)both));
    assert_int_equal(w.n, 2); /* while it is seen it is not forgotten */
    wires_see(&w, 0, only_b, 1195 * MS);
    settle(&w, 1196 * MS, both);
    assert_int_equal(w.n, 1);

    wires_see(&w, 0, both, 2000 * MS);
    wires_parted(&w, 0, "a:1", 17, 2000 * MS);
    wires_see(&w, 0, both, (2000 + WIRES_SEEN_MS) * MS);
    wires_lost(&w, 3000 * MS);
    assert_int_equal(w.n, 2);
    wires_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_are_made_again),
        cmocka_unit_test(test_pulled_is_forgotten),
        cmocka_unit_test(test_the_other_end_went_first),
        cmocka_unit_test(test_back_in_time_is_kept),
        cmocka_unit_test(test_pulled_before_the_end),
        cmocka_unit_test(test_not_pulled_before_the_end),
        cmocka_unit_test(test_what_is_announced_counts),
        cmocka_unit_test(test_a_cut_that_is_still_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
