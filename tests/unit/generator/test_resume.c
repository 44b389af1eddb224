// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/resume.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/test.h"

#define NOW INT64_C(123456789012345678) /* ns */

static char err[RESUME_ERROR_MAX];

static void test_there_and_back(void **state)
{
    struct resume a = {.preset = "/my music/x=1 preset=y.yaml",
                       .seed = 0xfedcba9876543210,
                       .origin_ns = NOW},
                  b;
    char text[RESUME_TEXT_MAX];

    (void)state;
    for (int p = 0; p < PARAM_COUNT; p++)
        a.param[p] = param_info((enum param)p)->def;
    a.param[PARAM_BRIGHTNESS] = 1.0 / 3.0;
    a.param[PARAM_FREEZE] = 1;
    assert_int_equal(resume_write(&a, text), 0);
    assert_null(strstr(text, "density")); /* as it is by default */
    assert_int_equal(resume_read(&b, text, NOW, err), 0);
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

/* What is wrong is named, and so is what would be right. */
static void test_errors(void **state)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"", "found ''; allowed: what longwave-gen told"},
        {"seed=1", "found ''; allowed: what longwave-gen told"},
        {"preset=", "preset: found ''"},
        {"seed= preset=x", "seed: found ''; allowed: 1 to 16 hex digits"},
        {"seed=1x preset=x", "seed: found '1x'"},
        {"seed=-1 preset=x", "seed: found '-1'"},
        {"seed=0x1 preset=x", "seed: found '0x1'"},
        {"seed=12345678123456781 preset=x", "seed: found '12345678123456781'"},
        {"loudness=1 preset=x", "found 'loudness'; allowed: seed, origin"},
        {"level=100 preset=x", "level: "},
        {"level=nan preset=x", "level: found 'nan'; allowed: a number"},
        {"level= preset=x", "level: found ''; allowed: a number"},
        {"level preset=x", "found 'level preset=x'; allowed: what"},
        {"origin=1.5 preset=x", "origin: found '1.5'; allowed: ns"},
        {"origin=+1 preset=x", "origin: found '+1'"},
        {"origin= preset=x", "origin: found ''"},
        /* another boot's, or nobody's */
        {"origin=123456790012345679 preset=x", "to now, 123456789012345678"},
        {"origin=99999999999999999999 preset=x", "origin: found '999"},
        {"origin=-1000000000000000001 preset=x", "from -1000000000 s"},
    };
    struct resume r;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        err[0] = '\0';
        assert_int_equal(resume_read(&r, wrong[i].text, NOW, err), -EINVAL);
        if (!strstr(err, wrong[i].says))
            fail_msg("'%s': %s", wrong[i].text, err);
    }
}

/* The longest music of a machine that has just been started. */
static void test_origins(void **state)
{
    struct resume r;

    (void)state;
    assert_int_equal(
        resume_read(&r, "origin=-999999999999999999 preset=x", 0, err), 0);
    assert_true(r.origin_ns == -999999999999999999);
    assert_int_equal(resume_read(&r, "origin=999999999 preset=x", 0, err), 0);
    assert_int_equal(resume_read(&r, "origin=1000000001 preset=x", 0, err),
                     -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
