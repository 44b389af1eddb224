// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <errno.h>
#include <math.h>

#include "clients/generator/midi.h"

#define ROOT  138.59 /* Hz */
#define MODES 3

static struct midi_map usual(void)
{
    struct midi_map map;

    midi_map_default(&map, ROOT, MODES);
    return map;
}

/* What the message does to p; NAN: something else. */
static double says(const struct midi_map *map, enum param want, uint8_t status,
                   uint8_t data1, uint8_t data2)
{
    uint8_t byte[] = {status, data1, data2};
    enum param p;
    double value;

    if (midi_read(map, byte, 3, &p, &value) != 1 || p != want)
        return NAN;
    return value;
}

static int reads(const struct midi_map *map, uint32_t n, uint8_t a, uint8_t b,
                 uint8_t c)
{
    uint8_t byte[] = {a, b, c};
    enum param p = PARAM_COUNT;
    double value = NAN;
    int r = midi_read(map, byte, n, &p, &value);

    if (r != 1)
        assert_true(p == PARAM_COUNT && isnan(value));
    return r;
}

static void test_usual_controllers(void **state)
{
    static const struct {
        uint8_t cc;
        enum param p;
        double lo, centre, hi;
    } want[] = {
        {1, PARAM_MOTION, 0, 1, 2},      {7, PARAM_LEVEL, -24, 0, 6},
        {64, PARAM_FREEZE, 0, 1, 1},     {70, PARAM_MODE, 0, 2, 3},
        {71, PARAM_DENSITY, 0.25, 1, 2}, {74, PARAM_BRIGHTNESS, -2, 0, 2},
        {91, PARAM_SPACE, 0, 1, 2}};
    struct midi_map map = usual();
    uint32_t known = 0;
    (void)state;

    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_true(says(&map, want[i].p, 0xb0, want[i].cc, 0) == want[i].lo);
        assert_true(says(&map, want[i].p, 0xb0, want[i].cc, 64) ==
                    want[i].centre);
        assert_true(says(&map, want[i].p, 0xb0, want[i].cc, 127) == want[i].hi);
    }
    for (uint8_t cc = 0; cc < 128; cc++)
        known += reads(&map, 3, 0xb0, cc, 1) == 1;
    assert_int_equal(known, sizeof(want) / sizeof(want[0]));
}

static void test_both_halves_are_even(void **state)
{
    struct midi_map map = usual();
    (void)state;

    assert_true(says(&map, PARAM_LEVEL, 0xb0, 7, 32) == -12);
    assert_true(says(&map, PARAM_LEVEL, 0xb0, 7, 48) == -6);
    assert_true(fabs(says(&map, PARAM_LEVEL, 0xb0, 7, 85) - 2) < 1e-12);
}

/* Each value is one that the parameter takes, and none goes back. */
static void check_sweep(double lo, double hi, enum param p)
{
    struct midi_map map = {0};
    char err[PARAM_ERROR_MAX];
    double last = lo;

    midi_map_control(&map, 20, p, lo, hi, MODES);
    for (uint8_t x = 0; x < 128; x++) {
        double v = says(&map, p, 0xb5, 20, x);
        assert_int_equal(param_check(p, v, err), 0);
        assert_true(hi > lo ? v >= last && v <= hi : v <= last && v >= hi);
        last = v;
    }
    assert_true(last == hi && says(&map, p, 0xb5, 20, 0) == lo);
}

static void test_sweeps(void **state)
{
    (void)state;
    for (int i = 0; i < PARAM_COUNT; i++) {
        enum param p = (enum param)i;
        double min = param_info(p)->min, max = midi_max(p, MODES);
        check_sweep(min, max, p);
        check_sweep(max, min, p);
    }
    check_sweep(0.25, 1.9, PARAM_DENSITY);
    check_sweep(1.7, 2, PARAM_SPACE);
    check_sweep(-0.1, -1.3, PARAM_BRIGHTNESS);
    check_sweep(1, 3, PARAM_MODE);
    check_sweep(3, 2, PARAM_MODE);
}

static void test_a_part_of_the_range_is_even(void **state)
{
    struct midi_map map = {0};
    (void)state;

    midi_map_control(&map, 3, PARAM_LEVEL, -24, 0, 0);
    for (uint8_t x = 0; x < 128; x++)
        assert_true(fabs(says(&map, PARAM_LEVEL, 0xb0, 3, x) -
                         (-24 + 24.0 * x / 127)) < 1e-12);
    /* the whole of it backwards has the default in the middle too */
    midi_map_control(&map, 3, PARAM_LEVEL, 6, -24, 0);
    assert_true(says(&map, PARAM_LEVEL, 0xb0, 3, 64) == 0);
    assert_true(says(&map, PARAM_LEVEL, 0xb0, 3, 0) == 6);
}

static void test_whole_values_share_the_knob(void **state)
{
    struct midi_map map = usual();
    uint32_t times[MODES + 1] = {0};
    (void)state;

    for (uint8_t x = 0; x < 128; x++) {
        times[(int)says(&map, PARAM_MODE, 0xb0, 70, x)]++;
        assert_true(says(&map, PARAM_FREEZE, 0xb0, 64, x) == (x >= 64));
    }
    for (uint32_t i = 0; i <= MODES; i++)
        assert_int_equal(times[i], 128 / (MODES + 1));
    midi_map_default(&map, ROOT, 0);
    assert_true(says(&map, PARAM_MODE, 0xb0, 70, 127) == 0);
}

static void test_notes_choose_the_root(void **state)
{
    struct midi_map map = usual();
    (void)state;

    for (uint8_t note = 0; note < 128; note++) {
        double x = says(&map, PARAM_ROOT, 0x90, note, 1);
        /* in semitones from A */
        double pitch = 12 * log2(ROOT * exp2(x / 12) / 440);
        assert_true(x >= -6 && x <= 6);
        assert_true(fabs(remainder(pitch - (note - 69), 12)) < 0.0051);
    }
    /* C sharp below middle C is 138.591 Hz */
    assert_true(fabs(says(&map, PARAM_ROOT, 0x90, 49, 127)) < 0.001);
    assert_true(fabs(says(&map, PARAM_ROOT, 0x90, 60, 127) + 1) < 0.001);
    /* halfway between two pitches, and a tritone away from one */
    map.root = 440 * exp2(0.5 / 12);
    assert_true(fabs(says(&map, PARAM_ROOT, 0x90, 69, 9) + 0.5) < 1e-9);
    map.root = 440;
    assert_true(fabs(fabs(says(&map, PARAM_ROOT, 0x90, 63, 9)) - 6) < 1e-9);
    assert_true(says(&map, PARAM_ROOT, 0x90, 9, 9) == 0);
}

static void test_what_is_not_mapped(void **state)
{
    struct midi_map map = usual(), none = {0};
    (void)state;

    assert_int_equal(reads(&map, 3, 0x90, 60, 0), 0);  /* a note's end */
    assert_int_equal(reads(&map, 3, 0x80, 60, 64), 0); /* the same */
    assert_int_equal(reads(&map, 3, 0xa0, 60, 64), 0);
    assert_int_equal(reads(&map, 3, 0xb0, 2, 64), 0);
    assert_int_equal(reads(&map, 3, 0xb0, 123, 0), 0); /* all notes off */
    assert_int_equal(reads(&map, 2, 0xc0, 5, 0), 0);
    assert_int_equal(reads(&map, 2, 0xd0, 5, 0), 0);
    assert_int_equal(reads(&map, 3, 0xe0, 1, 64), 0);
    assert_int_equal(reads(&map, 1, 0xf8, 0, 0), 0); /* clock */
    assert_int_equal(reads(&map, 2, 0xf0, 0xf7, 0), 0);
    map.notes = false;
    assert_int_equal(reads(&map, 3, 0x90, 60, 64), 0);
    for (uint8_t cc = 0; cc < 128; cc++)
        assert_int_equal(reads(&none, 3, 0xb0, cc, 64), 0);
    assert_int_equal(reads(&none, 3, 0x90, 60, 64), 0);
}

static void test_channels(void **state)
{
    struct midi_map map = usual();
    (void)state;

    for (uint8_t c = 0; c < 16; c++) {
        map.channel = 0;
        assert_int_equal(reads(&map, 3, 0xb0 | c, 74, 1), 1);
        assert_int_equal(reads(&map, 3, 0x90 | c, 60, 1), 1);
        map.channel = 11;
        assert_int_equal(reads(&map, 3, 0xb0 | c, 74, 1), c == 10);
        assert_int_equal(reads(&map, 3, 0x90 | c, 60, 1), c == 10);
    }
}

static void test_garbage(void **state)
{
    struct midi_map map = usual();
    char err[PARAM_ERROR_MAX];
    (void)state;

    assert_int_equal(reads(&map, 0, 0xb0, 74, 1), -EINVAL);
    assert_int_equal(reads(&map, 1, 0xb0, 74, 1), -EINVAL);
    assert_int_equal(reads(&map, 2, 0xb0, 74, 1), -EINVAL);
    assert_int_equal(reads(&map, 3, 0xc0, 5, 5), -EINVAL);
    assert_int_equal(reads(&map, 3, 0xb0, 74, 0x80), -EINVAL);
    assert_int_equal(reads(&map, 3, 0xb0, 0xca, 1), -EINVAL);
    assert_int_equal(reads(&map, 3, 74, 1, 1), -EINVAL);
    /* Of all there are, every one is refused, nothing, or a value allowed. */
    for (uint32_t i = 0; i < 1u << 24; i++) {
        uint8_t byte[] = {(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        enum param p;
        double value;
        int r = midi_read(&map, byte, 3, &p, &value);
        if (r == 1)
            assert_int_equal(param_check(p, value, err), 0);
        else
            assert_true(r == 0 || r == -EINVAL);
        if (byte[0] < 0x80 || (byte[0] < 0xf0 && (byte[1] | byte[2]) >= 0x80))
            assert_int_equal(r, -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usual_controllers),
        cmocka_unit_test(test_both_halves_are_even),
        cmocka_unit_test(test_sweeps),
        cmocka_unit_test(test_a_part_of_the_range_is_even),
        cmocka_unit_test(test_whole_values_share_the_knob),
        cmocka_unit_test(test_notes_choose_the_root),
        cmocka_unit_test(test_what_is_not_mapped),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_garbage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
