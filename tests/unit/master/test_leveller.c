// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/master/sound.h"

#include <errno.h>
#include <string.h>

#include "clients/master/leveller.h"
#include "clients/master/leveller_priv.h"
#include "graph/clock.h"

#define TARGET (-18.0) /* LUFS */
#define SLOW   8000    /* Hz: enough for a tone, and quick */

static struct leveller *open_leveller(uint32_t rate, bool bypass)
{
    struct leveller_opts o = {.rate = rate, .target = TARGET, .bypass = bypass};
    struct leveller *l;

    assert_int_equal(leveller_new(&l, &o), 0);
    return l;
}

/* Plays on for 100 ms, a tone of 997 Hz in both channels. In such, dBFS of the
   peak is LUFS (BS.1770: K-weighting and the -0.691 cancel out there). */
static void play_step(struct leveller *l, uint32_t rate, double dbfs)
{
    struct sound in = sound_new(rate / 10), out = sound_new(rate / 10);
    const float *const i[2] = {in.c[0], in.c[1]};
    const float *const o[2] = {out.c[0], out.c[1]};

    for (uint32_t k = 0; k < in.n; k++)
        in.c[0][k] = in.c[1][k] =
            (float)(pow(10, dbfs / 20) *
                    sin(2 * M_PI * 997 / rate * k)); /* from 0 anew */
    leveller_apply_rt(l, i, out.c, in.n);
    leveller_measure_rt(l, i, o, 1, in.n);
    assert_int_equal(leveller_drain(l), 0);
    sound_free(&in);
    sound_free(&out);
}

/* So many seconds of it; in no second does the gain move more than 0.1 dB. */
static void play(struct leveller *l, double dbfs, int seconds)
{
    for (int s = 0; s < seconds; s++) {
        double was = leveller_meters(l).gain_db;
        for (int i = 0; i < 10; i++)
            play_step(l, SLOW, dbfs);
        assert_true(fabs(leveller_meters(l).gain_db - was) < 0.1001);
    }
}

/* Tones cut into steps are a little louder than whole ones: by measure. */
static double loudness(double dbfs)
{
    struct leveller *l = open_leveller(SLOW, true);
    double x;

    play(l, dbfs, 5);
    x = leveller_meters(l).short_term;
    leveller_free(&l);
    return x;
}

static void check_gain(struct leveller *l, double want)
{
    double gain = leveller_meters(l).gain_db;
    double applied = sound_db((double)l->gain / LEVELLER_ONE);

    if (fabs(gain - want) > 0.05 || fabs(applied - want) > 0.05)
        fail_msg("gain %.3f dB, applied %.3f, not %.3f", gain, applied, want);
}

static void test_goes_to_the_target(void **state)
{
    (void)state;
    struct leveller *l = open_leveller(SLOW, false);
    double off = loudness(-20) + 20;

    play(l, TARGET - 3 - off, 20);
    assert_true(leveller_meters(l).gain_db < 2); /* no haste */
    play(l, TARGET - 3 - off, 20);
    check_gain(l, 3);
    assert_true(fabs(leveller_meters(l).short_term - TARGET) < 0.1);
    play(l, TARGET + 3 - off, 100);
    check_gain(l, -3);
    assert_true(fabs(leveller_meters(l).short_term - TARGET) < 0.1);
    leveller_free(&l);
}

static void test_within_range(void **state)
{
    (void)state;
    struct leveller *l = open_leveller(SLOW, false);

    play(l, TARGET - 15, 60);
    check_gain(l, 4);
    play(l, TARGET + 15, 120);
    check_gain(l, -4);
    leveller_free(&l);
}

/* So many seconds of a short-term loudness. */
static double steps(struct level *l, double lufs, double seconds)
{
    for (int i = 0; i < seconds * LEVEL_STEPS_PER_S; i++)
        level_step(l, lufs);
    return l->gain_db;
}

/* Power is averaged over 30 s, each step alike. */
static void test_view(void **state)
{
    (void)state;
    struct level l;

    level_init(&l, TARGET);
    assert_true(fabs(steps(&l, TARGET, 40)) < 1e-9);
    assert_true(fabs(steps(&l, TARGET - 0.4, 15) - 0.2) < 0.01);
    assert_true(steps(&l, TARGET - 0.4, 14.5) < 0.395);
    assert_true(fabs(steps(&l, TARGET - 0.4, 0.5) - 0.4) < 1e-9);
    for (int i = 0; i < 60 * LEVEL_STEPS_PER_S; i++)
        level_step(&l, i % 2 ? TARGET : TARGET - 6);
    assert_true(fabs(l.gain_db - 2.04) < 0.02); /* (1 + 10^-0.6) / 2 */
}

/* What is under the gate does not count, and nothing moves meanwhile. */
static void test_gate(void **state)
{
    (void)state;
    struct level l;

    level_init(&l, TARGET);
    steps(&l, TARGET - 4, 10);
    assert_true(fabs(l.gain_db - 1) < 1e-9);
    steps(&l, LEVEL_GATE - 0.01, 10);
    assert_true(fabs(l.gain_db - 1) < 1e-9);
    assert_true(fabs(steps(&l, -HUGE_VAL, 100) - 1) < 1e-9);
    assert_true(fabs(steps(&l, TARGET - 2, 100) - 2) < 1e-9);
    assert_true(fabs(steps(&l, LEVEL_GATE, 1) - 2) > 0.01);
}

static void test_frozen_in_silence(void **state)
{
    (void)state;
    struct leveller *l = open_leveller(SLOW, false);
    double gain;

    play(l, TARGET - 3, 40);
    play(l, -120, 4); /* until the 3 s of short-term are past */
    gain = leveller_meters(l).gain_db;
    assert_true(fabs(gain - 3) < 0.35); /* falling, it passed the gate */
    play(l, -120, 30);
    assert_true(leveller_meters(l).gain_db == gain);
    play(l, -48, 60);
    assert_true(leveller_meters(l).gain_db == gain);
    leveller_free(&l);
}

static void test_bypass(void **state)
{
    (void)state;
    struct leveller *l = open_leveller(SLOW, true);

    play(l, TARGET - 10, 20);
    assert_true(leveller_meters(l).gain_db == 0);
    assert_int_equal(l->gain, LEVELLER_ONE);
    leveller_free(&l);
}

/* EBU Tech 3341, case 1 and 2: the tone that everybody's meter must agree on.
 */
static void test_known_tone(void **state)
{
    (void)state;
    static const uint32_t rates[] = {44100, 48000, 96000, 192000};

    for (size_t r = 0; r < 4; r++) {
        struct leveller *l = open_leveller(rates[r], true);
        struct sound s = sound_new(5 * rates[r]);
        const float *const c[2] = {s.c[0], s.c[1]};
        struct leveller_meters m;

        for (uint32_t i = 0; i < s.n; i++)
            s.c[0][i] = s.c[1][i] = (float)(pow(10, -23 / 20.0) *
                                            sin(2 * M_PI * 997 / rates[r] * i));
        for (uint32_t i = 0; i < s.n; i += rates[r] / 100) {
            const float *const at[2] = {c[0] + i, c[1] + i};
            leveller_measure_rt(l, at, at, 1, rates[r] / 100);
            assert_int_equal(leveller_drain(l), 0);
        }
        m = leveller_meters(l);
        assert_true(fabs(m.momentary + 23) < 0.1);
        assert_true(fabs(m.short_term + 23) < 0.1);
        assert_true(fabs(m.integrated + 23) < 0.1);
        assert_true(fabs(m.true_peak + 23) < 0.1);
        assert_true(m.reduction == 0);
        leveller_free(&l);
        sound_free(&s);
    }
}

static void test_meters_of_silence(void **state)
{
    (void)state;
    struct leveller *l = open_leveller(SLOW, false);
    struct sound s = sound_new(SLOW);
    const float *const c[2] = {s.c[0], s.c[1]};
    struct leveller_meters m = leveller_meters(l);

    assert_true(m.momentary == -HUGE_VAL && m.true_peak == -HUGE_VAL);
    for (int i = 0; i < 5; i++) {
        leveller_measure_rt(l, c, c, 1, SLOW);
        assert_int_equal(leveller_drain(l), 0);
    }
    m = leveller_meters(l);
    assert_true(m.momentary == -HUGE_VAL && m.short_term == -HUGE_VAL &&
                m.integrated == -HUGE_VAL && m.true_peak == -HUGE_VAL);
    assert_true(m.gain_db == 0 && m.reduction == 0);
    leveller_free(&l);
    sound_free(&s);
}

/* The limiter's most of the last second, and no longer. */
static void test_reduction(void **state)
{
    (void)state;
    struct leveller *l = open_leveller(SLOW, false);
    struct sound s = sound_new(SLOW / 10);
    const float *const c[2] = {s.c[0], s.c[1]};

    for (int i = 0; i < 12; i++) {
        leveller_measure_rt(l, c, c, i == 1 ? 0.5f : 1.0f, s.n);
        assert_int_equal(leveller_drain(l), 0);
        double want = i >= 1 && i < 11 ? 6.02 : 0;
        assert_true(fabs(leveller_meters(l).reduction - want) < 0.01);
    }
    leveller_free(&l);
    sound_free(&s);
}

/* Whatever is wished for, the gain is a line, which ends where it should. */
static void test_no_zipper(void **state)
{
    (void)state;
    struct leveller *l = open_leveller(48000, false);
    struct sound s = sound_new(48000);
    float was = 1;

    for (uint32_t i = 0; i < s.n; i++)
        s.c[0][i] = s.c[1][i] = 1;
    const float *const c[2] = {s.c[0], s.c[1]};
    leveller_apply_rt(l, c, s.c, 4800);
    assert_true(s.c[0][4799] == 1.0f && s.c[1][0] == 1.0f);
    atomic_store(&l->wanted, LEVELLER_ONE / 100 * 101);
    leveller_apply_rt(l, c, s.c, s.n);
    for (uint32_t i = 0; i < s.n; i++) {
        assert_true(s.c[0][i] >= was && s.c[0][i] - was < 1e-6f);
        was = s.c[0][i];
    }
    assert_true(fabsf(was - 1.01f) < 1e-6f);
    atomic_store(&l->wanted, LEVELLER_ONE);
    leveller_apply_rt(l, c, s.c, s.n);
    leveller_apply_rt(l, c, s.c, s.n);
    assert_int_equal(l->gain, LEVELLER_ONE);
    leveller_free(&l);
    sound_free(&s);
}

/* What is no number reaches no meter. */
static void test_no_numbers(void **state)
{
    (void)state;
    struct leveller *l = open_leveller(SLOW, false);
    struct sound s = sound_new(SLOW), z = sound_new(SLOW);
    const float *const in[2] = {s.c[0], s.c[1]};
    const float *const out[2] = {z.c[0], z.c[1]};

    for (uint32_t i = 0; i < s.n; i++)
        s.c[i & 1][i] = i % 3 ? NAN : INFINITY;
    leveller_measure_rt(l, in, out, 1, s.n);
    assert_int_equal(leveller_drain(l), 0);
    play(l, TARGET - 3, 40);
    check_gain(l, 3);
    leveller_free(&l);
    sound_free(&s);
    sound_free(&z);
}

static void test_late_thread_is_counted(void **state)
{
    (void)state;
    struct leveller *l = open_leveller(SLOW, false);
    struct sound s = sound_new(SLOW);
    const float *const c[2] = {s.c[0], s.c[1]};
    uint32_t room = ring_capacity_rt(l->frames), put = 0;

    assert_true(room >= 2 * SLOW);
    for (; put + 100 <= room; put += 100)
        leveller_measure_rt(l, c, c, 1, 100);
    assert_int_equal(leveller_missed(l), 0);
    leveller_measure_rt(l, c, c, 1, 100);
    leveller_measure_rt(l, c, c, 1, 100);
    assert_int_equal(leveller_missed(l), 200);
    assert_int_equal(leveller_drain(l), 0);
    leveller_measure_rt(l, c, c, 1, 100);
    assert_int_equal(leveller_missed(l), 200);
    leveller_free(&l);
    sound_free(&s);
}

static void test_thread(void **state)
{
    (void)state;
    struct leveller *l = open_leveller(SLOW, false);
    struct sound s = sound_new(SLOW);
    const float *const c[2] = {s.c[0], s.c[1]};
    uint32_t seed = 1;

    for (uint32_t i = 0; i < s.n; i++)
        s.c[0][i] = s.c[1][i] = 0.1f * sound_noise(&seed);
    assert_int_equal(leveller_start(l), 0);
    for (int ms = 0; leveller_meters(l).integrated < -60; ms++) {
        assert_true(ms < 20000);
        leveller_apply_rt(l, c, s.c, 80);
        leveller_measure_rt(l, c, c, 1, 80);
        clock_sleep(NS_PER_MS);
    }
    assert_int_equal(leveller_failed(l), 0);
    leveller_free(&l);
    assert_null(l);
    leveller_free(&l);
    sound_free(&s);
}

static void test_arguments(void **state)
{
    (void)state;
    struct leveller *l;
    struct leveller_opts o = {.rate = 100, .target = TARGET};

    assert_int_equal(leveller_new(&l, &o), -EINVAL);
    assert_null(l);
    o.rate = 48000;
    o.target = 1;
    assert_int_equal(leveller_new(&l, &o), -EINVAL);
    o.target = NAN;
    assert_int_equal(leveller_new(&l, &o), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_to_the_target),
        cmocka_unit_test(test_within_range),
        cmocka_unit_test(test_view),
        cmocka_unit_test(test_gate),
        cmocka_unit_test(test_frozen_in_silence),
        cmocka_unit_test(test_bypass),
        cmocka_unit_test(test_known_tone),
        cmocka_unit_test(test_meters_of_silence),
        cmocka_unit_test(test_reduction),
        cmocka_unit_test(test_no_zipper),
        cmocka_unit_test(test_no_numbers),
        cmocka_unit_test(test_late_thread_is_counted),
        cmocka_unit_test(test_thread),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
