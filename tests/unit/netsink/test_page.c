// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <string.h>

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

static bool has(const char *text, size_t len, const char *what)
{
    return memmem(text, len, what, strlen(what)) != NULL;
}

/* What works without scripts names a mount that there is. */
static void test_home_names_the_mount(void **state)
{
    struct page_home *home, *longer;
    size_t n, n_longer;
    const char *text;
    (void)state;

    assert_int_equal(page_home_new(&home, "live"), 0);
    assert_null(home);
    assert_int_equal(page_home_new(&home, "night"), 0);
    text = page_home_text(home, &n);
    assert_true(has(text, n, "<audio controls src=\"/night.opus\""));
    assert_true(has(text, n, "href=\"/night.m3u\""));
    assert_true(has(text, n, "vlc <span class=\"address\">/night.opus<"));
    assert_false(has(text, n, "/live."));
    /* whole, to its end */
    assert_memory_equal(text, "<!doctype html>", 15);
    assert_memory_equal(text + n - 8, "</html>\n", 8);

    assert_int_equal(page_home_new(&longer, "night2"), 0);
    page_home_text(longer, &n_longer);
    assert_int_equal(n_longer - n, 8); /* places */
    page_home_free(&longer);
    page_home_free(&home);
    page_home_free(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_home_names_the_mount),
        cmocka_unit_test(test_who_takes_gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
