// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The detectors of faults against faults: each is injected into a piece that
 * has none, at many places, and has to be found there; nothing may be found in
 * the piece itself.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/measure/air.h"
#include "tests/bench/measure/click.h"
#include "tests/bench/measure/gates.h"
#include "tests/bench/measure/grid.h"
#include "tests/bench/measure/measure.h"
#include "tests/unit/bench/synthetic.h"
#include "tests/unit/test.h"

#define RATE   48000
#define FRAMES (12 * RATE)
#define PLACES 40
#define AROUND \
    (RATE / 4) /* frames before and after a fault that are looked at */

/* A fault of one frame at a place in x; returns how many frames are left. */
typedef size_t inject(float *x, size_t frames, size_t at);

static size_t drop(float *x, size_t frames, size_t at)
{
    memmove(x + 2 * at, x + 2 * (at + 1), 2 * (frames - at - 1) * sizeof(*x));
    return frames - 1;
}

static size_t duplicate(float *x, size_t frames, size_t at)
{
    memmove(x + 2 * (at + 1), x + 2 * at, 2 * (frames - at - 1) * sizeof(*x));
    return frames;
}

static size_t step(float *x, size_t frames, size_t at)
{
    for (size_t i = 2 * at; i < 2 * frames; i++)
        x[i] += 1e-3f;
    return frames;
}

static size_t zero_block(float *x, size_t frames, size_t at)
{
    at -= at % 64;
    memset(x + 2 * at, 0, (size_t)2 * 64 * sizeof(*x));
    return frames;
}

static double clicks_of(const float *x, size_t frames)
{
    struct click c;
    struct figures f;

    click_init(&c, RATE);
    click_add(&c, x, frames);
    click_end(&c, &f);
    return f.clicks;
}

/* In how many of PLACES the detector of clicks finds the fault. */
static int caught(const float *clean, inject *fault)
{
    float *x = malloc((size_t)4 * AROUND * sizeof(*x));
    uint64_t random = 7;
    int found = 0;

    assert_non_null(x);
    for (int i = 0; i < PLACES; i++) {
        double share = synthetic_random(&random);
        size_t at = AROUND + (size_t)(share * (FRAMES - 2 * AROUND));
        size_t frames;
        at -= at % 64; /* zero_block()'s grid begins with the copy's */
        memcpy(x, clean + 2 * (at - AROUND), (size_t)4 * AROUND * sizeof(*x));
        frames = fault(x, (size_t)2 * AROUND, AROUND + (size_t)i);
        found += clicks_of(x, frames) > 0;
    }
    free(x);
    return found;
}

static void measure_all(const float *x, size_t frames, struct figures *f)
{
    struct measure *m = NULL;

    assert_int_equal(measure_new(&m, RATE), 0);
    assert_int_equal(measure_add(m, x, frames), 0);
    assert_int_equal(measure_end(m, f), 0);
    measure_free(&m);
    assert_null(m);
}

static float *copy_of(const float *clean)
{
    float *x = malloc((size_t)2 * FRAMES * sizeof(*x));

    assert_non_null(x);
    memcpy(x, clean, (size_t)2 * FRAMES * sizeof(*x));
    return x;
}

static void test_clean(void **state)
{
    struct figures f;

    measure_all(*state, FRAMES, &f);
    assert_true(f.clicks == 0);
    assert_true(f.grid64 + f.grid1024 + f.grid_else == 0);
    assert_true(fabs(f.grid64_level) < 0.3);
    assert_true(fabs(f.grid1024_level) < 0.3);
    assert_true(f.air_peak < -100);
    assert_true(f.nans + f.infs + f.denormals == 0);
    assert_true(f.silence == 0 && f.hole == 0);
    assert_int_equal(gates_failed(&f, NULL), 0);
    figures_fini(&f);
}

/* Notes that start hard are no clicks, beside the pad or out of silence. */
static void test_notes_are_no_clicks(void **state)
{
    float *x = copy_of(*state);
    uint64_t random = 3;

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 60; i++) {
            size_t at = (size_t)(synthetic_random(&random) * FRAMES);
            double hz = 100 + 900 * synthetic_random(&random);
            synthetic_note(x, FRAMES, RATE, at, hz, 0.08, 0.005, 1.5);
        }
        assert_true(clicks_of(x, FRAMES) == 0);
        memset(x, 0, (size_t)2 * FRAMES * sizeof(*x));
    }
    free(x);
}

static void test_dropped_frame(void **state)
{
    int n = caught(*state, drop);

    print_message("dropped frame: caught in %d of %d places\n", n, PLACES);
    assert_int_equal(n, PLACES);
}

static void test_duplicated_frame(void **state)
{
    int n = caught(*state, duplicate);

    print_message("duplicated frame: caught in %d of %d places\n", n, PLACES);
    assert_int_equal(n, PLACES);
}

static void test_step(void **state)
{
    int n = caught(*state, step);

    print_message("step of 1e-3: caught in %d of %d places\n", n, PLACES);
    assert_int_equal(n, PLACES);
}

static void test_zeroed_block(void **state)
{
    float *x = copy_of(*state);
    int n = caught(*state, zero_block);
    struct figures f;

    print_message("zeroed block: caught in %d of %d places\n", n, PLACES);
    assert_int_equal(n, PLACES);

    zero_block(x, FRAMES, (size_t)RATE * 3);
    measure_all(x, FRAMES, &f);
    print_message("zeroed block: %g outliers on the grid, %g off it, "
                  "%.1f dBFS above 16 kHz\n",
                  f.grid64 + f.grid1024, f.grid_else, f.air_peak);
    assert_true(f.grid64_excess > 1);
    assert_true(f.grid_else == 0);
    assert_true(f.air_peak > -60);
    assert_true(fabs(f.click_first - 3) < 0.002);
    assert_true(gates_failed(&f, NULL) >= 3);
    figures_fini(&f);
    free(x);
}

/* The same off the grid: a click, but no fault of the grid's. */
static void test_off_the_grid(void **state)
{
    float *x = copy_of(*state);
    struct figures f;

    memset(x + (size_t)2 * (3 * RATE + 20), 0, (size_t)2 * 64 * sizeof(*x));
    measure_all(x, FRAMES, &f);
    assert_true(f.clicks >= 1);
    assert_true(f.grid64_excess == 0 && f.grid1024_excess == 0);
    assert_true(f.grid_else > 0);
    figures_fini(&f);
    free(x);
}

/* A gain that jumps within 2 % at each multiple of size: zipper noise. */
static void zipper(float *x, size_t size)
{
    uint64_t random = 5;
    double gain = 1;

    for (size_t i = 0; i < FRAMES; i++) {
        if (i % size == 0)
            gain = 1 + 0.02 * (synthetic_random(&random) - 0.5);
        x[2 * i] *= (float)gain;
        x[2 * i + 1] *= (float)gain;
    }
}

static void test_zipper(void **state)
{
    for (size_t size = 64; size <= 1024; size *= 16) {
        float *x = copy_of(*state);
        struct grid g;
        struct figures f;
        zipper(x, size);
        grid_init(&g);
        grid_add(&g, x, FRAMES);
        grid_end(&g, &f);
        print_message("steps every %zu frames: roughness %.2f dB at 64, "
                      "%.2f dB at 1024\n",
                      size, f.grid64_level, f.grid1024_level);
        assert_true(f.grid1024_level > 0.3);
        assert_true((f.grid64_level > 0.3) == (size == 64));
        free(x);
    }
}

/* Counted, and without poisoning what else is measured. */
static void test_no_numbers(void **state)
{
    float *x = copy_of(*state);
    struct figures f;

    x[2 * RATE + 40] = NAN;
    x[4 * RATE + 40] = -INFINITY;
    x[6 * RATE + 1] = 1e-40f;
    measure_all(x, FRAMES, &f);
    assert_true(f.nans == 1 && f.infs == 1 && f.denormals == 1);
    assert_true(isfinite(f.lufs) && isfinite(f.rms) && isfinite(f.centroid));
    assert_true(isfinite(f.corr_p50) && isfinite(f.air_peak));
    assert_true(gates_failed(&f, "air_peak,clicks") == 3);
    figures_fini(&f);
    free(x);
}

/* A step that a listener hears is over the gate above 16 kHz. */
static void test_air(void **state)
{
    float *x = copy_of(*state);
    struct figures f;
    struct air a;

    for (size_t i = (size_t)10 * RATE; i < (size_t)2 * FRAMES; i++)
        x[i] += 0.01f;
    air_init(&a, RATE);
    air_add(&a, x, FRAMES);
    air_end(&a, &f);
    assert_true(f.air_peak > -60);
    assert_true(fabs(f.air_peak_at - 5) < 0.011);
    free(x);

    air_init(&a, 32000);
    air_end(&a, &f);
    assert_true(isnan(f.air_peak));
}

static int make_piece(void **state)
{
    *state = synthetic_pad(FRAMES, RATE);
    return *state ? 0 : -1;
}

static int free_piece(void **state)
{
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_notes_are_no_clicks),
        cmocka_unit_test(test_dropped_frame),
        cmocka_unit_test(test_duplicated_frame),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_zeroed_block),
        cmocka_unit_test(test_off_the_grid),
        cmocka_unit_test(test_zipper),
        cmocka_unit_test(test_no_numbers),
        cmocka_unit_test(test_air),
    };
    return cmocka_run_group_tests(tests, make_piece, free_piece);
}
