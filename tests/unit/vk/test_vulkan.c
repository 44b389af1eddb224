// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The Vulkan renderer against the CPU renderer, on whatever device there is.
 * Exits with 77, a skip, where there is none.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "graph/clock.h"
#include "vk/loader.h"
#include "vk/renderer.h"

#define SKIP         77
#define MAX_PARTIALS 20011u /* neither slices nor groups divide it */
#define MAX_BANDS    259u
#define DAY          (INT64_C(24) * 3600 * 48000 / SCENE_CHUNK * SCENE_CHUNK)

/* What the renderers may differ by, of full scale. */
#define MAX_PEAK 1e-4     /* -80 dBFS */
#define MAX_RMS  3.162e-5 /* -90 dBFS */

/* Info: a skip says what is missing. */
static const struct log to_stderr = {"test_vulkan", LOG_INFO};

static const struct renderer_opts opts = {
    .log = &to_stderr,
    .max_partials = MAX_PARTIALS,
    .max_bands = MAX_BANDS,
    .timeout_ns = 20 * NS_PER_S, /* software, under a layer, on a busy host */
};

struct world {
    struct renderer *vulkan, *cpu;
    struct scene *scene;
    struct buses out, want;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    if (!w)
        return -1;
    *state = w;
    if (renderer_open_vulkan(&w->vulkan, &opts) < 0 ||
        renderer_open_cpu(&w->cpu, &opts) < 0)
        return -1;
    return scene_new(&w->scene, MAX_PARTIALS, MAX_BANDS);
}

static int tear_down(void **state)
{
    struct world *w = *state;

    renderer_free(&w->vulkan);
    renderer_free(&w->cpu);
    scene_free(&w->scene);
    free(w);
    return 0;
}

static void compare(const struct world *w, const char *what)
{
    double peak = 0.0, rms = 0.0;

    for (uint32_t b = 0; b < BUS_COUNT; b++)
        for (uint32_t ch = 0; ch < 2; ch++) {
            double sum = 0.0;
            for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
                double d = fabs((double)w->out.x[b][ch][n] -
                                (double)w->want.x[b][ch][n]);
                /* Written so that a NaN counts as the largest of all. */
                if (!(d <= peak))
                    peak = d;
                sum += d * d;
            }
            if (!(sqrt(sum / SCENE_CHUNK) <= rms))
                rms = sqrt(sum / SCENE_CHUNK);
        }
    print_message("%s: peak %.1f dBFS, RMS %.1f dBFS\n", what,
                  20.0 * log10(peak), 20.0 * log10(rms));
    assert_true(peak < MAX_PEAK);
    assert_true(rms < MAX_RMS);
}

static void both(struct world *w, const struct fixture *f, const char *what)
{
    fixture_fill(w->scene, f);
    memset(&w->out, 0xff, sizeof(w->out));
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), 0);
    assert_int_equal(renderer_render(w->cpu, w->scene, &w->want), 0);
    compare(w, what);
}

/* From large to small and back: nothing of a chunk may stay for the next. */
static void like_the_cpu(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *what;
        struct fixture f;
    } cases[] = {
        {"8192 partials", {1, {2048, 2048, 2048, 2048}, 64, DAY}},
        {"one partial", {2, {0, 0, 1, 0}, 1, DAY}},
        {"odd boundaries", {3, {63, 65, 1, 1023}, 7, DAY}},
        {"maximal sizes", {4, {5001, 4999, 7, 10004}, MAX_BANDS, DAY}},
        {"nothing", {5, {0, 0, 0, 0}, 0, DAY}},
        {"last bus only", {6, {0, 0, 0, 64}, 3, 0}},
        {"one bus, maximal", {7, {MAX_PARTIALS, 0, 0, 0}, 259, 400 * DAY}},
        {"slices exactly full", {8, {64, 128, 192, 256}, 11, DAY}},
    };

    print_message("%s\n", renderer_name(w->vulkan));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        both(w, &cases[i].f, cases[i].what);
}

static void random_shapes(void **state)
{
    struct world *w = *state;
    uint64_t rnd = 99;

    for (int i = 0; i < 8; i++) {
        struct fixture f = {.seed = fixture_next(&rnd),
                            .n_bands = 1 + (uint32_t)fixture_next(&rnd) % 100};
        for (uint32_t b = 0; b < BUS_COUNT; b++)
            f.n[b] = (uint32_t)fixture_next(&rnd) % 400;
        f.first = (int64_t)(fixture_next(&rnd) % 100000000) * SCENE_CHUNK;
        both(w, &f, "random shape");
    }
}

/* The sum has one order, so a chunk has one result, to the bit. */
static void chunks_independent(void **state)
{
    struct world *w = *state;
    const struct fixture a = {11, {300, 1, 77, 500}, 20, DAY};
    const struct fixture b = {12, {1, 900, 0, 3}, 50, 2 * DAY};

    fixture_fill(w->scene, &a);
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->want), 0);
    fixture_fill(w->scene, &b);
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), 0);
    fixture_fill(w->scene, &a);
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), 0);
    assert_memory_equal(&w->out, &w->want, sizeof(w->out));
}

static void silence_is_zero(void **state)
{
    struct world *w = *state;
    const struct fixture f = {13, {70, 70, 70, 70}, 2, DAY};
    static const struct buses zero;

    fixture_fill(w->scene, &f);
    memset(w->scene->bands, 0, 2 * sizeof(w->scene->bands[0]));
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), 0);
    assert_memory_equal(&w->out, &zero, sizeof(w->out));
}

static void too_large_refused(void **state)
{
    struct world *w = *state;
    const struct fixture f = {14, {4, 4, 4, 4}, 1, DAY};

    fixture_fill(w->scene, &f);
    w->scene->bus_first[BUS_COUNT] = MAX_PARTIALS + 1;
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), -EINVAL);
    both(w, &f, "after a refusal");
}

/* A late chunk is an error in finite time, not the end: its successor is right
   once the GPU is free, and the end doesn't hang. */
static void late_chunk(void **state)
{
    struct world *w = *state;
    const struct fixture f = {15, {5000, 5000, 5000, 5000}, 9, DAY};
    struct renderer_opts hasty = opts;
    struct renderer *r = NULL;
    int64_t start;

    hasty.timeout_ns = 1;
    assert_int_equal(renderer_open_vulkan(&r, &hasty), 0);
    fixture_fill(w->scene, &f);
    start = clock_now();
    assert_int_equal(renderer_render(r, w->scene, &w->out), -ETIMEDOUT);
    assert_int_equal(renderer_render(r, w->scene, &w->out), -ETIMEDOUT);
    renderer_free(&r);
    assert_null(r);
    assert_true(clock_now() - start < 5 * NS_PER_S);
}

/* Whether the loader can find the layer; it keeps quiet about one it can't. */
static bool layer_there(const char *name)
{
    VkLayerProperties p[64];
    PFN_vkEnumerateInstanceLayerProperties enumerate;
    struct loader l;
    uint32_t n = 64;
    bool there = false;

    if (loader_open(&l, &to_stderr) < 0)
        return false;
    enumerate = (PFN_vkEnumerateInstanceLayerProperties)l.vkGetInstanceProcAddr(
        NULL, "vkEnumerateInstanceLayerProperties");
    if (enumerate && enumerate(&n, p) >= VK_SUCCESS)
        for (uint32_t i = 0; i < n && !there; i++)
            there = strcmp(p[i].layerName, name) == 0;
    loader_close(&l);
    return there;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_the_cpu),       cmocka_unit_test(random_shapes),
        cmocka_unit_test(chunks_independent), cmocka_unit_test(silence_is_zero),
        cmocka_unit_test(too_large_refused),  cmocka_unit_test(late_chunk),
    };
    const char *layer = getenv("VK_INSTANCE_LAYERS");
    struct renderer *r = NULL;
    int ret;

    if (layer && !layer_there(layer)) {
        printf("skipped: layer %s is not installed\n", layer);
        return SKIP;
    }
    ret = renderer_open_vulkan(&r, &opts);
    renderer_free(&r);
    if (ret == -ENODEV) {
        puts("skipped: no Vulkan device here");
        return SKIP;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
