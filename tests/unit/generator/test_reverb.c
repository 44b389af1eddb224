// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/noise.h"
#include "clients/generator/reverb.h"

#define PI 3.14159265358979323846

static struct buses dry;

/* Only the room: nothing of the sound itself. */
static struct music_room wet_room(void)
{
    struct music_room room = {.t60_low = 3.2,
                              .t60_mid = 4.2,
                              .t60_high = 1.8,
                              .size = 1,
                              .drift = 8,
                              .wet = 1,
                              .send = {1, 1, 1, 1},
                              .pre = {0, 25, 40, 10}};
    return room;
}

static struct reverb *open_room(const struct music_room *room, uint32_t rate)
{
    struct reverb *r;
    assert_int_equal(reverb_new(&r, room, rate), 0);
    return r;
}

/* Left channel of the answer to an impulse on both sides. */
static float *impulse_response(uint32_t rate, uint32_t chunks)
{
    struct music_room room = wet_room();
    struct reverb *r = open_room(&room, rate);
    float *out = calloc((size_t)chunks * SCENE_CHUNK, sizeof(*out));
    float mix[2 * SCENE_CHUNK];

    assert_non_null(out);
    memset(&dry, 0, sizeof(dry));
    dry.x[BUS_PAD][0][0] = dry.x[BUS_PAD][1][0] = 1.0f;
    for (uint32_t c = 0; c < chunks; c++) {
        reverb_run(r, (int64_t)c * SCENE_CHUNK, NULL, &dry, mix);
        dry.x[BUS_PAD][0][0] = dry.x[BUS_PAD][1][0] = 0.0f;
        for (uint32_t n = 0; n < SCENE_CHUNK; n++)
            out[c * SCENE_CHUNK + n] = mix[2 * n];
    }
    reverb_free(&r);
    return out;
}

/* Octave band by four resonators in series. */
static void band_pass(double *x, uint32_t n, double hz, uint32_t rate)
{
    double w = 2 * PI * hz / rate, alpha = sin(w) / (2 * 0.9);

    for (int pass = 0; pass < 4; pass++) {
        double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
        for (uint32_t i = 0; i < n; i++) {
            double y =
                (alpha * (x[i] - x2) + 2 * cos(w) * y1 - (1 - alpha) * y2) /
                (1 + alpha);
            x2 = x1;
            x1 = x[i];
            y2 = y1;
            y1 = y;
            x[i] = y;
        }
    }
}

/* T60 from the slope of Schroeder's backward integral, -5 to -35 dB. */
static double measure_t60(const float *ir, uint32_t n, double hz, uint32_t rate)
{
    double *x = calloc(n, sizeof(*x));
    double total, from = -1, to = -1;

    assert_non_null(x);
    for (uint32_t i = 0; i < n; i++)
        x[i] = ir[i];
    band_pass(x, n, hz, rate);
    for (uint32_t i = n; i-- > 0;)
        x[i] = x[i] * x[i] + (i + 1 < n ? x[i + 1] : 0);
    total = x[0];
    for (uint32_t i = 0; i < n && to < 0; i++) {
        double db = 10 * log10(x[i] / total);
        if (from < 0 && db < -5)
            from = (double)i / rate;
        if (db < -35)
            to = (double)i / rate;
    }
    free(x);
    return 2 * (to - from);
}

static void check_t60(double measured, double wanted)
{
    if (fabs(measured / wanted - 1) > 0.15)
        fail_msg("T60 %.2f s, wanted %.2f", measured, wanted);
}

static void test_t60_in_bands(void **state)
{
    static const uint32_t rates[] = {44100, 48000, 96000};
    (void)state;

    for (int i = 0; i < 3; i++) {
        uint32_t chunks = 6 * rates[i] / SCENE_CHUNK;
        uint32_t n = chunks * SCENE_CHUNK;
        float *ir = impulse_response(rates[i], chunks);
        check_t60(measure_t60(ir, n, 63, rates[i]), 3.2);
        check_t60(measure_t60(ir, n, 500, rates[i]), 4.2);
        check_t60(measure_t60(ir, n, 8000, rates[i]), 1.8);
        free(ir);
    }
}

static void test_pre_delay(void **state)
{
    float *ir = impulse_response(48000, 8);
    uint32_t n = 0;
    (void)state;

    while (fabsf(ir[n]) < 1e-6f)
        n++;
    /* 25 ms, then the shortest line, 1009 samples, give or take its drift */
    assert_in_range(n, 1200 + 1009 - 10, 1200 + 1009 + 10);
    free(ir);
}

static void test_no_dc(void **state)
{
    struct music_room room = wet_room();
    struct reverb *r;
    float mix[2 * SCENE_CHUNK];
    double sum[2] = {0, 0};
    (void)state;

    room.dry[BUS_DRONE] = 1;
    r = open_room(&room, 48000);
    memset(&dry, 0, sizeof(dry));
    for (uint32_t n = 0; n < SCENE_CHUNK; n++)
        dry.x[BUS_DRONE][0][n] = dry.x[BUS_DRONE][1][n] = 0.25f;
    for (int c = 0; c < 1000; c++) {
        reverb_run(r, c * SCENE_CHUNK, NULL, &dry, mix);
        for (uint32_t n = 0; c >= 950 && n < SCENE_CHUNK; n++) {
            sum[0] += mix[2 * n] / (50.0 * SCENE_CHUNK);
            sum[1] += mix[2 * n + 1] / (50.0 * SCENE_CHUNK);
        }
    }
    assert_true(fabs(sum[0]) < 1e-4 && fabs(sum[1]) < 1e-4);
    reverb_free(&r);
}

static void fill_noise(uint64_t seed)
{
    for (uint32_t b = 0; b < BUS_COUNT; b++)
        for (uint32_t c = 0; c < 2; c++)
            for (uint32_t n = 0; n < SCENE_CHUNK; n++)
                dry.x[b][c][n] = (float)noise_s(noise_hash(seed, b, c, n));
}

static void test_loud_noise_stays_finite_and_dies_to_zero(void **state)
{
    struct music_room room = wet_room();
    struct reverb *r = open_room(&room, 48000);
    float mix[2 * SCENE_CHUNK];
    bool silent = false;
    (void)state;

    for (int c = 0; c < 400; c++) {
        fill_noise((uint64_t)c);
        reverb_run(r, c * SCENE_CHUNK, NULL, &dry, mix);
        for (uint32_t n = 0; n < 2 * SCENE_CHUNK; n++)
            assert_true(fabsf(mix[n]) < 100.0f);
    }
    memset(&dry, 0, sizeof(dry));
    for (int c = 400; c < 2400 && !silent; c++) {
        reverb_run(r, c * SCENE_CHUNK, NULL, &dry, mix);
        silent = true;
        for (uint32_t n = 0; n < 2 * SCENE_CHUNK; n++) {
            assert_int_not_equal(fpclassify(mix[n]), FP_SUBNORMAL);
            silent = silent && mix[n] == 0.0f;
        }
    }
    assert_true(silent);
    reverb_free(&r);
}

static void test_clear_is_as_new(void **state)
{
    struct music_room room = wet_room();
    struct reverb *used = open_room(&room, 48000);
    struct reverb *fresh = open_room(&room, 48000);
    float a[2 * SCENE_CHUNK], b[2 * SCENE_CHUNK];
    (void)state;

    for (int c = 0; c < 50; c++) {
        fill_noise((uint64_t)c);
        reverb_run(used, c * SCENE_CHUNK, NULL, &dry, a);
    }
    reverb_clear(used);
    for (int c = 0; c < 50; c++) {
        fill_noise(1000 + (uint64_t)c);
        reverb_run(used, c * SCENE_CHUNK, NULL, &dry, a);
        reverb_run(fresh, c * SCENE_CHUNK, NULL, &dry, b);
        assert_memory_equal(a, b, sizeof(a));
    }
    reverb_free(&used);
    reverb_free(&fresh);
}

static void test_dry(void **state)
{
    struct music_room room = {.t60_low = 1,
                              .t60_mid = 1,
                              .t60_high = 1,
                              .size = 1,
                              .dry = {0.5, 0, 0, 0}};
    struct reverb *r = open_room(&room, 48000);
    float mix[2 * SCENE_CHUNK];
    (void)state;

    memset(&dry, 0, sizeof(dry));
    for (uint32_t n = 0; n < SCENE_CHUNK; n++) /* 1 kHz, in the middle */
        dry.x[BUS_DRONE][0][n] = dry.x[BUS_DRONE][1][n] =
            (float)sin(2 * PI * n / 48.0);
    reverb_run(r, 0, NULL, &dry, mix);
    for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
        assert_true(fabsf(mix[2 * n] - mix[2 * n + 1]) < 1e-6f);
        assert_true(fabsf(mix[2 * n] - 0.5f * dry.x[BUS_DRONE][0][n]) < 1e-2f);
    }
    reverb_free(&r);
}

/* dB that the energy of an impulse loses from the second second to the third.
 */
static double decay_at(double space)
{
    struct music_room room = wet_room();
    struct reverb *r = open_room(&room, 48000);
    struct reverb_moves moves;
    float mix[2 * SCENE_CHUNK];
    double energy[3] = {0, 0, 0};

    for (uint32_t p = 0; p < SCENE_POINTS; p++) {
        moves.space[p] = space;
        moves.motion[p] = 1;
    }
    memset(&dry, 0, sizeof(dry));
    dry.x[BUS_PAD][0][0] = dry.x[BUS_PAD][1][0] = 1.0f;
    for (int c = 0; c < 3 * 47; c++) {
        reverb_run(r, c * SCENE_CHUNK, &moves, &dry, mix);
        dry.x[BUS_PAD][0][0] = dry.x[BUS_PAD][1][0] = 0.0f;
        for (uint32_t i = 0; i < 2 * SCENE_CHUNK; i++)
            energy[c / 47] += (double)mix[i] * mix[i];
    }
    reverb_free(&r);
    return 10 * log10(energy[1] / energy[2]);
}

/* Half and twice the time to die away. */
static void test_space(void **state)
{
    double one = decay_at(1);
    (void)state;

    assert_true(one > 5);
    assert_true(fabs(decay_at(0) / one - 2) < 0.15);
    assert_true(fabs(decay_at(2) / one - 0.5) < 0.1);
}

/* Where nothing was moved, moves say so, and it sounds the same. */
static void test_moves_of_nothing(void **state)
{
    struct music_room room = wet_room();
    struct reverb *a = open_room(&room, 48000), *b = open_room(&room, 48000);
    float x[2 * SCENE_CHUNK], y[2 * SCENE_CHUNK];
    struct reverb_moves moves;
    (void)state;

    for (uint32_t p = 0; p < SCENE_POINTS; p++)
        moves.space[p] = moves.motion[p] = 1;
    for (int c = 0; c < 20; c++) {
        fill_noise((uint64_t)c);
        reverb_run(a, c * SCENE_CHUNK, NULL, &dry, x);
        reverb_run(b, c * SCENE_CHUNK, &moves, &dry, y);
        assert_memory_equal(x, y, sizeof(x));
    }
    reverb_free(&a);
    reverb_free(&b);
}

static void test_free_accepts_null(void **state)
{
    struct reverb *r = NULL;
    (void)state;
    reverb_free(&r);
    assert_null(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_t60_in_bands),
        cmocka_unit_test(test_pre_delay),
        cmocka_unit_test(test_no_dc),
        cmocka_unit_test(test_loud_noise_stays_finite_and_dies_to_zero),
        cmocka_unit_test(test_clear_is_as_new),
        cmocka_unit_test(test_dry),
        cmocka_unit_test(test_space),
        cmocka_unit_test(test_moves_of_nothing),
        cmocka_unit_test(test_free_accepts_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
