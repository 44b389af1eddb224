// SPDX-License-Identifier: GPL-3.0-or-later
/* The CPU renderer, at every SIMD level there is, against the formula in double
   precision. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "oracle.h"
#include "tests/unit/test.h"
#include "vk/renderer.h"
#include "vk/simd.h"

#define MIN_SNR 110.0 /* dB */
#define HOUR    (INT64_C(3600) * 48000 / SCENE_CHUNK * SCENE_CHUNK)

static const struct scene_limits limits = {.notes = 120,
                                           .bands = 3000,
                                           .mods = 1000,
                                           .partials = 40000,
                                           .thin = 20000};

struct world {
    struct scene *scene;
    struct buses out, again;
    oracle_buses want;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    if (!w)
        return -1;
    *state = w;
    return scene_new(&w->scene, &limits);
}

static int tear_down(void **state)
{
    struct world *w = *state;

    scene_free(&w->scene);
    free(w);
    return 0;
}

static struct renderer *open_cpu(int simd, bool thin, uint32_t threads)
{
    const struct renderer_opts o = {
        .max = limits, .simd = simd, .thin = thin, .threads = threads};
    struct renderer *r = NULL;

    assert_int_equal(renderer_open_cpu(&r, &o), 0);
    return r;
}

static void render(struct renderer *r, struct world *w, struct buses *out)
{
    memset(out, 0xff, sizeof(*out)); /* NaN unless written */
    assert_int_equal(renderer_render(r, w->scene, out), 0);
}

/* Each bus is either heard and close, or silent in both. */
static void check(struct world *w, const char *what, double *worst)
{
    for (uint32_t b = 0; b < BUS_COUNT; b++) {
        double snr;

        if (w->scene->bus_first[b] == w->scene->bus_first[b + 1]) {
            for (uint32_t n = 0; n < SCENE_CHUNK; n++)
                assert_true(w->out.x[b][0][n] == 0.0f &&
                            w->out.x[b][1][n] == 0.0f);
            continue;
        }
        snr = oracle_snr(&w->out, w->want, b);
        if (!(snr >= MIN_SNR))
            print_message("%s, bus %u: SNR %.1f dB\n", what, b, snr);
        assert_true(snr >= MIN_SNR);
        if (snr < *worst)
            *worst = snr;
    }
}

static void close_at_any_time(void **state)
{
    struct world *w = *state;
    static const int64_t firsts[] = {0, HOUR, ORACLE_DAY, 400 * ORACLE_DAY};
    static const struct oracle_shape shapes[] = {
        {1, {1, 1, 1, 1}, 1, 1, 0, 0},
        {2, {4, 3, 5, 2}, 30, 20, 0, 0},
        {3, {0, 9, 0, 20}, 17, 15, 0, 0},
        {4, {6, 7, 8, 9}, 25, 12, ORACLE_ALL & ~ORACLE_MODULATED, 0},
    };

    for (int simd = SIMD_PORTABLE; simd < SIMD_COUNT; simd++) {
        double worst = INFINITY;

        if (!renderer_simd_available(simd))
            continue;
        struct renderer *r = open_cpu(simd, false, 1);
        for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
            for (size_t t = 0; t < sizeof(firsts) / sizeof(firsts[0]); t++) {
                struct oracle_shape shape = shapes[i];

                shape.first = firsts[t];
                oracle_scene(w->scene, &shape);
                render(r, w, &w->out);
                oracle_render(w->scene, false, w->want);
                check(w, renderer_name(r), &worst);
            }
        print_message("%s: worst SNR %.1f dB\n", renderer_name(r), worst);
        renderer_free(&r);
    }
}

static void modulated_too(void **state)
{
    struct world *w = *state;

    for (int simd = SIMD_PORTABLE; simd < SIMD_COUNT; simd++) {
        double worst = INFINITY;

        if (!renderer_simd_available(simd))
            continue;
        struct renderer *r = open_cpu(simd, false, 1);
        for (uint64_t seed = 10; seed < 14; seed++) {
            const struct oracle_shape shape = {seed, {7, 7, 7, 7}, 20,
                                               12,   ORACLE_ALL,   ORACLE_DAY};

            oracle_scene(w->scene, &shape);
            render(r, w, &w->out);
            oracle_render(w->scene, false, w->want);
            check(w, renderer_name(r), &worst);
        }
        print_message("%s: worst SNR %.1f dB\n", renderer_name(r), worst);
        renderer_free(&r);
    }
}

/* The first members of each note, louder for being fewer. */
static void thinned(void **state)
{
    struct world *w = *state;
    const struct oracle_shape shape = {20, {5, 5, 5, 5}, 20,
                                       30, ORACLE_ALL,   ORACLE_DAY};
    struct renderer *r = open_cpu(SIMD_AUTO, true, 1);
    double worst = INFINITY;

    oracle_scene(w->scene, &shape);
    render(r, w, &w->out);
    oracle_render(w->scene, true, w->want);
    check(w, "thinned", &worst);
    renderer_free(&r);
}

/* More than one batch, with notes across their boundaries. */
static void many_partials(void **state)
{
    struct world *w = *state;
    const struct oracle_shape shape = {21, {2, 60, 3, 1}, 40,
                                       40, ORACLE_ALL,    ORACLE_DAY};
    struct renderer *r = open_cpu(SIMD_AUTO, false, 1);
    double worst = INFINITY;

    oracle_scene(w->scene, &shape);
    assert_true(w->scene->n_partials > 12000);
    render(r, w, &w->out);
    oracle_render(w->scene, false, w->want);
    check(w, "many partials", &worst);
    renderer_free(&r);
}

/* What a renderer has drawn before changes nothing, to the bit: not a note that
   is there again, nor one whose bands have changed under the same key. */
static void cache_unheard(void **state)
{
    struct world *w = *state;
    struct oracle_shape shape = {30, {4, 4, 4, 4}, 12,
                                 9,  ORACLE_ALL,   ORACLE_DAY};
    struct renderer *old = open_cpu(SIMD_AUTO, false, 1);

    for (int i = 0; i < 30; i++) {
        struct renderer *fresh = open_cpu(SIMD_AUTO, false, 1);

        oracle_scene(w->scene, &shape);
        for (uint32_t k = 0; k < w->scene->n_bands; k++) {
            struct scene_band *b = &w->scene->bands[k];
            if (i % 3 == 1 && k % 4 == 0)
                b->hash += (uint32_t)i;
            if (i % 3 == 2 && k % 5 == 0)
                b->delay += 0.25f;
        }
        render(old, w, &w->out);
        render(fresh, w, &w->again);
        assert_memory_equal(&w->out, &w->again, sizeof(w->out));
        renderer_free(&fresh);
        shape.first += SCENE_CHUNK;
        shape.seed += i % 5 == 4;
    }
    renderer_free(&old);
}

/* Two notes that are one, but for what their bands are. */
static void twins_apart(void **state)
{
    struct world *w = *state;
    const struct scene_note n = {.key_lo = 5,
                                 .n_bands = 3,
                                 .n_members = 7,
                                 .n_thin = 1,
                                 .pan_power = 1.0f};
    struct renderer *r = open_cpu(SIMD_AUTO, false, 1);
    double worst = INFINITY;
    struct scene_band *b;
    struct scene_mod *m;

    scene_begin(w->scene, 0);
    scene_begin_bus(w->scene, BUS_DRONE);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(scene_add(w->scene, &n, &b, &m), 0);
        for (uint32_t h = 0; h < n.n_bands; h++)
            b[h] = (struct scene_band){.inc_hi = (9 * i + h + 1) << 22,
                                       .hash = h,
                                       .level = {0.1f, 0.1f, 0.1f}};
    }
    scene_end(w->scene);
    oracle_render(w->scene, false, w->want);
    for (int i = 0; i < 3; i++) {
        render(r, w, &w->out);
        check(w, "twins", &worst);
    }
    renderer_free(&r);
}

static void threads_unheard(void **state)
{
    struct world *w = *state;
    struct renderer *one = open_cpu(SIMD_AUTO, false, 1);
    struct renderer *four = open_cpu(SIMD_AUTO, false, 4);

    /* never the same twice running, which would hide a batch left out */
    for (uint64_t i = 0; i < 80; i++) {
        const struct oracle_shape shape = {40 + i % 4, {20, 20, 20, 20}, 30, 30,
                                           ORACLE_ALL, ORACLE_DAY};

        oracle_scene(w->scene, &shape);
        render(one, w, &w->out);
        render(four, w, &w->again);
        assert_memory_equal(&w->out, &w->again, sizeof(w->out));
    }
    renderer_free(&one);
    renderer_free(&four);
}

/* What a band at 0 holds isn't heard, to the bit; nor is an empty scene. */
static void silence_is_zero(void **state)
{
    struct world *w = *state;
    const struct oracle_shape shape = {50, {5, 5, 5, 5}, 10,
                                       10, ORACLE_ALL,   ORACLE_DAY};
    struct renderer *r = open_cpu(SIMD_AUTO, false, 1);
    static const struct buses zero;

    oracle_scene(w->scene, &shape);
    for (uint32_t b = 0; b < w->scene->n_bands; b++)
        memset(w->scene->bands[b].level, 0, sizeof(w->scene->bands[b].level));
    render(r, w, &w->out);
    assert_memory_equal(&w->out, &zero, sizeof(w->out));
    scene_begin(w->scene, 0);
    scene_end(w->scene);
    render(r, w, &w->out);
    assert_memory_equal(&w->out, &zero, sizeof(w->out));
    renderer_free(&r);
}

/* A band is silent while its level is 0, however loud it is before and after:
   blocks that are skipped must not lose their place. */
static void silent_blocks(void **state)
{
    struct world *w = *state;
    const struct oracle_shape shape = {51, {3, 3, 3, 3},     3,
                                       40, ORACLE_MODULATED, ORACLE_DAY};
    struct renderer *r = open_cpu(SIMD_AUTO, false, 1);
    double worst = INFINITY;

    oracle_scene(w->scene, &shape);
    for (uint32_t b = 0; b < w->scene->n_bands; b++)
        memset(w->scene->bands[b].level + 3, 0, 7 * sizeof(float));
    render(r, w, &w->out);
    oracle_render(w->scene, false, w->want);
    check(w, "silent blocks", &worst);
    for (uint32_t n = 3 * SCENE_GRID; n < 9 * SCENE_GRID; n++)
        assert_true(w->out.x[BUS_PAD][1][n] == 0.0f);
    renderer_free(&r);
}

static void in_two_halves(void **state)
{
    struct world *w = *state;
    struct oracle_shape shape = {52, {2, 2, 2, 2}, 5, 5, ORACLE_ALL, 0};
    struct renderer *r = open_cpu(SIMD_AUTO, false, 1);

    for (int i = 0; i < RENDERER_SLOTS; i++, shape.first += SCENE_CHUNK) {
        oracle_scene(w->scene, &shape);
        assert_int_equal(renderer_submit(r, w->scene), 0);
    }
    assert_int_equal(renderer_submit(r, w->scene), -EAGAIN);
    assert_int_equal(renderer_collect(r, SCENE_CHUNK, &w->out, 0), 0);
    assert_int_equal(renderer_collect(r, SCENE_CHUNK, &w->out, 0), -ENOENT);
    shape.first = SCENE_CHUNK;
    oracle_scene(w->scene, &shape);
    render(r, w, &w->again);
    assert_memory_equal(&w->out, &w->again, sizeof(w->out));
    renderer_drop(r, 0);
    assert_int_equal(renderer_collect(r, 0, &w->out, 0), -ENOENT);
    assert_int_equal(renderer_submit(r, w->scene), 0);
    renderer_free(&r);
}

static void unsound_refused(void **state)
{
    struct world *w = *state;
    const struct oracle_shape shape = {53, {4, 4, 4, 4}, 5, 5, 0, 0};
    struct renderer *r = open_cpu(SIMD_AUTO, false, 1);

    oracle_scene(w->scene, &shape);
    w->scene->notes[3].band_first = w->scene->n_bands;
    assert_int_equal(renderer_render(r, w->scene, &w->out), -EINVAL);
    renderer_free(&r);
}

static void levels_named(void **state)
{
    (void)state;
    struct renderer_opts o = {.max = limits};
    struct renderer *r = NULL;

    assert_string_equal(renderer_simd_name(SIMD_AVX2), "avx2");
    assert_null(renderer_simd_name(SIMD_COUNT));
    assert_null(renderer_simd_name(-1));
    assert_true(renderer_simd_available(SIMD_AUTO));
    assert_true(renderer_simd_available(SIMD_PORTABLE));
    assert_false(renderer_simd_available(SIMD_COUNT));
    for (o.simd = SIMD_PORTABLE; o.simd < SIMD_COUNT; o.simd++) {
        int ret = renderer_open_cpu(&r, &o);
        assert_int_equal(ret, renderer_simd_available(o.simd) ? 0 : -ENOTSUP);
        if (ret == 0)
            assert_non_null(
                strstr(renderer_name(r), renderer_simd_name(o.simd)));
        renderer_free(&r);
    }
}

/* The caller's own arithmetic is as it was. */
static void denormals_restored(void **state)
{
    struct world *w = *state;
    const struct oracle_shape shape = {54, {1, 1, 1, 1}, 5, 5, 0, 0};
    struct renderer *r = open_cpu(SIMD_AUTO, false, 1);
    volatile float tiny = 1.0e-38f;

    oracle_scene(w->scene, &shape);
    render(r, w, &w->out);
    assert_true(tiny * 0.25f > 0.0f);
    renderer_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_at_any_time),
        cmocka_unit_test(modulated_too),
        cmocka_unit_test(thinned),
        cmocka_unit_test(many_partials),
        cmocka_unit_test(cache_unheard),
        cmocka_unit_test(twins_apart),
        cmocka_unit_test(threads_unheard),
        cmocka_unit_test(silence_is_zero),
        cmocka_unit_test(silent_blocks),
        cmocka_unit_test(in_two_halves),
        cmocka_unit_test(unsound_refused),
        cmocka_unit_test(levels_named),
        cmocka_unit_test(denormals_restored),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
