// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <math.h>

#include "clients/generator/noise.h"

#define DRAWS 200000

/* From an implementation of its own: the same seed must mean the same music on
   every machine and in every version. */
static void test_known_values(void **state)
{
    (void)state;
    assert_true(noise_hash(0, 0, 0, 0) == UINT64_C(0x2130748aaac80268));
    assert_true(noise_hash(1, 2, 3, 4) == UINT64_C(0x336c3255cbcc01fe));
    assert_true(noise_hash(UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX) ==
                UINT64_C(0xa4a73720451a0c00));
    assert_true(fabs(noise_value(5, -2.25) - 0.608625389162919) < 1e-12);
    assert_true(fabs(noise_fractal(5, -2.25, 2) - 1.3967814813931785) < 1e-12);
    assert_true(fabs(noise_fractal(9, 123456.789, 3) + 0.8076055470673356) <
                1e-9);
}

static void test_ends_of_ranges(void **state)
{
    (void)state;
    assert_true(noise_u(0) == 0.0 && noise_u(UINT64_MAX) < 1.0);
    assert_true(noise_s(0) == -1.0 && noise_s(UINT64_MAX) < 1.0);
    assert_true(noise_g(0) > -3.4642 && noise_g(UINT64_MAX) < 3.4642);
}

struct moments {
    double mean, deviation, least, most;
};

static struct moments measure(double (*draw)(uint64_t))
{
    struct moments m = {.least = INFINITY, .most = -INFINITY};
    double squares = 0;

    for (uint64_t i = 0; i < DRAWS; i++) {
        double x = draw(noise_hash(42, i, 0, 0));
        m.mean += x / DRAWS;
        squares += x * x / DRAWS;
        m.least = fmin(m.least, x);
        m.most = fmax(m.most, x);
    }
    m.deviation = sqrt(squares - m.mean * m.mean);
    return m;
}

static void test_moments_of_draws(void **state)
{
    struct moments u = measure(noise_u), s = measure(noise_s),
                   g = measure(noise_g);
    (void)state;

    assert_true(fabs(u.mean - 0.5) < 0.005);
    assert_true(fabs(u.deviation - sqrt(1.0 / 12)) < 0.005);
    assert_true(fabs(s.mean) < 0.005 && s.least < -0.99 && s.most > 0.99);
    assert_true(fabs(g.mean) < 0.01 && fabs(g.deviation - 1) < 0.01);
    assert_true(g.least > -3.47 && g.most < 3.47 && g.most > 3.0);
}

static void test_arguments_are_independent(void **state)
{
    double sum = 0;
    (void)state;

    for (uint64_t i = 0; i < DRAWS; i++)
        sum += noise_s(noise_hash(i, 1, 0, 0)) *
               noise_s(noise_hash(i, 0, 1, 0)) / DRAWS;
    assert_true(fabs(sum) < 0.005);
}

static void test_value_noise_is_smooth_and_bounded(void **state)
{
    (void)state;
    for (int i = -20000; i < 20000; i++) {
        double x = i * 0.01, y = noise_value(3, x);
        assert_true(y >= -1.0 && y < 1.0);
        /* steepest where the fade is, 15/8 per unit and lattice step of 2 */
        assert_true(fabs(noise_value(3, x + 0.001) - y) < 0.004);
    }
}

static double fractal_at(uint64_t h)
{
    return noise_fractal(7, noise_u(h) * 1e5 - 5e4, 2);
}

static void test_moments_of_fractal_noise(void **state)
{
    struct moments f = measure(fractal_at);
    (void)state;

    assert_true(fabs(f.mean) < 0.02);
    assert_true(fabs(f.deviation - 0.76) < 0.03);
    assert_true(f.most <= 2.04 && f.least >= -2.04);
}

static void test_track_is_fractal_noise(void **state)
{
    struct noise_track t;
    (void)state;

    noise_track_init(&t, 11);
    for (int i = -3000; i < 3000; i++) {
        double x = i * 0.0371;
        double want = noise_fractal(11, x, 2);
        assert_true(fabs(noise_track(&t, x) - want) < 1e-12);
        if (i % 5 == 0) /* also back and forth */
            assert_true(fabs(noise_track(&t, -x) - noise_fractal(11, -x, 2)) <
                        1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_ends_of_ranges),
        cmocka_unit_test(test_moments_of_draws),
        cmocka_unit_test(test_arguments_are_independent),
        cmocka_unit_test(test_value_noise_is_smooth_and_bounded),
        cmocka_unit_test(test_moments_of_fractal_noise),
        cmocka_unit_test(test_track_is_fractal_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
