// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/suggest.h"

#include "tests/unit/test.h"

static const char *const names[] = {"listen", "admin", "log-level", "seed",
                                    NULL};

static void test_near_words(void **state)
{
    (void)state;
    assert_string_equal(suggest("listne", names), "listen");
    assert_string_equal(suggest("sed", names), "seed");
    assert_string_equal(suggest("loglevel", names), "log-level");
    assert_string_equal(suggest("admin", names), "admin");
}

static void test_far_words(void **state)
{
    (void)state;
    assert_null(suggest("volume", names));
    assert_null(suggest("", names));
    assert_null(
        suggest("a-word-far-longer-than-any-name-that-was-ever-given", names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_near_words),
        cmocka_unit_test(test_far_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
