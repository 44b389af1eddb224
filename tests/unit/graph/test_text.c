// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/text.h"

#include "tests/unit/test.h"

static void check(const char *in, size_t size, const char *want)
{
    char got[64];
    assert_true(size <= sizeof(got));
    text_clean(got, size, in);
    assert_string_equal(got, want);
}

static void test_good_text_stays(void **state)
{
    (void)state;
    check("mpv 0.35.1", 64, "mpv 0.35.1");
    check("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8e\xb5", 64,
          "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8e\xb5");
    check("\xed\x9f\xbf\xf4\x8f\xbf\xbf", 64, "\xed\x9f\xbf\xf4\x8f\xbf\xbf");
    check("", 64, "");
    check(NULL, 64, "");
}

static void test_what_would_forge_a_log_line_goes(void **state)
{
    (void)state;
    check("a\r\nb\tc\x1b[2J\x7f", 64, "a??b?c?[2J?");
    check("\xc2\x85", 64, "??"); /* NEL, a line end to some */
}

static void test_what_is_not_utf8_goes(void **state)
{
    (void)state;
    check("\xff\xfe", 64, "??");
    check("\xc0\xaf", 64, "??");           /* overlong / */
    check("\xe0\x80\xaf", 64, "???");      /* the same, longer */
    check("\xf0\x80\x80\xaf", 64, "????"); /* and longer */
    check("\xed\xa0\x80", 64, "???");      /* a surrogate */
    check("\xf4\x90\x80\x80", 64, "????"); /* past U+10FFFF */
    check("a\xe2\x82", 64, "a??");         /* the end is missing */
    check("\xf0\x9f\x8e"
          "b",
          64, "???b");
    check("\xc3", 64, "?");
}

static void test_is_cut_between_characters(void **state)
{
    (void)state;
    check("abcdef", 4, "abc");
    check("ab\xc3\xa4", 4, "ab");
    check("ab\xc3\xa4", 5, "ab\xc3\xa4");
    check("abc", 1, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_text_stays),
        cmocka_unit_test(test_what_would_forge_a_log_line_goes),
        cmocka_unit_test(test_what_is_not_utf8_goes),
        cmocka_unit_test(test_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
