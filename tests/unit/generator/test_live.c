// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include "clients/generator/live.h"
#include "clients/generator/noise.h"
#include "vk/scene.h"

#define RATE  48000
#define CHUNK INT64_C(1024)
#define SLOW  (12 * CHUNK) /* grid of what counts for notes that start */

static struct live *open_live(void)
{
    struct live *l;

    assert_int_equal(live_new(&l, RATE), 0);
    return l;
}

static void test_nothing_moved_is_the_default(void **state)
{
    struct live *l = open_live();
    (void)state;

    for (int p = 0; p < PARAM_COUNT; p++) {
        enum param x = (enum param)p;
        double def = param_info(x)->def;
        assert_true(live_value(l, x, 5000) == def);
        assert_true(live_curve(l, x, 5000) == def);
        assert_true(live_value(NULL, x, 5000) == def);
        assert_true(live_curve(NULL, x, -5000) == def);
        assert_true(live_untouched(l, x) && live_untouched(NULL, x));
        live_set(l, x, 0, def); /* as it was */
        assert_true(live_untouched(l, x));
    }
    assert_true(live_event(l, 777) == 777 && live_frame(l, 777) == 777);
    assert_true(live_event(NULL, -7) == -7 && live_frame(NULL, -7) == -7);
    live_free(&l);
    assert_null(l);
    live_free(&l);
}

/* From one value to the other within the glide, never back, without a kink. */
static void test_glides(void **state)
{
    struct live *l = open_live();
    const int64_t glide = RATE; /* of brightness: 1 s */
    const double step = 64.0 / RATE;
    double last = 0, slope = 0;
    (void)state;

    live_set(l, PARAM_BRIGHTNESS, 10 * CHUNK, 2);
    assert_true(live_value(l, PARAM_BRIGHTNESS, 10 * CHUNK - 1) == 0);
    assert_true(live_value(l, PARAM_BRIGHTNESS, 10 * CHUNK) == 2);
    assert_true(live_curve(l, PARAM_BRIGHTNESS, 10 * CHUNK) == 0);
    for (int64_t n = 0; n <= 10 * CHUNK + glide; n += 64) {
        double x = live_curve(l, PARAM_BRIGHTNESS, n);
        double s = x - last;
        assert_true(s >= 0 && fabs(s - slope) < 2 * 6.1 * step * step);
        last = x;
        slope = s;
    }
    assert_true(live_curve(l, PARAM_BRIGHTNESS, 10 * CHUNK + glide) == 2);
    live_free(&l);
}

/* A knob that is turned to and fro all the time: every curve stays within what
   was asked for and moves no faster than a single turn would. */
static void test_a_flood_is_smooth(void **state)
{
    struct live *l = open_live();
    double last = 0;
    (void)state;

    for (int64_t c = 0; c < 500; c++)
        for (uint64_t i = 0; i < 20; i++)
            live_set(l, PARAM_BRIGHTNESS, c * CHUNK,
                     2 * noise_s(noise_hash(1, (uint64_t)c, i, 0)));
    for (int64_t n = 0; n < 600 * CHUNK; n += 64) {
        double x = live_curve(l, PARAM_BRIGHTNESS, n);
        assert_true(fabs(x) <= 2.0 + 1e-9);
        /* steepest is a turn from end to end: 1.5 * 4 octaves in 1 s */
        assert_true(fabs(x - last) <= 6.0 * 64 / RATE + 1e-9);
        last = x;
    }
    live_free(&l);
}

static void test_moves_keep_to_the_grid(void **state)
{
    struct live *l = open_live();
    (void)state;

    live_set(l, PARAM_LEVEL, 1, -6);
    assert_true(live_value(l, PARAM_LEVEL, CHUNK - 1) == 0);
    assert_true(live_value(l, PARAM_LEVEL, CHUNK) == -6);
    live_set(l, PARAM_ROOT, 1, 7);
    assert_true(live_value(l, PARAM_ROOT, SLOW - 1) == 0);
    assert_true(live_value(l, PARAM_ROOT, SLOW) == 7);
    /* not heard yet: the last word counts */
    live_set(l, PARAM_ROOT, SLOW, 5);
    assert_true(live_value(l, PARAM_ROOT, SLOW) == 5);
    assert_true(live_value(l, PARAM_ROOT, SLOW - 1) == 0);
    live_set(l, PARAM_ROOT, SLOW, 0); /* and may be to stay */
    assert_true(live_value(l, PARAM_ROOT, 9 * SLOW) == 0);
    live_free(&l);
    l = open_live();
    live_set(l, PARAM_LEVEL, -CHUNK - 5, -6); /* time before 0 as well */
    assert_true(live_value(l, PARAM_LEVEL, -CHUNK - 1) == 0);
    assert_true(live_value(l, PARAM_LEVEL, -CHUNK) == -6);
    live_free(&l);
}

/* What was once said of a moment stays, whatever is moved later. */
static void test_the_past_stays(void **state)
{
    struct live *l = open_live();
    double was[200][3];
    (void)state;

    for (int64_t c = 0; c < 200; c++) {
        live_set(l, PARAM_DENSITY, c * CHUNK,
                 0.25 + noise_u(noise_hash(2, (uint64_t)c, 0, 0)));
        live_set(l, PARAM_FREEZE, c * CHUNK,
                 (double)(noise_hash(3, (uint64_t)c, 0, 0) % 2));
        was[c][0] = live_curve(l, PARAM_DENSITY, c * CHUNK);
        was[c][1] = live_value(l, PARAM_FREEZE, c * CHUNK);
        was[c][2] = (double)live_event(l, c * CHUNK);
        for (int64_t k = 0; k < c; k++) {
            assert_true(was[k][0] == live_curve(l, PARAM_DENSITY, k * CHUNK));
            assert_true(was[k][1] == live_value(l, PARAM_FREEZE, k * CHUNK));
            assert_true(was[k][2] == (double)live_event(l, k * CHUNK));
        }
    }
    live_free(&l);
}

static void test_the_event_clock(void **state)
{
    struct live *l = open_live();
    int64_t last = 0;
    (void)state;

    live_set(l, PARAM_FREEZE, 4 * SLOW, 1);
    live_set(l, PARAM_FREEZE, 10 * SLOW, 0);
    live_set(l, PARAM_FREEZE, 20 * SLOW, 1);
    live_set(l, PARAM_FREEZE, 21 * SLOW, 0);
    for (int64_t n = 0; n < 30 * SLOW; n += 64) {
        bool still = (n > 4 * SLOW && n <= 10 * SLOW) ||
                     (n > 20 * SLOW && n <= 21 * SLOW);
        int64_t e = live_event(l, n);
        if (n > 0)
            assert_true(e == last + (still ? 0 : 64));
        if (!still) /* the first moment that showed it */
            assert_true(live_frame(l, e) == n);
        last = e;
    }
    assert_true(live_event(l, 30 * SLOW) == 23 * SLOW);
    assert_true(live_event(l, -5) == -5 && live_frame(l, -5) == -5);
    live_free(&l);
}

/* Far more moves than are remembered: the last ones count, and the event clock
   has forgotten no frame. */
static void test_many_moves(void **state)
{
    struct live *l = open_live();
    (void)state;

    for (int64_t i = 0; i < 20000; i++)
        live_set(l, PARAM_FREEZE, i * SLOW, (double)(1 - i % 2));
    assert_true(live_event(l, 20000 * SLOW) == 10000 * SLOW);
    assert_true(live_event(l, 19998 * SLOW) == 9999 * SLOW);
    assert_true(live_frame(l, 9999 * SLOW + 5) == 19999 * SLOW + 5);
    live_free(&l);
}

static void test_what_is_refused(void **state)
{
    char err[PARAM_ERROR_MAX] = "";
    (void)state;

    assert_int_equal(param_check(PARAM_LEVEL, 6, err), 0);
    assert_int_equal(param_check(PARAM_LEVEL, 6.01, err), -ERANGE);
    assert_string_equal(
        err, "level: found 6.01, allowed are numbers from -24 to 6 dB");
    assert_int_equal(param_check(PARAM_SPACE, NAN, err), -ERANGE);
    assert_int_equal(param_check(PARAM_SPACE, INFINITY, err), -ERANGE);
    assert_int_equal(param_check(PARAM_FREEZE, 0.5, err), -EINVAL);
    assert_string_equal(
        err, "freeze: found 0.5, allowed are whole numbers from 0 to 1");
    for (int p = 0; p < PARAM_COUNT; p++) {
        const struct param_info *i = param_info((enum param)p);
        assert_int_equal(param_check((enum param)p, i->def, err), 0);
        assert_int_equal(param_find(i->name), p);
        assert_string_equal(param_names()[p], i->name);
    }
    assert_null(param_names()[PARAM_COUNT]);
    assert_int_equal(param_find("volume"), PARAM_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_moved_is_the_default),
        cmocka_unit_test(test_glides),
        cmocka_unit_test(test_a_flood_is_smooth),
        cmocka_unit_test(test_moves_keep_to_the_grid),
        cmocka_unit_test(test_the_past_stays),
        cmocka_unit_test(test_the_event_clock),
        cmocka_unit_test(test_many_moves),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
