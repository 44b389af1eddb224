// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/fade.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/netsink/tone.h"
#include "tests/unit/test.h"

#define RATE 48000
#define N    6000

/* The largest second difference: what a click is heard by. */
static double bend(const float *x, uint32_t n)
{
    double most = 0;
    for (uint32_t i = 1; i + 1 < n; i++)
        most = fmax(most, fabs((double)x[i - 1] - 2 * x[i] + x[i + 1]));
    return most;
}

static double loudest(const float *x, uint32_t n)
{
    double most = 0;
    for (uint32_t i = 0; i < n; i++)
        most = fmax(most, fabs(x[i]));
    return most;
}

static void test_refuses(void **state)
{
    (void)state;
    struct fade *f;
    assert_int_equal(fade_new(&f, RATE, 0), -EINVAL);
    assert_null(f);
    assert_int_equal(fade_new(&f, 7999, 2), -EINVAL);
    fade_free(&f);
}

static void test_frames_between_the_fades_are_untouched(void **state)
{
    (void)state;
    struct fade *f;
    float x[2 * N], y[2 * N];

    for (uint32_t i = 0; i < 2 * N; i++)
        x[i] = y[i] = tone(997, RATE, i) + 0.001f;
    assert_int_equal(fade_new(&f, RATE, 2), 0);
    for (uint32_t at = 0, n; at < N; at += n) {
        n = 1 + at * 7 % 97;
        n = n < N - at ? n : N - at;
        fade_sound(f, y + 2 * at, n);
    }
    uint32_t length = RATE / 125;
    assert_true(fabsf(y[0]) < fabsf(x[0]) / 1000);
    assert_memory_equal(x + 2 * length, y + 2 * length,
                        sizeof(float) * 2 * (N - length));
    fade_free(&f);
}

/* A chord of hz broken off after `at` frames: for good, or for gap frames. */
static void break_off(const double *hz, uint32_t n_hz, uint32_t at,
                      uint32_t gap)
{
    struct fade *f;
    float x[N], y[N];

    for (uint32_t i = 0; i < N; i++) {
        x[i] = 0;
        for (uint32_t k = 0; k < n_hz; k++)
            x[i] += tone(hz[k], RATE, i) / (float)n_hz;
    }
    memcpy(y, x, sizeof(y));
    assert_int_equal(fade_new(&f, RATE, 1), 0);
    fade_sound(f, y, at);
    fade_silence(f, y + at, gap);
    fade_sound(f, y + at + gap, N - at - gap);

    uint32_t length = RATE / 125, end = at + gap;
    assert_memory_equal(x + length, y + length, sizeof(float) * (at - length));
    assert_memory_equal(x + end + length, y + end + length,
                        sizeof(float) * (N - end - length));
    for (uint32_t i = at + length; i < end; i++)
        assert_true(y[i] == 0);
    /* The sine bends as it did; half a cosine of 8 ms hardly does. */
    assert_true(bend(y, N) < 1.2 * bend(x, N) + 1e-4);
    assert_true(loudest(y, N) <= 1.25 * loudest(x, N));
    fade_free(&f);
}

static void test_a_sine_ends_and_begins_without_a_click(void **state)
{
    (void)state;
    const double hz[] = {40, 110, 440, 997, 5003};

    for (uint32_t k = 0; k < 5; k++)
        for (uint32_t at = 2000; at < 2100; at += 7) {
            break_off(&hz[k], 1, at, 1);
            break_off(&hz[k], 1, at, 64);
            break_off(&hz[k], 1, at, 1500);
        }
}

static void test_a_chord_ends_and_begins_without_a_click(void **state)
{
    (void)state;
    const double chord[] = {110, 220.5, 277, 330, 441, 659, 1320, 2637};

    for (uint32_t at = 2000; at < 2100; at += 7) {
        break_off(chord, 8, at, 64);
        break_off(chord, 8, at, 1500);
    }
}

static void test_breaks_one_upon_the_other(void **state)
{
    (void)state;
    struct fade *f;
    float x[N], y[N];

    for (uint32_t i = 0; i < N; i++)
        x[i] = y[i] = tone(440, RATE, i);
    assert_int_equal(fade_new(&f, RATE, 1), 0);
    assert_false(fade_cut(f));
    /* Each before the last one's rise or tail is over. */
    for (uint32_t at = 0; at + 100 <= N; at += 100) {
        fade_sound(f, y + at, 60);
        fade_silence(f, y + at + 60, 40);
    }
    assert_true(bend(y, N) < 1.5 * bend(x, N) + 1e-4);
    assert_true(loudest(y, N) <= 1.25 * 0.5);
    fade_sound(f, y, 1);
    assert_true(fade_cut(f));
    assert_int_equal(fade_left(f), RATE / 125);
    assert_false(fade_cut(f));
    fade_free(&f);
}

static void test_silence_ends_in_zeros(void **state)
{
    (void)state;
    struct fade *f;
    float y[2 * N];

    memset(y, 0, sizeof(y));
    assert_int_equal(fade_new(&f, 8000, 2), 0);
    fade_sound(f, y, N); /* of digital silence */
    fade_silence(f, y, N);
    for (uint32_t i = 0; i < 2 * N; i++)
        assert_true(y[i] == 0);
    fade_free(&f);
    assert_null(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_frames_between_the_fades_are_untouched),
        cmocka_unit_test(test_a_sine_ends_and_begins_without_a_click),
        cmocka_unit_test(test_a_chord_ends_and_begins_without_a_click),
        cmocka_unit_test(test_breaks_one_upon_the_other),
        cmocka_unit_test(test_silence_ends_in_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
