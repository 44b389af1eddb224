// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/master/sound.h"

#include <errno.h>
#include <string.h>

#include "clients/master/limiter.h"
#include "clients/master/limiter_priv.h"

#define CEILING (-1.0) /* dBTP */
#define SLACK   0.1    /* dB: what two true-peak meters may differ by */

static const uint32_t rates[] = {8000,  22050, 44100,  48000,
                                 88200, 96000, 176400, 192000};
#define N_RATES (sizeof(rates) / sizeof(rates[0]))

static struct limiter *open_limiter(uint32_t rate, double ceiling, bool bypass)
{
    struct limiter_opts o = {
        .rate = rate, .ceiling = ceiling, .bypass = bypass};
    struct limiter *l;

    assert_int_equal(limiter_new(&l, &o), 0);
    return l;
}

/* All of in, block frames at a time; the lowest gain. */
static float run(struct limiter *l, const struct sound *in, struct sound *out,
                 uint32_t block)
{
    float lowest = 1;

    for (uint32_t at = 0; at < in->n; at += block) {
        const float *const i[2] = {in->c[0] + at, in->c[1] + at};
        float *const o[2] = {out->c[0] + at, out->c[1] + at};
        float g = limiter_process_rt(l, i, o,
                                     block < in->n - at ? block : in->n - at);
        lowest = g < lowest ? g : lowest;
    }
    return lowest;
}

/* Music's spectrum and more: noise that falls off, swells and dies, with a
   tone, 6 dB over full scale at its peaks. */
static void programme(struct sound *s, uint32_t rate)
{
    uint32_t seed = 7;
    double low[2] = {0, 0}, peak = 0;

    for (uint32_t i = 0; i < s->n; i++) {
        double t = (double)i / rate, swell = 1 + sin(2 * M_PI * 1.7 * t);
        for (int c = 0; c < 2; c++) {
            low[c] += 0.2 * (sound_noise(&seed) - low[c]);
            s->c[c][i] = (float)(swell * swell * low[c] +
                                 0.1 * sin(2 * M_PI * 0.11 * rate * t + 2 * c));
            peak = fmax(peak, fabs((double)s->c[c][i]));
        }
    }
    for (int c = 0; c < 2; c++)
        for (uint32_t i = 0; i < s->n; i++)
            s->c[c][i] *= (float)(1.995 / peak);
}

/* Its samples are 3 dB under its peaks. */
static void between_samples(struct sound *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        double fade = fmin(1, fmin(i, s->n - i) / 2000.0);
        s->c[0][i] = (float)(1.9 * fade * sin(M_PI / 2 * i + M_PI / 4));
        s->c[1][i] = (float)(0.4 * fade * sin(M_PI / 2 * i));
    }
}

static void impulses(struct sound *s)
{
    for (uint32_t i = 5000; i + 5000 < s->n; i += 4801) {
        s->c[0][i] = 4;
        s->c[1][i + 1] = s->c[1][i + 2] = -2;
    }
}

static void white_noise(struct sound *s)
{
    uint32_t seed = 3;

    for (uint32_t i = 0; i < s->n; i++)
        for (int c = 0; c < 2; c++)
            s->c[c][i] = 1.5f * sound_noise(&seed);
}

/* The meter's word on what comes out; and the limiter did no more than needed:
   somewhere it comes as near to the ceiling as the margin and dB lets it. */
static void check_peak(const struct sound *in, uint32_t rate, double near)
{
    struct limiter *l = open_limiter(rate, CEILING, false);
    struct sound out = sound_new(in->n);
    double peak;

    run(l, in, &out, 256);
    peak = sound_true_peak(&out, rate);
    if (peak > CEILING + SLACK || peak < CEILING - LIMITER_MARGIN_DB - near)
        fail_msg("%.3f dBTP at %u Hz", peak, rate);
    limiter_free(&l);
    sound_free(&out);
}

static void test_ceiling_holds(void **state)
{
    (void)state;
    for (size_t r = 0; r < N_RATES; r++) {
        struct sound s = sound_new(2 * rates[r]);
        programme(&s, rates[r]);
        check_peak(&s, rates[r], 0.1);
        between_samples(&s);
        check_peak(&s, rates[r], 0.1);
        white_noise(&s);
        check_peak(&s, rates[r], 0.5);
        memset(s.c[0], 0, s.n * sizeof(float));
        memset(s.c[1], 0, s.n * sizeof(float));
        impulses(&s);
        check_peak(&s, rates[r], 0.1);
        sound_free(&s);
    }
}

/* The ceiling is in dBTP: samples alone do not tell. */
static void test_peaks_between_samples_count(void **state)
{
    (void)state;
    struct limiter *l = open_limiter(48000, CEILING, false);
    struct sound in = sound_new(48000), out = sound_new(48000);

    for (uint32_t i = 0; i < in.n; i++) /* samples at -1.9 dBFS */
        in.c[0][i] = (float)(0.8 * sqrt(2) * fmin(1, i / 2000.0) *
                             sin(M_PI / 2 * i + M_PI / 4));
    assert_true(run(l, &in, &out, 256) < 0.8f);
    limiter_free(&l);
    sound_free(&in);
    sound_free(&out);
}

/* Under the ceiling the output is the input, bit by bit, so much later. */
static void check_delay(uint32_t rate, const struct sound *in, bool bypass)
{
    struct limiter *l = open_limiter(rate, CEILING, bypass);
    struct sound out = sound_new(in->n);
    uint32_t late = limiter_latency(l);

    assert_true(late >= rate * LIMITER_LOOK_AHEAD_MS / 1000);
    assert_true(late <= rate * LIMITER_LOOK_AHEAD_MS / 1000 + 24);
    assert_true(run(l, in, &out, 256) == 1.0f);
    for (int c = 0; c < 2; c++) {
        for (uint32_t i = 0; i < late; i++)
            assert_true(out.c[c][i] == 0.0f);
        assert_memory_equal(out.c[c] + late, in->c[c],
                            (in->n - late) * sizeof(float));
    }
    limiter_free(&l);
    sound_free(&out);
}

static void test_only_delays_under_the_ceiling(void **state)
{
    (void)state;
    for (size_t r = 0; r < N_RATES; r++) {
        struct sound s = sound_new(rates[r]);
        programme(&s, rates[r]);
        check_delay(rates[r], &s, true); /* whatever the peaks */
        double down = pow(10, (CEILING - LIMITER_MARGIN_DB - 0.2 -
                               sound_true_peak(&s, rates[r])) /
                                  20);
        for (int c = 0; c < 2; c++)
            for (uint32_t i = 0; i < s.n; i++)
                s.c[c][i] *= (float)down;
        check_delay(rates[r], &s, false);
        sound_free(&s);
    }
}

/* After a peak the output is the input again, bit by bit, within 6 s. */
static void test_comes_back(void **state)
{
    (void)state;
    const uint32_t rate = 48000;
    struct limiter *l = open_limiter(rate, CEILING, false);
    struct sound in = sound_new(8 * rate), out = sound_new(8 * rate);
    uint32_t late = limiter_latency(l), seed = 5;

    for (uint32_t i = 0; i < in.n; i++)
        in.c[0][i] = in.c[1][i] = 0.2f * sound_noise(&seed);
    in.c[1][rate] = 3;
    assert_true(run(l, &in, &out, 256) < 0.4f);
    assert_memory_equal(out.c[0] + 7 * rate, in.c[0] + 7 * rate - late,
                        rate * sizeof(float));
    /* The release: 1 - 1/e of the way in 250 ms. */
    uint32_t a = rate + 250 * rate / 1000;
    double gain = (double)out.c[0][a + late] / in.c[0][a];
    assert_true(fabs(gain - (1 - (1 - 0.861 / 3) / M_E)) < 0.01);
    limiter_free(&l);
    sound_free(&in);
    sound_free(&out);
}

/* Stereo-linked, and on straight lines of the look-ahead's length at most. */
static void test_gain_moves_slowly(void **state)
{
    (void)state;
    const uint32_t rate = 48000;
    struct limiter *l = open_limiter(rate, CEILING, false);
    struct sound in = sound_new(2 * rate), out = sound_new(2 * rate);
    uint32_t late = limiter_latency(l), seed = 9;
    double most = 1000.0 / (rate * LIMITER_LOOK_AHEAD_MS), was = 1;

    for (uint32_t i = 0; i < in.n; i++) {
        in.c[0][i] = 0.5f; /* the gain can be read off it */
        in.c[1][i] = 0.3f * sound_noise(&seed);
        if (i > 4000 && i % 3001 < 5)
            in.c[1][i] = (float)(i % 7);
    }
    run(l, &in, &out, 256);
    for (uint32_t i = late; i < out.n; i++) {
        double gain = out.c[0][i] / 0.5;
        assert_true(fabs(gain - was) <= most * 1.001);
        assert_true(fabs(out.c[1][i] - gain * in.c[1][i - late]) < 1e-6);
        was = gain;
    }
    limiter_free(&l);
    sound_free(&in);
    sound_free(&out);
}

/* A 200 Hz tone that swells by 12 dB in 20 ms has next to nothing above 6 kHz,
   also when it has passed the limiter: a click would have. */
static void test_no_click(void **state)
{
    (void)state;
    const uint32_t rate = 48000;
    struct limiter *l = open_limiter(rate, CEILING, false);
    struct sound in = sound_new(3 * rate), out = sound_new(3 * rate);
    double worst = 0;

    for (uint32_t i = 0; i < in.n; i++) {
        double t = fmin(1, fmax(0, (i - 48000.0) / 960)); /* 20 ms */
        double level = 1.25 - 0.75 * cos(M_PI * t);
        in.c[0][i] = in.c[1][i] = (float)(level * fmin(1, i / 24000.0) *
                                          sin(2 * M_PI * 200 / rate * i));
    }
    assert_true(run(l, &in, &out, 256) < 0.5f);
    /* The fourth difference: 12 dB per octave and power, 0 dB at 8 kHz. */
    const float *x = out.c[0];
    for (uint32_t i = 4; i < out.n; i++)
        worst = fmax(worst, fabs((double)x[i] - 4 * x[i - 1] + 6 * x[i - 2] -
                                 4 * x[i - 3] + x[i - 4]));
    if (sound_db(worst) > -75)
        fail_msg("%.1f dBFS", sound_db(worst));
    limiter_free(&l);
    sound_free(&in);
    sound_free(&out);
}

static void test_any_block_size(void **state)
{
    (void)state;
    static const uint32_t blocks[] = {1, 7, 16, 64, 441, 8192};
    struct sound in = sound_new(48000), out = sound_new(48000);
    struct sound want = sound_new(48000);
    struct limiter *l = open_limiter(48000, CEILING, false);

    programme(&in, 48000);
    run(l, &in, &want, 48000);
    limiter_free(&l);
    for (size_t b = 0; b < sizeof(blocks) / sizeof(blocks[0]); b++) {
        l = open_limiter(48000, CEILING, false);
        run(l, &in, &out, blocks[b]);
        for (int c = 0; c < 2; c++)
            assert_memory_equal(out.c[c], want.c[c], out.n * sizeof(float));
        limiter_free(&l);
    }
    l = open_limiter(48000, CEILING, false);
    run(l, &in, &in, 256); /* in place */
    assert_memory_equal(in.c[1], want.c[1], in.n * sizeof(float));
    limiter_free(&l);
    sound_free(&in);
    sound_free(&out);
    sound_free(&want);
}

/* Frames that are no numbers are silence, and all others are as without them.
 */
static void test_no_numbers(void **state)
{
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY, 3e38f, -2e6f};
    const uint32_t n = 20000;
    struct sound in = sound_new(n), out = sound_new(n), want = sound_new(n);
    struct limiter *l = open_limiter(48000, CEILING, false);

    programme(&in, 48000);
    for (uint32_t i = 1000; i < n; i += 997)
        in.c[i & 1][i] = 0;
    run(l, &in, &want, 256);
    limiter_free(&l);
    l = open_limiter(48000, CEILING, false);
    for (uint32_t i = 1000; i < n; i += 997)
        in.c[i & 1][i] = bad[i % 5];
    run(l, &in, &out, 256);
    for (int c = 0; c < 2; c++)
        assert_memory_equal(out.c[c], want.c[c], n * sizeof(float));
    limiter_free(&l);
    sound_free(&in);
    sound_free(&out);
    sound_free(&want);
}

static void test_silence(void **state)
{
    (void)state;
    struct sound in = sound_new(48000), out = sound_new(48000);
    struct limiter *l = open_limiter(48000, CEILING, false);

    assert_true(run(l, &in, &out, 128) == 1.0f);
    for (uint32_t i = 0; i < out.n; i++)
        assert_true(out.c[0][i] == 0.0f && out.c[1][i] == 0.0f);
    limiter_free(&l);
    sound_free(&in);
    sound_free(&out);
}

static void test_arguments(void **state)
{
    (void)state;
    struct limiter *l;
    struct limiter_opts o = {.rate = 7999, .ceiling = -1};

    assert_int_equal(limiter_new(&l, &o), -EINVAL);
    assert_null(l);
    o.rate = 384001;
    assert_int_equal(limiter_new(&l, &o), -EINVAL);
    o.rate = 384000;
    o.ceiling = 0.5;
    assert_int_equal(limiter_new(&l, &o), -EINVAL);
    o.ceiling = NAN;
    assert_int_equal(limiter_new(&l, &o), -EINVAL);
    o.ceiling = 0;
    assert_int_equal(limiter_new(&l, &o), 0);
    assert_int_equal(l->points, 1);
    limiter_free(&l);
    assert_null(l);
    limiter_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ceiling_holds),
        cmocka_unit_test(test_peaks_between_samples_count),
        cmocka_unit_test(test_only_delays_under_the_ceiling),
        cmocka_unit_test(test_comes_back),
        cmocka_unit_test(test_gain_moves_slowly),
        cmocka_unit_test(test_no_click),
        cmocka_unit_test(test_any_block_size),
        cmocka_unit_test(test_no_numbers),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
