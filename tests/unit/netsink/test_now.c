// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/now.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/test.h"

static bool told(struct now_playing *p, const char *title, int64_t began,
                 struct now_clock c)
{
    struct now n = {.unix_ms = began};

    snprintf(n.title, sizeof(n.title), "%s", title);
    snprintf(n.detail, sizeof(n.detail), "of %s", title);
    return now_tell(p, &n, &c);
}

/* A timeline whose packet 0 was at 1,000,000 ms. */
static struct now_clock at(int64_t ms)
{
    return (struct now_clock){(uint64_t)ms / 20, 1000000 + ms};
}

static void test_the_packet_of_a_moment(void **state)
{
    (void)state;
    struct now_playing p = {0};

    assert_true(told(&p, "one", 1000000 + 4000, at(5000)));
    assert_int_equal(p.now.seq, 200);
    assert_string_equal(p.now.now.detail, "of one");
    /* Of a time to come it is the present one, of one before us the first. */
    p = (struct now_playing){0};
    assert_true(told(&p, "one", 1000000 + 9000, at(5000)));
    assert_int_equal(p.now.seq, 250);
    p = (struct now_playing){0};
    assert_true(told(&p, "one", 5, at(5000)));
    assert_int_equal(p.now.seq, 0);
}

static void test_the_same_is_no_change(void **state)
{
    (void)state;
    struct now_playing p = {0};

    told(&p, "one", 1000000, at(0));
    assert_false(told(&p, "one", 1000000 + 3000, at(3000)));
    assert_int_equal(p.now.seq, 0);
    assert_int_equal(p.n_recent, 0);
}

static void test_recent(void **state)
{
    (void)state;
    struct now_playing p = {0};
    char title[16];

    for (int i = 0; i < 3 * NOW_RECENT; i++) {
        snprintf(title, sizeof(title), "%d", i);
        assert_true(told(&p, title, 1000000 + i * 1000, at(i * 1000)));
    }
    assert_int_equal(p.n_recent, NOW_RECENT);
    for (int i = 0; i < NOW_RECENT; i++) {
        snprintf(title, sizeof(title), "%d", 3 * NOW_RECENT - 2 - i);
        assert_string_equal(p.recent[i].now.title, title);
        assert_int_equal(p.recent[i].seq, (3 * NOW_RECENT - 2 - i) * 50);
    }
}

static void test_nothing_is_not_recent(void **state)
{
    (void)state;
    struct now_playing p = {0};

    told(&p, "one", 1000000, at(0));
    assert_true(told(&p, "", 1001000, at(1000)));
    assert_int_equal(p.n_recent, 1);
    assert_true(told(&p, "two", 1002000, at(2000)));
    assert_int_equal(p.n_recent, 1);
    assert_string_equal(p.recent[0].now.title, "one");
}

static void test_the_operator_goes_first(void **state)
{
    (void)state;
    struct now_playing p = {0};
    struct now_clock c = at(2000);

    told(&p, "one", 1000000, at(0));
    assert_true(now_overrule(&p, "news", "at ten", &c));
    assert_string_equal(p.now.now.title, "news");
    assert_int_equal(p.now.seq, 100);
    /* What the generator says meanwhile waits. */
    assert_false(told(&p, "two", 1003000, at(3000)));
    assert_string_equal(p.now.now.title, "news");
    c = at(4000);
    assert_true(now_overrule(&p, NULL, NULL, &c));
    assert_string_equal(p.now.now.title, "two");
    assert_int_equal(p.now.seq, 200);
    assert_int_equal(p.now.now.unix_ms, 1004000);
    assert_string_equal(p.recent[0].now.title, "news");
    assert_false(now_overrule(&p, "", "", &c));
}

static void test_texts_are_cleaned_and_cut(void **state)
{
    (void)state;
    struct now_playing p = {0};
    struct now_clock c = at(0);
    char long_title[400];

    now_overrule(&p, "a\033[31m\n", "\xff", &c);
    assert_string_equal(p.now.now.title, "a?[31m?");
    assert_string_equal(p.now.now.detail, "?");
    memset(long_title, 'x', sizeof(long_title));
    long_title[sizeof(long_title) - 1] = '\0';
    memcpy(long_title + NOW_TITLE - 2, "\xc3\xa9", 2);
    now_overrule(&p, long_title, "", &c);
    assert_int_equal(strlen(p.now.now.title), NOW_TITLE - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_packet_of_a_moment),
        cmocka_unit_test(test_the_same_is_no_change),
        cmocka_unit_test(test_recent),
        cmocka_unit_test(test_nothing_is_not_recent),
        cmocka_unit_test(test_the_operator_goes_first),
        cmocka_unit_test(test_texts_are_cleaned_and_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
