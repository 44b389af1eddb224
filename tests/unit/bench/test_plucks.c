// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The detector of clicks on what is hardest for it: the plucks of `rain` and
 * the grains of `drift`, dry, as the generator makes them. What it must not
 * find, what it must find among them, and what lies under its floor.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/engine.h"
#include "clients/generator/score.h"
#include "tests/bench/measure/click.h"
#include "tests/unit/bench/synthetic.h"
#include "tests/unit/test.h"
#include "tests/unit/vk/oracle.h"
#include "vk/renderer.h"

#define RATE      48000
#define FINER     4 /* times the rate: an envelope's grid of 16 frames, not 64 */
#define SECONDS   20
#define FRAMES    ((size_t)SECONDS * RATE)
#define PLACES    400
#define AROUND    ((size_t)RATE / 8) /* frames beside a fault looked at */
#define SENSITIVE 2e-6               /* far under what is heard */

static const char *const names[] = {"rain", "drift"};
#define PRESET_COUNT (sizeof(names) / sizeof(names[0]))

static struct music preset[PRESET_COUNT];
static float *piece[PRESET_COUNT]; /* [FRAMES][2] */

/* SECONDS of the dry buses' sum from the start, every step-th frame. */
static float *render(const struct music *m, uint32_t rate, size_t step)
{
    struct engine_opts o = {.music = m,
                            .seed = 1,
                            .rate = rate,
                            .renderer = ENGINE_CPU,
                            .offline = true,
                            .thin = true};
    float *out = calloc(2 * FRAMES, sizeof(*out));
    float mix[2 * SCENE_CHUNK], bus[2 * SCENE_CHUNK];
    struct engine *e;

    if (!out || engine_new(&e, &o) < 0 || engine_seek(e, 0, 0) < 0)
        abort();
    for (size_t at = 0; at < step * FRAMES; at += SCENE_CHUNK) {
        if (engine_chunk(e, mix) < 0)
            abort();
        for (int b = 0; b < BUS_COUNT; b++) {
            engine_bus(e, (enum scene_bus)b, bus);
            for (size_t i = 0; i < SCENE_CHUNK; i++)
                for (size_t c = 0; c < 2 && (at + i) % step == 0; c++)
                    if ((at + i) / step < FRAMES)
                        out[2 * ((at + i) / step) + c] += bus[2 * i + c];
        }
    }
    engine_free(&e);
    return out;
}

/* Clicks over an amplitude; 0: over the detector's own. */
static struct figures clicks_of(const float *x, size_t frames, double floor)
{
    struct click c;
    struct figures f;

    click_init(&c, RATE);
    if (floor > 0)
        c.floor = floor;
    click_add(&c, x, frames);
    click_end(&c, &f);
    return f;
}

static void test_plucks_are_no_clicks(void **state)
{
    (void)state;
    for (size_t p = 0; p < PRESET_COUNT; p++)
        assert_true(clicks_of(piece[p], FRAMES, 0).clicks == 0);
}

/* Lone wrong samples of an amplitude: how many are found. */
static int caught(const float *clean, float amplitude)
{
    float x[4 * AROUND];
    uint64_t random = 11;
    int found = 0;

    for (int i = 0; i < PLACES; i++) {
        double share = synthetic_random(&random);
        size_t at = AROUND + (size_t)(share * (double)(FRAMES - 2 * AROUND));
        memcpy(x, clean + 2 * (at - AROUND), sizeof(x));
        x[2 * AROUND] += i % 2 ? amplitude : -amplitude;
        found += clicks_of(x, 2 * AROUND, 0).clicks > 0;
    }
    return found;
}

/* -60 dBFS is what nothing above 16 kHz may reach, whatever its cause. */
static void test_clicks_among_plucks(void **state)
{
    (void)state;
    for (size_t p = 0; p < PRESET_COUNT; p++) {
        int loud = caught(piece[p], 1e-3f);
        int soft = caught(piece[p], 3e-4f);
        print_message("%s: of %d lone wrong samples %d of -60 dBFS are caught, "
                      "%d of -70 dBFS\n",
                      names[p], PLACES, loud, soft);
        assert_int_equal(loud, PLACES);
        assert_true(soft >= PLACES * 98 / 100);
    }
}

/*
 * What a detector without that floor finds are corners of envelopes that move
 * along straight lines of 64 frames: on a grid four times as fine they are
 * gone.
 */
static void test_what_lies_under_the_floor(void **state)
{
    (void)state;
    for (size_t p = 0; p < PRESET_COUNT; p++) {
        float *finer = render(&preset[p], FINER * RATE, FINER);
        double coarse = clicks_of(piece[p], FRAMES, SENSITIVE).clicks;
        double fine = clicks_of(finer, FRAMES, SENSITIVE).clicks;
        print_message("%s: %g corners over %.0f dBFS on a grid of 64 frames, "
                      "%g on one of 16\n",
                      names[p], coarse, 20 * log10(SENSITIVE), fine);
        assert_true(coarse >= 20);
        assert_true(fine <= coarse / 20);
        free(finer);
    }
}

/* Most that the renderer is off the formula in double precision. */
static double off_the_oracle(const struct music *m, int64_t first)
{
    static oracle_buses want;
    static struct buses got;
    struct renderer_opts o = {.thin = true, .timeout_ns = INT64_C(10000000000)};
    struct renderer *r;
    struct scene *s;
    struct score *score;
    double most = 0;

    music_bounds(m, &o.max);
    assert_int_equal(scene_new(&s, &o.max), 0);
    assert_int_equal(score_new(&score, m, 1, RATE), 0);
    assert_int_equal(renderer_open_cpu(&r, &o), 0);
    assert_int_equal(score_chunk(score, first, s), 0);
    assert_int_equal(renderer_render(r, s, &got), 0);
    oracle_render(s, true, want);
    for (int b = 0; b < BUS_COUNT; b++)
        for (int c = 0; c < 2; c++)
            for (int i = 0; i < SCENE_CHUNK; i++)
                most = fmax(most, fabs((double)got.x[b][c][i] - want[b][c][i]));
    renderer_free(&r);
    score_free(&score);
    scene_free(&s);
    return most;
}

/* At the first corner that the detector sees, the renderer's sound is the
   formula's: no more clicks in it than there. */
static void test_the_renderer_adds_no_click(void **state)
{
    (void)state;
    for (size_t p = 0; p < PRESET_COUNT; p++) {
        double at = clicks_of(piece[p], FRAMES, SENSITIVE).click_first;
        int64_t first = (int64_t)(at * RATE) / SCENE_CHUNK * SCENE_CHUNK;
        double off = off_the_oracle(&preset[p], first);
        print_message("%s: %.1f dBFS off the oracle\n", names[p],
                      20 * log10(off));
        assert_true(off < 1e-5);
    }
}

static int set_up(void **state)
{
    (void)state;
    for (size_t p = 0; p < PRESET_COUNT; p++) {
        char path[512], err[CONF_ERROR_MAX];
        snprintf(path, sizeof(path), "%s/%s.yaml", PRESETS, names[p]);
        if (music_load(&preset[p], path, err) < 0)
            return -1;
        piece[p] = render(&preset[p], RATE, 1);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t p = 0; p < PRESET_COUNT; p++)
        free(piece[p]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plucks_are_no_clicks),
        cmocka_unit_test(test_clicks_among_plucks),
        cmocka_unit_test(test_what_lies_under_the_floor),
        cmocka_unit_test(test_the_renderer_adds_no_click),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
