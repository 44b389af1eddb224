// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The Vulkan renderer against the CPU renderer, on whatever device there is.
 * Exits with 77, a skip, where there is none.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "oracle.h"
#include "tests/unit/test.h"
#include "vk/loader.h"
#include "vk/partial.h"
#include "vk/renderer.h"

/* What the renderers may differ by, of full scale. */
#define MAX_PEAK 1e-4     /* -80 dBFS */
#define MAX_RMS  3.162e-5 /* -90 dBFS */

#define LIMITS                                                        \
    {                                                                 \
        .notes = 150, .bands = 2003, .mods = 1001, .partials = 40011, \
        .thin = 20011                                                 \
    }
static const struct scene_limits limits = LIMITS;

/* Info: a skip says what is missing. */
static const struct log to_stderr = {"test_vulkan", LOG_INFO};

static const struct renderer_opts opts = {
    .log = &to_stderr,
    .max = LIMITS,
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
    return scene_new(&w->scene, &limits);
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

static void both(struct world *w, const struct oracle_shape *shape,
                 const char *what)
{
    oracle_scene(w->scene, shape);
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
        struct oracle_shape shape;
    } cases[] = {
        {"plain notes", {1, {9, 9, 9, 9}, 20, 20, 0, ORACLE_DAY}},
        {"one partial", {2, {0, 0, 1, 0}, 1, 1, 0, ORACLE_DAY}},
        {"all kinds", {3, {30, 31, 32, 33}, 20, 30, ORACLE_ALL, ORACLE_DAY}},
        {"nothing", {5, {0, 0, 0, 0}, 1, 1, 0, ORACLE_DAY}},
        {"modulated", {6, {9, 0, 0, 9}, 9, 20, ORACLE_MODULATED, 0}},
        {"cascades", {7, {9, 0, 9, 0}, 9, 20, ORACLE_CASCADES, ORACLE_DAY}},
        {"pairs", {8, {0, 20, 9, 0}, 9, 2, ORACLE_PAIRS, ORACLE_DAY}},
        {"grains", {9, {0, 0, 0, 40}, 40, 2, ORACLE_GRAINS, ORACLE_DAY}},
        {"players", {10, {0, 9, 0, 0}, 20, 20, ORACLE_TOGETHER, ORACLE_DAY}},
        {"last bus only",
         {11, {0, 0, 0, 5}, 9, 30, ORACLE_ALL, 400 * ORACLE_DAY}},
    };

    print_message("%s\n", renderer_name(w->vulkan));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        both(w, &cases[i].shape, cases[i].what);
}

static void random_shapes(void **state)
{
    struct world *w = *state;
    uint64_t rnd = 99;

    for (int i = 0; i < 8; i++) {
        struct oracle_shape shape = {.seed = oracle_next(&rnd),
                                     .kinds = ORACLE_ALL};
        shape.bands = 1 + (uint32_t)oracle_next(&rnd) % 30;
        shape.members = 1 + (uint32_t)oracle_next(&rnd) % 40;
        for (uint32_t b = 0; b < BUS_COUNT; b++)
            shape.notes[b] = (uint32_t)oracle_next(&rnd) % 15;
        shape.first = (int64_t)(oracle_next(&rnd) % 100000000) * SCENE_CHUNK;
        both(w, &shape, "random shape");
    }
}

static void thinned(void **state)
{
    struct world *w = *state;
    const struct oracle_shape shape = {12, {9, 8, 7, 6}, 20,
                                       40, ORACLE_ALL,   ORACLE_DAY};
    struct renderer *full_vulkan = w->vulkan, *full_cpu = w->cpu;
    struct renderer_opts thin = opts;

    thin.thin = true;
    assert_int_equal(renderer_open_vulkan(&w->vulkan, &thin), 0);
    assert_int_equal(renderer_open_cpu(&w->cpu, &thin), 0);
    both(w, &shape, "thinned");
    renderer_free(&w->vulkan);
    renderer_free(&w->cpu);
    w->vulkan = full_vulkan;
    w->cpu = full_cpu;
}

/* More than the workgroups of pass 0 do at once, and longer slices. */
static void very_many(void **state)
{
    struct renderer_opts o = opts;
    struct world *w = calloc(1, sizeof(*w));
    (void)state;

    assert_non_null(w);
    o.max.partials = 600000;
    assert_int_equal(renderer_open_vulkan(&w->vulkan, &o), 0);
    assert_int_equal(renderer_open_cpu(&w->cpu, &o), 0);
    assert_int_equal(scene_new(&w->scene, &o.max), 0);
    scene_begin(w->scene, ORACLE_DAY);
    for (uint32_t bus = 0; bus < BUS_COUNT; bus++) {
        const struct scene_note n = {.key_lo = bus,
                                     .n_bands = 60,
                                     .n_members = 2500 - bus,
                                     .n_thin = 1,
                                     .pan_power = 0.7f};
        struct scene_band *bands;
        struct scene_mod *mods;

        scene_begin_bus(w->scene, bus);
        assert_int_equal(scene_add(w->scene, &n, &bands, &mods), 0);
        for (uint32_t h = 0; h < n.n_bands; h++) {
            bands[h] = (struct scene_band){.inc_hi = (h + 1) * 9000000,
                                           .age_lo = 12345 * h,
                                           .hash = h,
                                           .spread = partial_spread(9.0),
                                           .width = 1.0f};
            for (uint32_t k = 0; k < SCENE_POINTS; k++)
                bands[h].level[k] = 0.01f;
        }
    }
    scene_end(w->scene);
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), 0);
    assert_int_equal(renderer_render(w->cpu, w->scene, &w->want), 0);
    compare(w, "600,000 partials");
    renderer_free(&w->vulkan);
    renderer_free(&w->cpu);
    scene_free(&w->scene);
    free(w);
}

/* --- chunks ------------------------------------------------------------- */

/* The sum has one order, so a chunk has one result, to the bit. */
static void chunks_independent(void **state)
{
    struct world *w = *state;
    const struct oracle_shape a = {13, {3, 1, 7, 5}, 20,
                                   20, ORACLE_ALL,   ORACLE_DAY};
    const struct oracle_shape b = {14, {1, 9, 0, 3}, 30,
                                   9,  ORACLE_ALL,   2 * ORACLE_DAY};

    oracle_scene(w->scene, &a);
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->want), 0);
    oracle_scene(w->scene, &b);
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), 0);
    oracle_scene(w->scene, &a);
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), 0);
    assert_memory_equal(&w->out, &w->want, sizeof(w->out));
}

static void collect(struct world *w, int64_t first)
{
    assert_int_equal(
        renderer_collect(w->vulkan, first, &w->out, opts.timeout_ns), 0);
}

/* Three at a time, each with its own tables, fetched in any order. */
static void in_flight(void **state)
{
    struct world *w = *state;
    struct oracle_shape shape = {15, {3, 1, 7, 5}, 20,
                                 20, ORACLE_ALL,   ORACLE_DAY};
    struct renderer_stats stats;
    int64_t first[RENDERER_SLOTS];

    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < RENDERER_SLOTS; i++) {
            shape.first += SCENE_CHUNK;
            first[i] = shape.first;
            oracle_scene(w->scene, &shape);
            assert_int_equal(renderer_submit(w->vulkan, w->scene), 0);
        }
        assert_int_equal(renderer_submit(w->vulkan, w->scene), -EAGAIN);
        assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out),
                         -EAGAIN);
        assert_int_equal(renderer_collect(w->vulkan, 1, &w->out, 0), -ENOENT);
        for (int i = 0; i < RENDERER_SLOTS; i++) {
            int at = (i + round) % RENDERER_SLOTS;
            shape.first = first[at];
            oracle_scene(w->scene, &shape);
            collect(w, first[at]);
            assert_int_equal(renderer_render(w->cpu, w->scene, &w->want), 0);
            compare(w, "in flight");
        }
        shape.first = first[RENDERER_SLOTS - 1];
    }
    renderer_stats(w->vulkan, &stats);
    print_message("GPU time %lld ns\n", (long long)stats.gpu_ns);
    assert_true(stats.gpu_ns == -1 || stats.gpu_ns > 0);
    assert_true(stats.wait_ns >= 0);
}

/* Those nobody wants any more make room by themselves. */
static void dropped(void **state)
{
    struct world *w = *state;
    struct oracle_shape shape = {16, {3, 1, 7, 5}, 20,
                                 20, ORACLE_ALL,   ORACLE_DAY};

    for (int i = 0; i < RENDERER_SLOTS; i++) {
        shape.first += SCENE_CHUNK;
        oracle_scene(w->scene, &shape);
        assert_int_equal(renderer_submit(w->vulkan, w->scene), 0);
    }
    for (int i = 0; i < RENDERER_SLOTS; i++)
        renderer_drop(w->vulkan, shape.first - i * SCENE_CHUNK);
    renderer_drop(w->vulkan, 12345);
    assert_int_equal(renderer_collect(w->vulkan, shape.first, &w->out, 0),
                     -ENOENT);
    shape.seed++;
    both(w, &shape, "after dropped ones");
}

static void silence_is_zero(void **state)
{
    struct world *w = *state;
    const struct oracle_shape shape = {17, {7, 7, 7, 7}, 9,
                                       9,  ORACLE_ALL,   ORACLE_DAY};
    static const struct buses zero;

    oracle_scene(w->scene, &shape);
    for (uint32_t b = 0; b < w->scene->n_bands; b++)
        memset(w->scene->bands[b].level, 0, sizeof(w->scene->bands[b].level));
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), 0);
    assert_memory_equal(&w->out, &zero, sizeof(w->out));
}

static void unsound_refused(void **state)
{
    struct world *w = *state;
    const struct oracle_shape shape = {18, {4, 4, 4, 4}, 5, 5, 0, ORACLE_DAY};

    oracle_scene(w->scene, &shape);
    w->scene->notes[3].partial_first++;
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), -EINVAL);
    assert_int_equal(renderer_submit(w->vulkan, w->scene), -EINVAL);
    both(w, &shape, "after a refusal");
}

/* A late chunk is an error in finite time, not the end: its successor is right
   once the GPU is free, and the end doesn't hang. */
static void late_chunk(void **state)
{
    struct world *w = *state;
    const struct oracle_shape shape = {19, {30, 30, 30, 30}, 20,
                                       30, ORACLE_ALL,       ORACLE_DAY};
    struct renderer_opts hasty = opts;
    struct renderer *r = NULL;
    int64_t start;

    hasty.timeout_ns = 1;
    assert_int_equal(renderer_open_vulkan(&r, &hasty), 0);
    oracle_scene(w->scene, &shape);
    start = clock_now();
    for (int i = 0; i < RENDERER_SLOTS + 1; i++)
        assert_int_equal(renderer_render(r, w->scene, &w->out), -ETIMEDOUT);
    renderer_free(&r);
    assert_null(r);
    assert_true(clock_now() - start < 5 * NS_PER_S);
}

/* --- the device --------------------------------------------------------- */

/* The first listed can be asked for by its index. */
static void listed_and_chosen(void **state)
{
    char *list = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&list, &size);
    struct renderer_opts o = opts;
    struct renderer *r = NULL;
    (void)state;

    assert_non_null(f);
    assert_int_equal(renderer_list_gpus(f, NULL), 0);
    fclose(f);
    print_message("%s", list);
    assert_true(strncmp(list, "0  ", 3) == 0);
    o.log = NULL;
    o.gpu = "0";
    assert_int_equal(renderer_open_vulkan(&r, &o), 0);
    assert_true(renderer_is_software(r) ==
                (strstr(list, "software") == list + 3));
    renderer_free(&r);
    o.gpu = "no such device";
    assert_int_equal(renderer_open_vulkan(&r, &o), -ENODEV);
    assert_null(r);
    free(list);
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
        cmocka_unit_test(like_the_cpu),
        cmocka_unit_test(random_shapes),
        cmocka_unit_test(thinned),
        cmocka_unit_test(very_many),
        cmocka_unit_test(chunks_independent),
        cmocka_unit_test(in_flight),
        cmocka_unit_test(dropped),
        cmocka_unit_test(silence_is_zero),
        cmocka_unit_test(unsound_refused),
        cmocka_unit_test(late_chunk),
        cmocka_unit_test(listed_and_chosen),
    };
    const char *layer = getenv("VK_INSTANCE_LAYERS");
    struct renderer *r = NULL;
    int ret;

    if (layer && !layer_there(layer)) {
        printf("skipped: layer %s is not installed\n", layer);
        return TEST_SKIP;
    }
    ret = renderer_open_vulkan(&r, &opts);
    renderer_free(&r);
    if (ret == -ENODEV) {
        puts("skipped: no Vulkan device here");
        return TEST_SKIP;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
