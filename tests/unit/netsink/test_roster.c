// SPDX-License-Identifier: GPL-3.0-or-later
/* What is asked for; what is answered is in test_admin. */
#include "netsink/roster.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/test.h"

static void test_what_is_allowed(void **state)
{
    (void)state;
    struct roster_query q;
    char said[ROSTER_SAID];

    assert_int_equal(roster_parse(&q, NULL, said), 0);
    assert_int_equal(q.sort, ROSTER_ID);
    assert_false(q.down);
    assert_int_equal(q.limit, 100);
    assert_int_equal(q.offset, 0);
    assert_int_equal(roster_parse(&q,
                                  "sort=lag&order=desc&limit=1000&offset="
                                  "999999999&other=1&&x",
                                  said),
                     0);
    assert_int_equal(q.sort, ROSTER_LAG);
    assert_true(q.down);
    assert_int_equal(q.limit, 1000);
    assert_int_equal(q.offset, 999999999);
}

static void test_what_is_not(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "sort=",     "sort=name",  "sort",     "order=up",
        "limit=0",   "limit=1001", "limit=-1", "limit=1e3",
        "limit=",    "offset=x",   "offset=",  "offset=12345678901234567890",
        "sort=lags",
    };
    struct roster_query q;
    char said[ROSTER_SAID];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (roster_parse(&q, wrong[i], said) != -EINVAL)
            fail_msg("%s was taken", wrong[i]);
        /* It says which, and repeats nothing. */
        assert_memory_equal(said, wrong[i], strcspn(wrong[i], "="));
        assert_non_null(strstr(said, "allowed"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_allowed),
        cmocka_unit_test(test_what_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
