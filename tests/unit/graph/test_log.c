// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/log.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_and_levels),
        cmocka_unit_test(test_strangers_cannot_forge_lines),
        cmocka_unit_test(test_long_lines_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
