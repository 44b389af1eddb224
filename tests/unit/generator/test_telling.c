// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/telling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/clock.h"
#include "tests/unit/test.h"

static void test_questions(void **state)
{
    (void)state;
    assert_int_equal(telling_read("").what, TELLING_ALL);
    assert_int_equal(telling_read("").after, 0);
    assert_int_equal(telling_read("levels").what, TELLING_LEVELS);
    assert_int_equal(telling_read("now").what, TELLING_NOW);
    assert_int_equal(telling_read("log 12").what, TELLING_ALL);
    assert_int_equal(telling_read("log 12").after, 12);
    assert_int_equal(telling_read("log x").after, 0);
    assert_int_equal(telling_read("anything").what, TELLING_ALL);
}

static void test_numbers_are_what_they_are(void **state)
{
    json_t *o = json_object();
    char *text;

    (void)state;
    telling_put(o, "a", telling_number(1.23456, 100));
    telling_put(o, "b", telling_number(-HUGE_VAL, 100));
    telling_put(o, "c", telling_number(NAN, 1));
    telling_put(o, "d", telling_ms(1500000, -1));
    telling_put(o, "e", telling_ms(-1, -1));
    telling_put(o, "f", telling_text("x\xff\n"));
    telling_put(o, "g", NULL);
    text = telling_dump(o);
    assert_string_equal(text, "{\"a\":1.23,\"b\":null,\"c\":null,\"d\":1.5,"
                              "\"e\":null,\"f\":\"x??\"}");
    free(text);
    assert_null(telling_dump(NULL));
}

static void test_levels_by_port(void **state)
{
    static const struct jclient_port ports[] = {
        {"a", NULL, NULL}, {"b", NULL, NULL}, {NULL}};
    struct gauge g = {0};
    float loud[4800];
    json_t *o = json_object();
    char *text;

    (void)state;
    for (int i = 0; i < 4800; i++)
        loud[i] = i % 2 ? 0.5f : -0.5f;
    gauge_add_rt(&g, 3, loud, 1, 4800);
    gauge_end_rt(&g, 4800, 48000, clock_now());
    telling_levels(o, ports, &g, 2); /* ports 2 and 3 */
    text = telling_dump(o);
    assert_string_equal(text, "{\"a\":null,\"b\":[-6.0,-6.0]}");
    free(text);
}

static void test_the_log_after_a_line(void **state)
{
    struct log_tail *tail;
    json_t *o;

    (void)state;
    assert_int_equal(log_tail_new(&tail, 3), 0);
    for (int i = 1; i <= 5; i++)
        log_tail_put(tail, i, LOG_WARN, "p", i == 5 ? "\"five\"" : "x");
    o = telling_log(tail, 0);
    assert_int_equal(json_array_size(o), 3); /* as are kept */
    json_decref(o);
    o = telling_log(tail, 4);
    assert_int_equal(json_array_size(o), 1);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(o, 0), "text")),
        "\"five\"");
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(o, 0), "level")),
        "warn");
    assert_int_equal(
        json_integer_value(json_object_get(json_array_get(o, 0), "unix_ms")),
        5);
    json_decref(o);
    o = telling_log(NULL, 0);
    assert_int_equal(json_array_size(o), 0);
    json_decref(o);
    o = telling_begin("prog");
    assert_int_equal(json_integer_value(json_object_get(o, "pid")), getpid());
    json_decref(o);
    log_tail_free(&tail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_numbers_are_what_they_are),
        cmocka_unit_test(test_levels_by_port),
        cmocka_unit_test(test_the_log_after_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
