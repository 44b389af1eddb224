// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/hourly.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/test.h"

static json_t *read_all(const struct hourly *h)
{
    char *text = hourly_json(h);
    json_t *root;

    assert_non_null(text);
    root = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(root);
    return root;
}

/* A figure's column: 0 is the oldest. NULL: it is not among the series. */
static const json_t *column(const json_t *root, const char *name, size_t i)
{
    const json_t *a = json_object_get(json_object_get(root, "series"), name);

    if (!a)
        return NULL;
    assert_int_equal(json_array_size(a), HOURLY_COLUMNS);
    return json_array_get(a, i);
}

static void is(const json_t *v, double want)
{
    if (!json_is_number(v) || fabs(json_number_value(v) - want) > 1e-4)
        fail_msg("%g, not %g", json_number_value(v), want);
}

static void test_columns(void **state)
{
    (void)state;
    struct hourly *h;

    assert_int_equal(hourly_new(&h), 0);
    for (int i = 0; i < 5; i++) {
        hourly_put(h, "cpu", 100);
        hourly_put(h, "cpu", i + 0.5);
        if (i == 3)
            hourly_put(h, "lufs_m", -18.25);
        hourly_put(h, "true_peak", -INFINITY);
        hourly_turn(h, 1000 * i);
    }
    hourly_put(h, "cpu", 77); /* of a column that is not done */
    json_t *root = read_all(h);
    assert_int_equal(json_integer_value(json_object_get(root, "step_s")), 10);
    assert_int_equal(json_integer_value(json_object_get(root, "end_unix_ms")),
                     4000);
    for (size_t i = 0; i < 5; i++)
        is(column(root, "cpu", HOURLY_COLUMNS - 5 + i), (double)i + 0.5);
    assert_true(json_is_null(column(root, "cpu", HOURLY_COLUMNS - 6)));
    assert_true(json_is_null(column(root, "lufs_m", HOURLY_COLUMNS - 1)));
    is(column(root, "lufs_m", HOURLY_COLUMNS - 2), -18.25);
    assert_null(column(root, "true_peak", 0));
    json_decref(root);
    hourly_free(&h);
    assert_null(h);
}

static void test_an_hour_is_kept(void **state)
{
    (void)state;
    struct hourly *h;

    hourly_new(&h);
    hourly_put(h, "cpu_gone", 1);
    for (int i = 0; i < HOURLY_COLUMNS + 2; i++) {
        hourly_put(h, "cpu", i);
        hourly_turn(h, i);
    }
    json_t *root = read_all(h);
    is(column(root, "cpu", 0), 2);
    is(column(root, "cpu", HOURLY_COLUMNS - 1), HOURLY_COLUMNS + 1);
    assert_null(column(root, "cpu_gone", 0));
    json_decref(root);
    hourly_free(&h);
}

/* Clients come and go under new names: neither is memory theirs for ever, nor
   the room of who comes after them. */
static void test_names_are_bounded(void **state)
{
    (void)state;
    struct hourly *h;
    char name[80];

    hourly_new(&h);
    for (int i = 0; i < 2 * HOURLY_SERIES; i++) {
        snprintf(name, sizeof(name), "cpu_%d\n", i);
        hourly_put(h, name, i);
    }
    hourly_turn(h, 1);
    json_t *root = read_all(h);
    assert_int_equal(json_object_size(json_object_get(root, "series")),
                     HOURLY_SERIES);
    assert_non_null(column(root, "cpu_0?", 0));
    json_decref(root);
    for (int i = 0; i < HOURLY_COLUMNS; i++)
        hourly_turn(h, i);
    hourly_put(h, "late", 1);
    hourly_turn(h, 1);
    root = read_all(h);
    assert_int_equal(json_object_size(json_object_get(root, "series")), 1);
    assert_non_null(column(root, "late", 0));
    json_decref(root);
    hourly_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_an_hour_is_kept),
        cmocka_unit_test(test_names_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
