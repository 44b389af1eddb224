// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/master/sound.h"

#include <string.h>

#include "clients/master/chain.h"
#include "clients/master/leveller_priv.h"

#define RATE   48000
#define PERIOD 256

static void open_chain(struct chain *c, bool bypass)
{
    struct leveller_opts v = {.rate = RATE, .target = -18, .bypass = bypass};
    struct limiter_opts m = {.rate = RATE, .ceiling = -1, .bypass = bypass};

    *c = (struct chain){.leveller = NULL};
    assert_int_equal(leveller_new(&c->leveller, &v), 0);
    assert_int_equal(limiter_new(&c->limiter, &m), 0);
}

static void close_chain(struct chain *c)
{
    leveller_free(&c->leveller);
    limiter_free(&c->limiter);
}

static void run(struct chain *c, const struct sound *in, struct sound *out)
{
    for (uint32_t at = 0; at < in->n; at += PERIOD) {
        const float *const i[2] = {in->c[0] + at, in->c[1] + at};
        float *const o[2] = {out->c[0] + at, out->c[1] + at};
        uint32_t n = in->n - at < PERIOD ? in->n - at : PERIOD;
        chain_process_rt(
            c, &(struct jclient_cycle){.n_frames = n, .in = i, .out = o});
        assert_int_equal(leveller_drain(c->leveller), 0);
    }
}

/* Noise with little up to the Nyquist frequency, where meters differ. */
static void loud(struct sound *s)
{
    uint32_t seed = 11;
    float low[2] = {0, 0};

    for (uint32_t i = 0; i < s->n; i++)
        for (int c = 0; c < 2; c++) {
            low[c] += 0.2f * (sound_noise(&seed) - low[c]);
            s->c[c][i] = 3 * low[c];
        }
}

static void test_bypass_only_delays(void **state)
{
    (void)state;
    struct chain c;
    struct sound in = sound_new(6 * RATE), out = sound_new(6 * RATE);
    uint32_t late;

    open_chain(&c, true);
    late = limiter_latency(c.limiter);
    loud(&in);
    run(&c, &in, &out);
    for (int k = 0; k < 2; k++)
        assert_memory_equal(out.c[k] + late, in.c[k],
                            (in.n - late) * sizeof(float));
    close_chain(&c);
    sound_free(&in);
    sound_free(&out);
}

/* Too loud, and broken now and then: turned down at its pace, under the
   ceiling, and the meters say what is so. */
static void test_loud_and_broken(void **state)
{
    (void)state;
    struct chain c;
    struct sound in = sound_new(8 * RATE), out = sound_new(8 * RATE);
    struct leveller_meters m;
    double peak, over;

    open_chain(&c, false);
    loud(&in);
    for (uint32_t i = 0; i < in.n; i += 997)
        in.c[i & 1][i] = i & 2 ? NAN : INFINITY;
    run(&c, &in, &out);
    peak = sound_true_peak(&out, RATE);
    m = leveller_meters(c.leveller);
    assert_true(peak < -1 + 0.1 && peak > -1.5);
    assert_true(fabs(m.true_peak - peak) < 0.01);
    assert_true(m.gain_db < -0.49 && m.gain_db > -0.52); /* 5 s of it */
    /* What was too loud in the last second, after the gain. */
    for (uint32_t i = 0; i < in.n; i += 997)
        in.c[i & 1][i] = 0;
    over = sound_true_peak(&in, RATE) + m.gain_db + 1 + LIMITER_MARGIN_DB;
    assert_true(m.reduction < over + 0.3 && m.reduction > over - 1.5);
    close_chain(&c);
    sound_free(&in);
    sound_free(&out);
}

/* It is what comes in that is levelled: an error of 3 dB is mended by 3 dB. */
static void test_levels_the_input(void **state)
{
    (void)state;
    struct chain c;
    struct sound in = sound_new(45 * RATE), out = sound_new(45 * RATE);
    struct leveller_meters m;

    open_chain(&c, false);
    for (uint32_t i = 0; i < in.n; i++) /* 997 Hz: dBFS is LUFS */
        in.c[0][i] = in.c[1][i] =
            (float)(pow(10, -21 / 20.0) * sin(2 * M_PI * 997 / RATE * i));
    run(&c, &in, &out);
    m = leveller_meters(c.leveller);
    assert_true(fabs(m.gain_db - 3) < 0.1);
    assert_true(fabs(m.short_term + 18) < 0.1);
    assert_true(m.reduction == 0);
    close_chain(&c);
    sound_free(&in);
    sound_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bypass_only_delays),
        cmocka_unit_test(test_loud_and_broken),
        cmocka_unit_test(test_levels_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
