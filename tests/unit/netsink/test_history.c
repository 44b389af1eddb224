// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/history.h"

#include <errno.h>

#include "netsink/timeline.h"
#include "tests/unit/test.h"

#define KEPT 100

static void put(struct history *h, uint64_t seq)
{
    float frames[TIMELINE_PACKET * 2];

    for (uint32_t i = 0; i < TIMELINE_PACKET * 2; i++)
        frames[i] = (float)(seq * 10 + i % 7);
    history_put(h, frames);
}

static void check(const struct history *h, uint64_t seq)
{
    const float *frames = history_get(h, (int64_t)seq);

    assert_non_null(frames);
    for (uint32_t i = 0; i < TIMELINE_PACKET * 2; i++)
        assert_true(frames[i] == (float)(seq * 10 + i % 7));
}

static void test_keeps_the_last_ones(void **state)
{
    (void)state;
    uint64_t first, end;
    struct history *h;

    assert_int_equal(history_new(&h, 2, KEPT), 0);
    history_range(h, &first, &end);
    assert_int_equal(end, 0);
    assert_null(history_get(h, 0));
    for (uint64_t seq = 0; seq < 1000; seq++) {
        put(h, seq);
        history_range(h, &first, &end);
        assert_int_equal(end, seq + 1);
        assert_int_equal(first, end > KEPT ? end - KEPT : 0);
        check(h, seq);
        check(h, first);
    }
    /* And some more, for those who are late. */
    check(h, first - HISTORY_SLACK);
    assert_null(history_get(h, (int64_t)first - HISTORY_SLACK - 1));
    assert_null(history_get(h, (int64_t)end));
    history_free(&h);
    assert_null(h);
}

static void test_silence_was_before(void **state)
{
    (void)state;
    struct history *h;

    assert_int_equal(history_new(&h, 1, KEPT), 0);
    for (int64_t seq = -HISTORY_SLACK; seq < 0; seq++) {
        const float *frames = history_get(h, seq);
        assert_non_null(frames);
        for (uint32_t i = 0; i < TIMELINE_PACKET; i++)
            assert_true(frames[i] == 0);
    }
    history_free(&h);
}

static void test_refuses(void **state)
{
    (void)state;
    struct history *h;

    assert_int_equal(history_new(&h, 0, KEPT), -EINVAL);
    assert_null(h);
    assert_int_equal(history_new(&h, 3, KEPT), -EINVAL);
    assert_int_equal(history_new(&h, 2, 0), -EINVAL);
    history_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_the_last_ones),
        cmocka_unit_test(test_silence_was_before),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
