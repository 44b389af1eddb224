// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include "netsink/page.h"

/* As browsers, curl and those who take nothing say it. */
static void test_who_takes_gzip(void **state)
{
    (void)state;
    assert_true(page_gzip_ok("gzip, deflate, br, zstd"));
    assert_true(page_gzip_ok("br;q=1.0, GZIP;q=0.8, *;q=0.1"));
    assert_true(page_gzip_ok("deflate,\tgzip ; q=0.001"));
    assert_true(page_gzip_ok("gzip"));

    assert_false(page_gzip_ok(NULL));
    assert_false(page_gzip_ok(""));
    assert_false(page_gzip_ok("identity"));
    assert_false(page_gzip_ok("deflate, br"));
    assert_false(page_gzip_ok("xgzip, gzipped, zip"));
    assert_false(page_gzip_ok("gzip;q=0"));
    assert_false(page_gzip_ok("gzip; q=0.000, deflate"));
    assert_false(page_gzip_ok("br, gzip;q=0, deflate;q=1"));
    assert_false(page_gzip_ok(",,;=,"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_takes_gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
