// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/log.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/graph/capture.h"
#include "tests/unit/test.h"

static void test_lines_and_levels(void **state)
{
    (void)state;
    const struct log log = {.program = "prog", .level = LOG_WARN};
    char text[4096];
    struct capture c = capture_start(STDERR_FILENO);
    log_error(&log, "port %d", 7);
    log_warn(&log, "slow");
    log_info(&log, "unheard");
    log_error(NULL, "unheard");
    capture_end(&c, text, sizeof text);
    assert_string_equal(text, "prog: error: port 7\nprog: warning: slow\n");
}

static void test_strangers_cannot_forge_lines(void **state)
{
    (void)state;
    const struct log log = {.program = "prog", .level = LOG_INFO};
    char text[4096];
    struct capture c = capture_start(STDERR_FILENO);
    log_info(&log, "agent %s", "a\nprog: error: \033[31mforged");
    capture_end(&c, text, sizeof text);
    assert_string_equal(text, "prog: agent a?prog: error: ?[31mforged\n");
}

static void test_long_lines_are_cut(void **state)
{
    (void)state;
    const struct log log = {.program = "prog", .level = LOG_INFO};
    char text[4096], longtext[3000];
    memset(longtext, 'x', sizeof longtext - 1);
    longtext[sizeof longtext - 1] = '\0';
    struct capture c = capture_start(STDERR_FILENO);
    log_info(&log, "%s", longtext);
    capture_end(&c, text, sizeof text);
    assert_int_equal(strlen(text), 1024);
    assert_int_equal(text[1023], '\n');
}

static void test_the_tail_keeps_the_last_lines(void **state)
{
    (void)state;
    struct log_tail *tail;
    struct log_line line;
    char sent[4096];
    assert_int_equal(log_tail_new(&tail, 0), -EINVAL);
    assert_null(tail);
    assert_int_equal(log_tail_new(&tail, 3), 0);
    const struct log log = {.program = "prog", .level = LOG_INFO, .tail = tail};
    assert_false(log_tail_next(tail, 0, &line));
    assert_int_equal(log_tail_newest(tail), 0);

    struct capture c = capture_start(STDERR_FILENO);
    log_warn(&log, "one\n\033[1m");
    log_debug(&log, "unheard");
    capture_end(&c, sent, sizeof sent);
    assert_true(log_tail_next(tail, 0, &line));
    assert_int_equal(line.n, 1);
    assert_int_equal(line.level, LOG_WARN);
    assert_string_equal(line.who, "prog");
    assert_string_equal(line.text, "one??[1m");
    assert_true(line.unix_ms > INT64_C(1600000000000));
    assert_false(log_tail_next(tail, 1, &line));

    for (int i = 2; i <= 7; i++)
        log_tail_put(tail, i, LOG_INFO, "other", i == 6 ? "\xff" : "x");
    assert_int_equal(log_tail_newest(tail), 7);
    uint64_t n = 0;
    for (int i = 5; i <= 7; i++) {
        assert_true(log_tail_next(tail, n, &line));
        assert_int_equal(line.n, i);
        assert_int_equal(line.unix_ms, i);
        assert_string_equal(line.text, i == 6 ? "?" : "x");
        n = line.n;
    }
    assert_false(log_tail_next(tail, n, &line));
    assert_true(log_tail_next(tail, 2, &line)); /* that one has gone */
    assert_int_equal(line.n, 5);
    log_tail_free(&tail);
    assert_null(tail);
}

/* Who can't be waited for writes into what is there still. */
static void test_a_held_tail_stays(void **state)
{
    struct log_tail *tail, *late;
    struct log_line line;

    (void)state;
    assert_int_equal(log_tail_new(&tail, 2), 0);
    late = tail;
    log_tail_hold(tail);
    log_tail_free(&tail);
    assert_null(tail);
    log_tail_put(late, 1, LOG_INFO, "test", "late");
    assert_true(log_tail_next(late, 0, &line));
    assert_string_equal(line.text, "late");
    free(late); /* which a program leaves to its end */
}

static void test_long_lines_are_cut_in_the_tail(void **state)
{
    (void)state;
    struct log_tail *tail;
    struct log_line line;
    char text[4096], longtext[3000];
    assert_int_equal(log_tail_new(&tail, 1), 0);
    const struct log log = {.program = "prog", .level = LOG_INFO, .tail = tail};
    memset(longtext, 'x', sizeof longtext - 1);
    longtext[sizeof longtext - 1] = '\0';
    struct capture c = capture_start(STDERR_FILENO);
    log_info(&log, "%s", longtext);
    capture_end(&c, text, sizeof text);
    assert_int_equal(strlen(text), 1024);
    assert_true(log_tail_next(tail, 0, &line));
    assert_int_equal(strlen(line.text), LOG_TEXT_MAX - 1);
    log_tail_free(&tail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_and_levels),
        cmocka_unit_test(test_strangers_cannot_forge_lines),
        cmocka_unit_test(test_long_lines_are_cut),
        cmocka_unit_test(test_the_tail_keeps_the_last_lines),
        cmocka_unit_test(test_a_held_tail_stays),
        cmocka_unit_test(test_long_lines_are_cut_in_the_tail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
