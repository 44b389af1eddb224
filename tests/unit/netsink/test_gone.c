// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/gone.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

static void add(struct gone_list *g, uint64_t number)
{
    const struct session ses = {
        .number = number, .address = "127.0.0.1:9", .why = LISTENER_STALLED};
    gone_add(g, &ses);
}

static void test_the_latest_are_kept(void **state)
{
    (void)state;
    struct gone_list *g = calloc(1, sizeof(*g));

    assert_non_null(g);
    for (uint64_t n = 1; n <= 3 * GONE_MAX; n++)
        add(g, n);
    assert_int_equal(g->n, GONE_MAX);
    for (uint32_t i = 0; i < g->n; i++)
        assert_int_equal(g->all[i].number, 3 * GONE_MAX - i);
    assert_string_equal(g->all[0].address, "127.0.0.1:9");
    assert_string_equal(gone_why(g->all[0].why), "stalled");
    free(g);
}

static void test_who_came_back_is_not_gone(void **state)
{
    (void)state;
    struct gone_list *g = calloc(1, sizeof(*g));

    assert_non_null(g);
    gone_remove(g, 1);
    for (uint64_t n = 1; n <= 3; n++)
        add(g, n);
    gone_remove(g, 2);
    gone_remove(g, 77);
    assert_int_equal(g->n, 2);
    assert_int_equal(g->all[0].number, 3);
    assert_int_equal(g->all[1].number, 1);
    gone_remove(g, 1);
    gone_remove(g, 3);
    assert_int_equal(g->n, 0);
    free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_latest_are_kept),
        cmocka_unit_test(test_who_came_back_is_not_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
