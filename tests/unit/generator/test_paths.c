// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/paths.h"

static char out[PATH_MAX], err[4 * PATH_MAX];

static int find(const char *name)
{
    out[0] = err[0] = '\0';
    return paths_preset("music", name, out, sizeof(out), err, sizeof(err));
}

static void test_paths_are_taken_as_they_are(void **state)
{
    (void)state;
    assert_int_equal(find("mine.yaml"), 0);
    assert_string_equal(out, "mine.yaml");
    assert_int_equal(find("./mine"), 0);
    assert_string_equal(out, "./mine");
    assert_int_equal(paths_preset("music", "/long", out, 4, err, sizeof(err)),
                     -ENAMETOOLONG);
}

static void test_names_are_looked_for(void **state)
{
    (void)state;
    assert_int_equal(setenv("LONGWAVE_PRESETS", PRESETS, 1), 0);
    assert_int_equal(find("terminal"), 0);
    assert_string_equal(out, PRESETS "/music/terminal.yaml");
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(setenv("LONGWAVE_PRESETS", PRESETS, 1), 0);
    assert_int_equal(find("terminus"), -ENOENT);
    assert_ptr_equal(
        strstr(err,
               "there is no 'terminus' in presets/music; looked in " PRESETS
               "/music, "),
        err);
    assert_non_null(
        strstr(err, "/../share/longwave/presets/music; there is: "));
    assert_non_null(strstr(err, "terminal"));
}

static void test_names_come_once_and_sorted(void **state)
{
    char *names[PATHS_NAMES_MAX];
    uint32_t n, terminals = 0;

    (void)state;
    /* two folders with the same presets: this and the build tree's */
    assert_int_equal(setenv("LONGWAVE_PRESETS", PRESETS, 1), 0);
    n = paths_names("music", names);
    assert_in_range(n, 10, PATHS_NAMES_MAX);
    for (uint32_t i = 0; i < n; i++) {
        terminals += strcmp(names[i], "terminal") == 0;
        if (i > 0)
            assert_true(strcmp(names[i - 1], names[i]) < 0);
    }
    assert_int_equal(terminals, 1);
    for (uint32_t i = 0; i < n; i++)
        free(names[i]);
    assert_int_equal(paths_names("no-such-kind", names), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_are_taken_as_they_are),
        cmocka_unit_test(test_names_are_looked_for),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_names_come_once_and_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
