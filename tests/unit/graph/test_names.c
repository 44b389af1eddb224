// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/test.h"

#define MANY 5000

static void test_finds_each_of_many(void **state)
{
    (void)state;
    static char text[MANY][16];
    struct names t = {NULL};

    assert_int_equal(names_get(&t, "a", 1), NAMES_NONE);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(text[i], sizeof(text[i]), "name-%u", i);
        assert_int_equal(names_put(&t, text[i], strlen(text[i]), i), 0);
    }
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(names_get(&t, text[i], strlen(text[i])), i);
    assert_int_equal(names_get(&t, "name-5000", 9), NAMES_NONE);
    /* the bytes that are asked for, and no more */
    assert_int_equal(names_get(&t, "name-77 and more", 7), 77);
    names_clear(&t);
    assert_int_equal(names_get(&t, text[7], strlen(text[7])), NAMES_NONE);
    names_fini(&t);
}

static void test_keeps_the_first(void **state)
{
    (void)state;
    struct names t = {NULL};

    assert_int_equal(names_put(&t, "", 0, 3), 0);
    assert_int_equal(names_put(&t, "in", 2, 1), 0);
    assert_int_equal(names_put(&t, "into", 2, 2), -EEXIST);
    assert_int_equal(names_get(&t, "in", 2), 1);
    assert_int_equal(names_get(&t, "", 0), 3);
    names_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_each_of_many),
        cmocka_unit_test(test_keeps_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
