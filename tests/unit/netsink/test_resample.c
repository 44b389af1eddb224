// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/resample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/netsink/tone.h"
#include "tests/unit/test.h"

#define N_IN 30000
#define ROOM 70000

struct signal {
    float x[2 * N_IN];
};

/* The same noise for all. */
static struct signal *noise(void)
{
    struct signal *s = malloc(sizeof(*s));
    uint32_t r = 1;

    assert_non_null(s);
    for (uint32_t i = 0; i < 2 * N_IN; i++) {
        r = r * 1664525u + 1013904223u;
        s->x[i] = (float)(r >> 8) / (1 << 24) - 0.5f;
    }
    return s;
}

/* Resamples all of it, in blocks of up to max_in and max_out frames of a
   changing size; returns the frames made. */
static uint32_t run(uint32_t from, uint32_t to, uint32_t max_in,
                    uint32_t max_out, const float *x, float *y)
{
    struct resample *r;
    uint32_t done = 0, total = 0, seed = 7, n, room, used, made;

    assert_int_equal(resample_new(&r, from, to, 2, RESAMPLE_MEDIUM), 0);
    do {
        seed = seed * 1664525u + 1013904223u;
        n = 1 + (seed >> 8) % max_in;
        n = n < N_IN - done ? n : N_IN - done;
        room = 1 + (seed >> 4) % max_out;
        room = room < ROOM - total ? room : ROOM - total;
        assert_int_equal(
            resample_run(r, x + 2 * done, n, y + 2 * total, room, &used, &made),
            0);
        assert_in_range(used, 0, n);
        assert_in_range(made, 0, room);
        done += used;
        total += made;
    } while (done < N_IN || made == room);
    resample_free(&r);
    assert_null(r);
    return total;
}

static void block_sizes_do_not_matter(uint32_t from, uint32_t to)
{
    struct signal *s = noise();
    float *whole = calloc(2 * ROOM, sizeof(float));
    float *parts = calloc(2 * ROOM, sizeof(float));

    assert_non_null(whole);
    assert_non_null(parts);
    uint32_t n = run(from, to, 1u << 30, 1u << 30, s->x, whole);
    uint32_t m = run(from, to, 977, 1031, s->x, parts);
    assert_int_equal(m, n);
    assert_memory_equal(whole, parts, 2 * n * sizeof(float));

    /* As long as its input, but for what the filter looks ahead. */
    double all = (double)N_IN * to / from;
    assert_true(n <= all + 1);
    assert_true(n > all - 400);
    free(s);
    free(whole);
    free(parts);
}

static void test_random_blocks_give_the_same_output(void **state)
{
    (void)state;
    block_sizes_do_not_matter(44100, 48000);
    block_sizes_do_not_matter(96000, 48000);
    block_sizes_do_not_matter(32000, 48000);
}

static void test_equal_rates_pass_through(void **state)
{
    (void)state;
    struct signal *s = noise();
    float *y = calloc(2 * ROOM, sizeof(float));

    assert_non_null(y);
    s->x[5] = 1e-40f; /* a denormal too */
    assert_int_equal(run(48000, 48000, 977, 1031, s->x, y), N_IN);
    assert_memory_equal(s->x, y, sizeof(s->x));
    free(s);
    free(y);
}

static void test_input_right_before_output(void **state)
{
    (void)state;
    struct resample *r;
    float buf[2 * 100 + 2 * 200] = {0};
    uint32_t used, made;

    assert_int_equal(resample_new(&r, 44100, 48000, 2, RESAMPLE_MEDIUM), 0);
    assert_int_equal(resample_run(r, buf, 100, buf + 200, 200, &used, &made),
                     0);
    assert_int_equal(used, 100);
    /* The rest, of which there is none: it begins where dst does. */
    assert_int_equal(
        resample_run(r, buf + 200, 0, buf + 200, 200, &used, &made), 0);
    assert_int_equal(used, 0);
    resample_free(&r);
}

static void test_refuses(void **state)
{
    (void)state;
    struct resample *r;
    assert_int_equal(resample_new(&r, 48000, 0, 2, RESAMPLE_MEDIUM), -EINVAL);
    assert_null(r);
    assert_int_equal(resample_new(&r, 0, 48000, 2, RESAMPLE_MEDIUM), -EINVAL);
    assert_int_equal(resample_new(&r, 100, 48000, 2, RESAMPLE_MEDIUM), -EINVAL);
    assert_int_equal(resample_new(&r, 44100, 48000, 0, RESAMPLE_MEDIUM),
                     -EINVAL);
    assert_int_equal(
        resample_new(&r, 44100, 48000, 2, (enum resample_quality)3), -EINVAL);
    resample_free(&r);
}

/* A sine of 0.5 s at 44.1 kHz comes out as that sine, not shifted by a part of
   a sample, or by the filter's delay. SNR in dB. */
static double sine_snr(enum resample_quality quality, double hz)
{
    struct resample *r;
    float *x = calloc(22050, sizeof(float)), *y = calloc(30000, sizeof(float));
    uint32_t used, made;
    double err = 0, all = 0;

    assert_true(x && y);
    for (uint32_t k = 0; k < 22050; k++)
        x[k] = tone(hz, 44100, k);
    assert_int_equal(resample_new(&r, 44100, 48000, 1, quality), 0);
    assert_int_equal(resample_run(r, x, 22050, y, 30000, &used, &made), 0);
    assert_int_equal(used, 22050);
    for (uint32_t k = 1000; k < made; k++) {
        double want = 0.5 * sin(2 * M_PI * hz * k / 48000);
        err += (y[k] - want) * (y[k] - want);
        all += want * want;
    }
    resample_free(&r);
    free(x);
    free(y);
    return 10 * log10(all / err);
}

static void test_qualities_differ_as_they_say(void **state)
{
    (void)state;
    for (enum resample_quality q = RESAMPLE_FASTEST; q <= RESAMPLE_BEST; q++)
        assert_true(sine_snr(q, 997) > 95);
    /* Near the end of the band: parts of half the lower rate. */
    assert_true(sine_snr(RESAMPLE_FASTEST, 0.84 * 22050) < 40);
    assert_true(sine_snr(RESAMPLE_MEDIUM, 0.84 * 22050) > 60);
    assert_true(sine_snr(RESAMPLE_MEDIUM, 0.92 * 22050) < 40);
    assert_true(sine_snr(RESAMPLE_BEST, 0.92 * 22050) > 60);
    for (uint32_t q = 0; q <= RESAMPLE_BEST; q++)
        assert_non_null(resample_quality_names[q]);
    assert_null(resample_quality_names[RESAMPLE_BEST + 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_blocks_give_the_same_output),
        cmocka_unit_test(test_equal_rates_pass_through),
        cmocka_unit_test(test_input_right_before_output),
        cmocka_unit_test(test_qualities_differ_as_they_say),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
