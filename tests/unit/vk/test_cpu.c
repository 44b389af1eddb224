// SPDX-License-Identifier: GPL-3.0-or-later
/* The CPU renderer against the formula in double precision. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "vk/renderer.h"

#define MAX_PARTIALS 1000u
#define MAX_BANDS    40u
#define MIN_SNR      100.0 /* dB */
#define DAY          (INT64_C(24) * 3600 * 48000 / SCENE_CHUNK * SCENE_CHUNK)

struct world {
    struct renderer *renderer;
    struct scene *scene;
    struct buses out, again;
    double want[BUS_COUNT][2][SCENE_CHUNK];
};

static int set_up(void **state)
{
    const struct renderer_opts o = {
        .max_partials = MAX_PARTIALS,
        .max_bands = MAX_BANDS,
        .timeout_ns = INT64_C(1000000000),
    };
    struct world *w = calloc(1, sizeof(*w));

    if (!w)
        return -1;
    *state = w;
    if (renderer_open_cpu(&w->renderer, &o) < 0)
        return -1;
    return scene_new(&w->scene, MAX_PARTIALS, MAX_BANDS);
}

static int tear_down(void **state)
{
    struct world *w = *state;

    renderer_free(&w->renderer);
    scene_free(&w->scene);
    free(w);
    return 0;
}

/* Signal to error over both channels of a bus, dB. */
static double bus_snr(const struct world *w, uint32_t bus)
{
    double signal = 0.0, error = 0.0;

    for (uint32_t ch = 0; ch < 2; ch++)
        for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
            double want = w->want[bus][ch][n];
            double e = (double)w->out.x[bus][ch][n] - want;
            signal += want * want;
            error += e * e;
        }
    return 10.0 * log10(signal / error);
}

static void right_after_a_day(void **state)
{
    struct world *w = *state;
    const struct fixture shapes[] = {
        {.seed = 1, .n = {1, 15, 16, 17}, .n_bands = 1, .first = DAY},
        {.seed = 2, .n = {300, 200, 250, 250}, .n_bands = 40, .first = DAY},
        {.seed = 3, .n = {3, 997, 0, 0}, .n_bands = 7, .first = 0},
        {.seed = 4, .n = {0, 0, 0, 33}, .n_bands = 5, .first = 400 * DAY},
    };

    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        fixture_fill(w->scene, &shapes[i]);
        memset(&w->out, 0xff, sizeof(w->out)); /* NaN unless written */
        assert_int_equal(renderer_render(w->renderer, w->scene, &w->out), 0);
        fixture_oracle(w->scene, w->want);
        for (uint32_t b = 0; b < BUS_COUNT; b++) {
            if (shapes[i].n[b] == 0) {
                assert_true(w->out.x[b][0][0] == 0.0f);
                continue;
            }
            double snr = bus_snr(w, b);
            print_message("scene %zu, bus %u: SNR %.1f dB\n", i, b, snr);
            assert_true(snr >= MIN_SNR);
        }
    }
}

/* A chunk doesn't depend on what was rendered before it, nor by whom. */
static void chunks_independent(void **state)
{
    struct world *w = *state;
    struct fixture f = {
        .seed = 5, .n = {100, 100, 100, 100}, .n_bands = 9, .first = DAY};

    fixture_fill(w->scene, &f);
    assert_int_equal(renderer_render(w->renderer, w->scene, &w->again), 0);
    f.seed = 6;
    f.first += 77 * SCENE_CHUNK;
    fixture_fill(w->scene, &f);
    assert_int_equal(renderer_render(w->renderer, w->scene, &w->out), 0);
    f.seed = 5;
    f.first = DAY;
    fixture_fill(w->scene, &f);
    assert_int_equal(renderer_render(w->renderer, w->scene, &w->out), 0);
    assert_memory_equal(&w->out, &w->again, sizeof(w->out));
}

/* What a band at 0 holds isn't heard, to the bit. */
static void silence_is_zero(void **state)
{
    struct world *w = *state;
    const struct fixture f = {
        .seed = 7, .n = {50, 60, 70, 80}, .n_bands = 3, .first = DAY};
    static const struct buses zero;

    fixture_fill(w->scene, &f);
    for (uint32_t b = 0; b < f.n_bands; b++)
        memset(w->scene->bands[b].level, 0, sizeof(w->scene->bands[b].level));
    memset(&w->out, 0xff, sizeof(w->out));
    assert_int_equal(renderer_render(w->renderer, w->scene, &w->out), 0);
    assert_memory_equal(&w->out, &zero, sizeof(w->out));

    memset(w->scene->bus_first, 0, sizeof(w->scene->bus_first));
    w->scene->n_bands = 0;
    memset(&w->out, 0xff, sizeof(w->out));
    assert_int_equal(renderer_render(w->renderer, w->scene, &w->out), 0);
    assert_memory_equal(&w->out, &zero, sizeof(w->out));
}

static void too_large_refused(void **state)
{
    struct world *w = *state;
    const struct fixture f = {.seed = 8, .n = {4, 4, 4, 4}, .n_bands = 1};

    fixture_fill(w->scene, &f);
    w->scene->bus_first[BUS_COUNT] = MAX_PARTIALS + 1;
    assert_int_equal(renderer_render(w->renderer, w->scene, &w->out), -EINVAL);
    fixture_fill(w->scene, &f);
    w->scene->bus_first[2] = 1; /* before bus 1 */
    assert_int_equal(renderer_render(w->renderer, w->scene, &w->out), -EINVAL);
    fixture_fill(w->scene, &f);
    w->scene->n_bands = MAX_BANDS + 1;
    assert_int_equal(renderer_render(w->renderer, w->scene, &w->out), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_after_a_day),
        cmocka_unit_test(chunks_independent),
        cmocka_unit_test(silence_is_zero),
        cmocka_unit_test(too_large_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
