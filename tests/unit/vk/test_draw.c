// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Partials as the Vulkan device draws them, against vk/partial.h in C. Exits
 * with 77, a skip, where there is no device.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "graph/clock.h"
#include "oracle.h"
#include "tests/unit/test.h"
#include "vk/partial.h"
#include "vk/vulkan.h"

static const struct log to_stderr = {"test_draw", LOG_INFO};

static const struct renderer_opts opts = {
    .log = &to_stderr,
    .max = {.notes = 150,
            .bands = 2003,
            .mods = 1001,
            .partials = 40011,
            .thin = 20011},
    .timeout_ns = 20 * NS_PER_S,
};

struct world {
    struct renderer *vulkan;
    struct scene *scene;
    struct buses out;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    if (!w)
        return -1;
    *state = w;
    if (renderer_open_vulkan(&w->vulkan, &opts) < 0)
        return -1;
    return scene_new(&w->scene, &opts.max);
}

static int tear_down(void **state)
{
    struct world *w = *state;

    renderer_free(&w->vulkan);
    scene_free(&w->scene);
    free(w);
    return 0;
}

static void close_gain(float got, float want)
{
    assert_true(fabs((double)got - (double)want) < 1e-6);
}

static void check_partial(const struct scene *s, const struct scene_note *n,
                          uint32_t m, uint32_t h,
                          const struct vulkan_partial *got)
{
    const struct scene_band *b = &s->bands[n->band_first + h];
    const struct partial_note draw = {n->key_lo, n->key_hi, n->flags,
                                      n->n_members, n->pan_power};
    const struct partial_band band = {{b->inc_lo, b->inc_hi},
                                      b->hash,
                                      b->spread,
                                      b->beat,
                                      b->pan,
                                      b->width,
                                      b->delay,
                                      b->core};
    struct partial want = partial_draw(draw, band, m);
    uint64_t inc = (uint64_t)want.inc.hi << 32 | want.inc.lo;
    uint64_t age = (uint64_t)b->age_hi << 32 | b->age_lo;
    uint64_t x = ((uint64_t)want.phase << 32) + inc * age;

    assert_int_equal(got->inc_lo, want.inc.lo);
    assert_int_equal(got->inc_hi, want.inc.hi);
    assert_int_equal(got->x_lo, (uint32_t)x);
    assert_int_equal(got->x_hi, (uint32_t)(x >> 32));
    close_gain(got->gain_l, want.gain_l);
    close_gain(got->gain_rs, want.gain_rs);
    close_gain(got->gain_rc, want.gain_rc);
}

/* Frequencies and phases as C has them, bit for bit. */
static void drawn_as_in_c(void **state)
{
    struct world *w = *state;
    struct vulkan_partial *table;
    uint64_t checked = 0;

    table = malloc(opts.max.partials * sizeof(*table));
    assert_non_null(table);
    for (uint64_t seed = 60; seed < 64; seed++) {
        const struct oracle_shape shape = {seed,       {20, 20, 20, 20}, 20, 40,
                                           ORACLE_ALL, 400 * ORACLE_DAY};
        int ret;

        oracle_scene(w->scene, &shape);
        assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), 0);
        ret = vulkan_read_table(w->vulkan, table, w->scene->n_partials);
        if (ret == -ENOTSUP)
            break;
        assert_int_equal(ret, 0);
        for (uint32_t i = 0; i < scene_notes(w->scene); i++) {
            const struct scene_note *n = &w->scene->notes[i];
            for (uint32_t k = 0; k < n->n_members * n->n_bands; k++)
                check_partial(w->scene, n, k / n->n_bands, k % n->n_bands,
                              &table[n->partial_first + k]);
            checked += n->n_members * n->n_bands;
        }
    }
    free(table);
    if (checked == 0) {
        print_message("the host can't read this device's tables\n");
        skip();
    }
    print_message("%u partials alike\n", (uint32_t)checked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_as_in_c),
    };
    struct renderer *r = NULL;
    int ret = renderer_open_vulkan(&r, &opts);

    renderer_free(&r);
    if (ret == -ENODEV) {
        puts("skipped: no Vulkan device here");
        return TEST_SKIP;
    }
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
