// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/steady.h"
#include "tests/unit/test.h"

#define T0  (1000 * NS_PER_S) /* any moment */
#define CD  44100
#define DAT 48000

static void test_followed_when_it_has_stood(void **state)
{
    struct steady s = {0};
    (void)state;

    assert_false(steady_follow(&s, DAT, DAT, T0));
    assert_false(steady_follow(&s, DAT, CD, T0 + 5));
    assert_false(steady_follow(&s, DAT, CD, T0 + 5 + STEADY_FIRST_NS - 1));
    assert_true(steady_follow(&s, DAT, CD, T0 + 5 + STEADY_FIRST_NS));
    assert_false(steady_follow(&s, CD, CD, T0 + 100 * NS_PER_S));
}

static void test_back_in_time_is_no_change(void **state)
{
    struct steady s = {0};
    (void)state;

    for (int64_t at = T0; at < T0 + 20 * NS_PER_S; at += NS_PER_S) {
        assert_false(steady_follow(&s, DAT, CD, at));
        assert_false(steady_follow(&s, DAT, DAT, at + 900 * NS_PER_MS));
    }
}

/* Each time it is followed, the other one is announced: how often in an hour,
   looked at ten times a second? */
static uint32_t follow_for_an_hour(struct steady *s, int64_t *now)
{
    uint32_t ours = DAT, times = 0;
    int64_t end = *now + 3600 * NS_PER_S;

    for (; *now < end; *now += 100 * NS_PER_MS)
        if (steady_follow(s, ours, ours == DAT ? CD : DAT, *now)) {
            ours = ours == DAT ? CD : DAT;
            times++;
        }
    return times;
}

static void test_flapping_is_damped(void **state)
{
    struct steady s = {0};
    int64_t now = T0;
    (void)state;

    uint32_t times = follow_for_an_hour(&s, &now);
    assert_in_range(times, 100, 3600 / 30 + 5);
    /* a calm minute later it is quick again */
    assert_false(steady_follow(&s, DAT, DAT, now));
    now += STEADY_CALM_NS;
    assert_false(steady_follow(&s, DAT, DAT, now));
    assert_false(steady_follow(&s, DAT, CD, now));
    assert_true(steady_follow(&s, DAT, CD, now + STEADY_FIRST_NS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_followed_when_it_has_stood),
        cmocka_unit_test(test_back_in_time_is_no_change),
        cmocka_unit_test(test_flapping_is_damped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
