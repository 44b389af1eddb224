// SPDX-License-Identifier: GPL-3.0-or-later
/* The oscillator's sine against the C library's in extended precision. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vk/synth_math.h"

#define N_PHASES  1000000u
#define MAX_ERROR 1.5e-7
#define TWO_PI    6.283185307179586476925286766559L

static double error_at(uint32_t x)
{
    long double a = TWO_PI * ((long double)x / 4294967296.0L);
    double s = fabs((double)((long double)synth_sin(x) - sinl(a)));
    double c = fabs((double)((long double)synth_cos(x) - cosl(a)));

    return s > c ? s : c;
}

static void close_to_sine(void **state)
{
    (void)state;
    double worst = 0.0;
    uint32_t x = 0;

    /* The golden ratio's steps cover the cycle evenly. */
    for (uint32_t i = 0; i < N_PHASES; i++, x += 2654435769u) {
        double e = error_at(x);
        if (e > worst)
            worst = e;
    }
    print_message("largest error %.3g\n", worst);
    assert_true(worst <= MAX_ERROR);
}

/* Where the cycle is folded a wrong comparison shows. */
static void close_at_folds(void **state)
{
    (void)state;
    for (uint32_t quarter = 0; quarter < 8; quarter++)
        for (uint32_t d = 0; d < 2001; d++)
            assert_true(error_at((quarter << 29) + d - 1000u) <= MAX_ERROR);
}

/* A partial at rest must not leak DC. */
static void exact_zero(void **state)
{
    (void)state;
    assert_true(synth_sin(0) == 0.0f);
    assert_true(synth_sin(0x80000000u) == 0.0f);
    assert_true(synth_cos(0x40000000u) == 0.0f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_to_sine),
        cmocka_unit_test(close_at_folds),
        cmocka_unit_test(exact_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
