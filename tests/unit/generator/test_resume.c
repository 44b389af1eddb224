// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/resume.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/test.h"

static char err[RESUME_ERROR_MAX];

static void test_there_and_back(void **state)
{
    struct resume a = {.preset = "/my music/x=1 preset=y.yaml",
                       .seed = 0xfedcba9876543210,
                       .origin_ns = 123456789012345678},
                  b;
    char text[RESUME_TEXT_MAX];

    (void)state;
    for (int p = 0; p < PARAM_COUNT; p++)
        a.param[p] = param_info((enum param)p)->def;
    a.param[PARAM_BRIGHTNESS] = 1.0 / 3.0;
    a.param[PARAM_FREEZE] = 1;
    assert_int_equal(resume_write(&a, text), 0);
    assert_null(strstr(text, "density")); /* as it is by default */
    assert_int_equal(resume_read(&b, text, err), 0);
    assert_string_equal(b.preset, a.preset);
    assert_true(b.seed == a.seed);
    assert_true(b.origin_ns == a.origin_ns);
    assert_memory_equal(b.param, a.param, sizeof(a.param));
}

static void test_longest(void **state)
{
    struct resume r = {.seed = 1};
    char text[RESUME_TEXT_MAX];

    (void)state;
    /* everything is set: as long as it can be */
    for (int p = 0; p < PARAM_COUNT; p++)
        r.param[p] = -1.0 / 3.0;
    memset(r.preset, 'x', sizeof(r.preset) - 1);
    assert_int_equal(resume_write(&r, text), 0);
    assert_int_equal(strlen(strstr(text, "xxx")), sizeof(r.preset) - 1);
}

static void test_errors(void **state)
{
    static const char *const wrong[] = {
        "",
        "seed=1",
        "preset=",
        "seed= preset=x",
        "seed=1x preset=x",
        "loudness=1 preset=x",
        "level=100 preset=x",
        "level preset=x",
        "origin=1.5 preset=x",
    };
    struct resume r;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        err[0] = '\0';
        assert_int_equal(resume_read(&r, wrong[i], err), -EINVAL);
        assert_non_null(strstr(err, "found '"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
