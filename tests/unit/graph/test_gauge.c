// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/gauge.h"

#include <math.h>
#include <string.h>

#include "graph/clock.h"
#include "tests/unit/test.h"

#define RATE 48000

/* A second in cycles of n frames, interleaved with stride; port 0 a sine of
   that amplitude, port 1 half as loud. Returns when it ended. */
static int64_t play(struct gauge *g, float amplitude, uint32_t n,
                    uint32_t stride)
{
    float x[2 * 4096];
    int64_t time = NS_PER_S;

    for (uint32_t at = 0; at < RATE; at += n) {
        for (uint32_t i = 0; i < n; i++) {
            float s = amplitude *
                      (float)sin(2 * 3.14159265358979 * 1000 * (at + i) / RATE);
            x[i * stride] = s;
            if (stride == 2)
                x[i * stride + 1] = s / 2;
        }
        gauge_add_rt(g, 0, x, stride, n);
        if (stride == 2)
            gauge_add_rt(g, 1, x + 1, stride, n);
        gauge_end_rt(g, n, RATE, time);
        time += (int64_t)n * NS_PER_S / RATE;
    }
    return time;
}

static void test_a_sine(void **state)
{
    static const uint32_t periods[] = {16, 100, 256, 1021, 4096};
    struct gauge_level l;

    (void)state;
    for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++)
        for (uint32_t stride = 1; stride <= 2; stride++) {
            struct gauge g = {0};
            int64_t now = play(&g, 0.5f, periods[i], stride);
            assert_true(gauge_read(&g, 0, now, &l));
            assert_float_equal(l.rms, -9.03, 0.05);
            assert_float_equal(l.peak, -6.02, 0.05);
            assert_int_equal(gauge_read(&g, 1, now, &l), stride == 2);
            if (stride == 2) {
                assert_float_equal(l.rms, -15.05, 0.05);
                assert_float_equal(l.peak, -12.04, 0.05);
            }
            assert_false(gauge_read(&g, 2, now, &l));
        }
}

/* A peak of one frame is in one window and in none after it. */
static void test_windows_begin_anew(void **state)
{
    struct gauge g = {0};
    struct gauge_level l;
    float x[480] = {0};
    int64_t time = 0;

    (void)state;
    for (int cycle = 1; cycle <= 30; cycle++) {
        x[479] = cycle == 10 ? -1.0f : 0.0f; /* the first window's last */
        gauge_add_rt(&g, 3, x, 1, 480);
        gauge_end_rt(&g, 480, RATE, time);
        time += 10 * NS_PER_MS;
        bool loud = gauge_read(&g, 3, time, &l);
        assert_int_equal(loud, cycle >= 10 && cycle < 20);
        if (loud) {
            assert_float_equal(l.peak, 0.0, 1e-6);
            assert_float_equal(l.rms, (float)(10 * log10(1.0 / 4800)), 1e-3);
        }
    }
}

static void test_what_is_old_counts_no_more(void **state)
{
    struct gauge g = {0};
    struct gauge_level l;
    int64_t end = play(&g, 1.0f, 256, 1);

    (void)state;
    assert_true(gauge_read(&g, 0, end + 200 * NS_PER_MS, &l));
    assert_false(gauge_read(&g, 0, end + 500 * NS_PER_MS, &l));
    /* a period longer than a window */
    end = play(&g, 1.0f, 4096, 1);
    assert_true(gauge_read(&g, 0, end + 85 * NS_PER_MS, &l));
}

static void test_no_number_is_not_silent(void **state)
{
    struct gauge g = {0};
    struct gauge_level l;
    float x[4800] = {0};

    (void)state;
    x[7] = NAN;
    gauge_add_rt(&g, 0, x, 1, 4800);
    x[7] = INFINITY;
    gauge_add_rt(&g, 1, x, 1, 4800);
    x[7] = 1e-8f;
    gauge_add_rt(&g, 2, x, 1, 4800);
    gauge_end_rt(&g, 4800, RATE, 0);
    assert_true(gauge_read(&g, 0, 1, &l));
    assert_float_equal(l.rms, 99, 0);
    assert_true(gauge_read(&g, 1, 1, &l));
    assert_float_equal(l.rms, 99, 0);
    assert_float_equal(l.peak, 99, 0);
    assert_false(gauge_read(&g, 2, 1, &l)); /* under the silence */
    /* and it is over with the window */
    memset(x, 0, sizeof(x));
    gauge_add_rt(&g, 0, x, 1, 4800);
    gauge_end_rt(&g, 4800, RATE, 0);
    assert_false(gauge_read(&g, 0, 1, &l));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sine),
        cmocka_unit_test(test_windows_begin_anew),
        cmocka_unit_test(test_what_is_old_counts_no_more),
        cmocka_unit_test(test_no_number_is_not_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
