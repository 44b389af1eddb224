// SPDX-License-Identifier: GPL-3.0-or-later
/* The measures against signals whose figures are known. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/measure/gates.h"
#include "tests/bench/measure/loudness.h"
#include "tests/bench/measure/measure.h"
#include "tests/bench/measure/spectrum.h"
#include "tests/unit/bench/synthetic.h"
#include "tests/unit/test.h"

#define RATE 48000

static float *sine(size_t frames, double rate, double hz, double amplitude,
                   double right)
{
    float *x = malloc(2 * frames * sizeof(*x));

    assert_non_null(x);
    for (size_t i = 0; i < frames; i++) {
        double y = amplitude * sin(2 * M_PI * hz * (double)i / rate);
        x[2 * i] = (float)y;
        x[2 * i + 1] = (float)(right * y);
    }
    return x;
}

static void measure_all(const float *x, size_t frames, struct figures *f)
{
    struct measure *m = NULL;

    assert_int_equal(measure_new(&m, RATE), 0);
    assert_int_equal(measure_add(m, x, frames), 0);
    assert_int_equal(measure_end(m, f), 0);
    measure_free(&m);
}

static void assert_near(double x, double want, double within)
{
    if (!(fabs(x - want) <= within))
        fail_msg("%g is not %g within %g", x, want, within);
}

/* EBU Tech 3341, case 1: -23 dBFS in both channels are -23 LUFS. */
static void test_sine(void **state)
{
    size_t frames = (size_t)20 * RATE;
    float *x = sine(frames, RATE, 997, pow(10, -23 / 20.0), 1);
    struct figures f;

    (void)state;
    measure_all(x, frames, &f);
    assert_near(f.lufs, -23, 0.1);
    assert_near(f.true_peak, -23, 0.2);
    assert_near(f.crest, 3.01, 0.02);
    assert_near(f.lra, 0, 0.1);
    assert_near(f.corr_p50, 1, 1e-6);
    assert_near(f.fold_worst, 0, 1e-6);
    assert_near(f.centroid, 997, 10);
    assert_true(f.dc < -100);
    assert_true(f.sd_10s < 1);
    figures_fini(&f);
    free(x);
}

static void test_stereo(void **state)
{
    size_t frames = (size_t)5 * RATE;
    struct figures f;
    float *x = sine(frames, RATE, 80, 0.1, -1);

    (void)state;
    measure_all(x, frames, &f);
    assert_near(f.corr_p5, -1, 1e-6);
    assert_near(f.corr_p95, -1, 1e-6);
    assert_near(f.bass_corr, -1, 1e-6);
    assert_near(f.band[1], 0, 0.01);
    assert_true(f.fold_worst > 100);
    figures_fini(&f);

    for (size_t i = 0; i < frames; i++) /* one channel alone: 3 dB */
        x[2 * i + 1] = 0;
    measure_all(x, frames, &f);
    assert_near(f.corr_p50, 0, 1e-6);
    assert_near(f.fold, 3.01, 0.01);
    figures_fini(&f);
    free(x);
}

static void test_offset(void **state)
{
    size_t frames = (size_t)5 * RATE;
    float *x = sine(frames, RATE, 1000, 0.1, 1);
    struct figures f;

    (void)state;
    for (size_t i = 0; i < frames; i++)
        x[2 * i + 1] += 0.001f;
    measure_all(x, frames, &f);
    assert_near(f.dc, -60, 0.1);
    figures_fini(&f);
    free(x);
}

static void test_silence(void **state)
{
    size_t frames = (size_t)40 * RATE;
    float *x = sine(frames, RATE, 300, 0.1, 1);
    struct figures f;

    (void)state;
    memset(x + (size_t)2 * 20 * RATE, 0, (size_t)2 * 10 * RATE * sizeof(*x));
    measure_all(x, frames, &f);
    assert_near(f.silence, 10, 0);
    assert_near(f.hole, 10, 0);
    figures_fini(&f);

    memset(x, 0, 2 * frames * sizeof(*x)); /* nothing at all measures too */
    measure_all(x, frames, &f);
    assert_near(f.silence, 40, 0);
    assert_true(isnan(f.corr_p50) && isnan(f.centroid));
    assert_true(gates_failed(&f, NULL) >= 1);
    figures_fini(&f);
    free(x);
}

static void test_no_frames(void **state)
{
    struct measure *m = NULL;
    struct figures f;

    (void)state;
    assert_int_equal(measure_new(&m, RATE), 0);
    assert_int_equal(measure_end(m, &f), -ENODATA);
    measure_free(&m);
    measure_free(&m);
}

/* Ten minutes at -20 LUFS, then ten at -24; the same tone, made once. */
static void test_ten_minutes(void **state)
{
    const double rate = 8000;
    size_t frames = (size_t)rate * 60;
    float *x = sine(frames, rate, 997, 0.1, 1);
    struct loudness *l = NULL;
    struct figures f = {0};

    (void)state;
    assert_int_equal(loudness_new(&l, rate), 0);
    for (int minute = 0; minute < 20; minute++) {
        for (size_t i = 0; minute == 10 && i < 2 * frames; i++)
            x[i] *= 0.631f; /* -4 dB */
        assert_int_equal(loudness_add(l, x, frames), 0);
    }
    assert_int_equal(loudness_end(l, &f), 0);
    assert_int_equal(f.tens.n, 2);
    assert_near(f.tens.v[0] - f.tens.v[1], 4, 0.01);
    assert_near(f.ten_max, f.tens.v[0], 0.01);
    assert_near(f.ten_min, f.tens.v[1], 0.01);
    assert_near(f.ten_spread, 4, 0.01);
    loudness_free(&l);
    figures_fini(&f);
    free(x);
}

/* Seconds of notes that no two stretches share. */
static float *tune(size_t seconds, uint64_t random)
{
    size_t frames = seconds * RATE;
    float *x = calloc(2 * frames, sizeof(*x));

    assert_non_null(x);
    for (size_t t = 0; t < seconds; t++) {
        double hz = 110 * pow(2, 3 * synthetic_random(&random));
        synthetic_note(x, frames, RATE, t * RATE, hz,
                       0.03 + 0.1 * synthetic_random(&random), 0.05, 4);
    }
    return x;
}

static void spectrum_of(const float *x, size_t frames, struct figures *f)
{
    struct spectrum s;

    *f = (struct figures){0};
    assert_int_equal(spectrum_init(&s, RATE), 0);
    spectrum_add(&s, x, frames);
    assert_int_equal(spectrum_end(&s, f), 0);
    spectrum_fini(&s);
}

static void test_repetition(void **state)
{
    size_t half = (size_t)90 * RATE;
    float *x = tune(180, 11);
    struct figures f;

    (void)state;
    spectrum_of(x, 2 * half, &f);
    print_message("never the same: mean %.2f at %g s, peak %.2f\n", f.sim_mean,
                  f.sim_lag, f.sim_peak);
    assert_true(f.sim_mean < 0.35);

    memcpy(x + 2 * half, x, 2 * half * sizeof(*x));
    spectrum_of(x, 2 * half, &f);
    print_message("repeated: mean %.3f at %g s, max %.3f\n", f.sim_mean,
                  f.sim_lag, f.sim_max);
    assert_near(f.sim_lag, 90, 0);
    assert_true(f.sim_mean > 0.95);
    assert_true(f.sim_max > 0.98);
    free(x);
}

static const struct gate *gate_of(const char *key)
{
    const struct gate *g = gates;

    while (g->from && strcmp(figures_field_at(g->offset)->key, key) != 0)
        g++;
    assert_non_null(g->from);
    return g;
}

static void test_gates(void **state)
{
    struct figures f = {.seconds = 600,
                        .true_peak = -0.5,
                        .lra = 8,
                        .corr_p50 = NAN,
                        .air_peak = -INFINITY};
    const char *bad;

    (void)state;
    assert_int_equal(gates_judge(gate_of("true_peak"), &f, NULL), GATES_FAIL);
    assert_int_equal(gates_judge(gate_of("true_peak"), &f, "lra,true_peak"),
                     GATES_WAIVED);
    assert_int_equal(gates_judge(gate_of("true_peak"), &f, "true"), GATES_FAIL);
    assert_int_equal(gates_judge(gate_of("lra"), &f, NULL), GATES_PASS);
    assert_int_equal(gates_judge(gate_of("lufs"), &f, NULL), GATES_SHORT);
    assert_int_equal(gates_judge(gate_of("air_peak"), &f, NULL), GATES_PASS);
    /* long enough, and still no figure: that passes nothing */
    assert_int_equal(gates_judge(gate_of("corr_p50"), &f, NULL), GATES_FAIL);
    assert_ptr_equal(gates_worst(&f, NULL), gate_of("corr_p50"));

    for (const struct gate *g = gates; g->from; g++)
        assert_non_null(figures_field_at(g->offset)->key);
    assert_true(gates_known("lra,true_peak", &bad));
    assert_true(gates_known(NULL, &bad));
    assert_false(gates_known("lra,peak", &bad));
    assert_string_equal(bad, "peak");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sine),       cmocka_unit_test(test_stereo),
        cmocka_unit_test(test_offset),     cmocka_unit_test(test_silence),
        cmocka_unit_test(test_no_frames),  cmocka_unit_test(test_ten_minutes),
        cmocka_unit_test(test_repetition), cmocka_unit_test(test_gates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
