// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/ring.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "tests/unit/test.h"

static void test_refuses(void **state)
{
    (void)state;
    struct ring *q;
    assert_int_equal(ring_new(&q, 0, 4), -EINVAL);
    assert_null(q);
    assert_int_equal(ring_new(&q, 4, 0), -EINVAL);
    assert_int_equal(ring_new(&q, UINT32_MAX, 4096), -EINVAL);
    ring_free(&q); /* NULL */
}

static void test_fills_and_wraps(void **state)
{
    (void)state;
    struct ring *q;
    assert_int_equal(ring_new(&q, 5, sizeof(int)), 0);
    assert_int_equal(ring_capacity_rt(q), 8);
    int next_in = 0, next_out = 0;
    for (int round = 0; round < 1000; round++) {
        int buf[8];
        uint32_t n = (uint32_t)(round % 8) + 1;
        for (uint32_t i = 0; i < n; i++)
            buf[i] = next_in + (int)i;
        uint32_t w = ring_write_rt(q, buf, n);
        next_in += (int)w;
        assert_int_equal(ring_readable_rt(q), next_in - next_out);
        assert_int_equal(ring_writable_rt(q), 8 - (next_in - next_out));
        uint32_t r = ring_read_rt(q, buf, (uint32_t)(round % 5) + 1);
        for (uint32_t i = 0; i < r; i++)
            assert_int_equal(buf[i], next_out++);
    }
    assert_true(next_out > 2000);
    ring_free(&q);
    assert_null(q);
}

static void test_takes_no_more_than_fits(void **state)
{
    (void)state;
    struct ring *q;
    assert_int_equal(ring_new(&q, 4, 1), 0);
    assert_int_equal(ring_write_rt(q, "abcdef", 6), 4);
    assert_int_equal(ring_write_rt(q, "x", 1), 0);
    char got[6] = {0};
    assert_int_equal(ring_read_rt(q, got, 6), 4);
    assert_memory_equal(got, "abcd", 4);
    assert_int_equal(ring_read_rt(q, got, 1), 0);
    ring_free(&q);
}

static void test_spans_show_only_what_was_ended(void **state)
{
    (void)state;
    struct ring *q;
    struct ring_span s[2];
    assert_int_equal(ring_new(&q, 8, 1), 0);
    ring_write_rt(q, "012345", 6);
    char skip[5];
    ring_read_rt(q, skip, 5);
    /* 1 in the ring, 2 to the end of memory, then around */
    assert_int_equal(ring_write_begin_rt(q, 6, s), 6);
    assert_int_equal(s[0].n, 2);
    assert_int_equal(s[1].n, 4);
    assert_int_equal(ring_readable_rt(q), 1);
    ((char *)s[0].data)[0] = 'a';
    ((char *)s[0].data)[1] = 'b';
    ((char *)s[1].data)[0] = 'c';
    ring_write_end_rt(q, 3);
    char got[8];
    assert_int_equal(ring_read_rt(q, got, 8), 4);
    assert_memory_equal(got, "5abc", 4);
    ring_free(&q);
}

/* Frames of 3 floats through a small ring between two threads, in odd blocks.
 */
#define TOTAL 2000000u

static void *writer(void *arg)
{
    struct ring *q = arg;
    uint32_t next = 0;
    float buf[17][3];
    while (next < TOTAL) {
        uint32_t n = next % 17 + 1;
        if (n > TOTAL - next)
            n = TOTAL - next;
        for (uint32_t i = 0; i < n; i++)
            for (int c = 0; c < 3; c++)
                buf[i][c] = (float)((next + i) % 100003) + (float)c * 0.25f;
        next += ring_write_rt(q, buf, n);
    }
    return NULL;
}

static void test_two_threads(void **state)
{
    (void)state;
    struct ring *q;
    pthread_t t;
    assert_int_equal(ring_new(&q, 64, 3 * sizeof(float)), 0);
    assert_int_equal(pthread_create(&t, NULL, writer, q), 0);
    uint32_t next = 0, wrong = 0;
    float buf[13][3];
    while (next < TOTAL) {
        uint32_t n = ring_read_rt(q, buf, next % 13 + 1);
        for (uint32_t i = 0; i < n; i++, next++)
            for (int c = 0; c < 3; c++)
                wrong += buf[i][c] != (float)(next % 100003) + (float)c * 0.25f;
    }
    pthread_join(t, NULL);
    assert_int_equal(wrong, 0);
    assert_int_equal(ring_readable_rt(q), 0);
    ring_free(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_fills_and_wraps),
        cmocka_unit_test(test_takes_no_more_than_fits),
        cmocka_unit_test(test_spans_show_only_what_was_ended),
        cmocka_unit_test(test_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
