// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "clients/generator/noise.h"
#include "clients/generator/score.h"
#include "tests/unit/generator/piece.h"

#define RATE 48000

struct world {
    struct music music;
    struct score *score;
    struct scene *scene;
};

static void world_open(struct world *w, uint64_t seed, uint32_t rate)
{
    uint32_t partials, bands;

    w->music = piece();
    music_bounds(&w->music, &partials, &bands);
    assert_int_equal(scene_new(&w->scene, partials, bands), 0);
    assert_int_equal(score_new(&w->score, &w->music, seed, rate), 0);
}

static void world_close(struct world *w)
{
    score_free(&w->score);
    scene_free(&w->scene);
}

static void chunk(struct world *w, int64_t first)
{
    assert_int_equal(score_chunk(w->score, first, w->scene), 0);
}

static uint64_t inc_of(const struct scene_partial *p)
{
    return (uint64_t)p->inc_hi << 32 | p->inc_lo;
}

static uint64_t phase_of(const struct scene_partial *p)
{
    return (uint64_t)p->phase_hi << 32 | p->phase_lo;
}

static void assert_same_scene(const struct scene *a, const struct scene *b)
{
    assert_true(a->first == b->first);
    assert_int_equal(a->n_bands, b->n_bands);
    assert_memory_equal(a->bus_first, b->bus_first, sizeof(a->bus_first));
    if (a->n_bands == 0)
        return;
    assert_memory_equal(a->partials, b->partials,
                        scene_partials(a) * sizeof(*a->partials));
    assert_memory_equal(a->bands, b->bands, a->n_bands * sizeof(*a->bands));
}

static void test_chunk_does_not_depend_on_the_past(void **state)
{
    struct world run, jump;
    uint32_t sounding = 0;
    (void)state;

    world_open(&run, 7, RATE);
    world_open(&jump, 7, RATE);
    for (int64_t i = -300; i < 300; i++) {
        int64_t away = (int64_t)(noise_hash(3, (uint64_t)i, 0, 0) % 100000);
        chunk(&run, i * SCENE_CHUNK);
        chunk(&jump, (away - 50000) * SCENE_CHUNK);
        chunk(&jump, i * SCENE_CHUNK);
        assert_same_scene(run.scene, jump.scene);
        sounding += scene_partials(run.scene) > 0;
    }
    assert_true(sounding > 500);
    world_close(&run);
    world_close(&jump);
}

static void test_seed_and_title_count(void **state)
{
    struct world a, b, c;
    (void)state;

    world_open(&a, 7, RATE);
    world_open(&b, 8, RATE);
    world_open(&c, 7, RATE);
    score_free(&c.score);
    strcpy(c.music.title, "other");
    assert_int_equal(score_new(&c.score, &c.music, 7, RATE), 0);
    chunk(&a, 0);
    chunk(&b, 0);
    chunk(&c, 0);
    assert_memory_not_equal(a.scene->partials, b.scene->partials,
                            sizeof(struct scene_partial));
    assert_memory_not_equal(a.scene->partials, c.scene->partials,
                            sizeof(struct scene_partial));
    world_close(&a);
    world_close(&b);
    world_close(&c);
}

static void test_buses_are_sorted_and_bands_valid(void **state)
{
    struct world w;
    (void)state;

    world_open(&w, 7, RATE);
    for (int64_t i = -50; i < 50; i++) {
        const struct scene *s = w.scene;
        chunk(&w, i * 40 * SCENE_CHUNK);
        assert_int_equal(s->bus_first[0], 0);
        for (uint32_t b = 0; b < BUS_COUNT; b++)
            assert_true(s->bus_first[b] <= s->bus_first[b + 1]);
        for (uint32_t p = 0; p < scene_partials(s); p++)
            assert_true(s->partials[p].band < s->n_bands);
    }
    world_close(&w);
}

/* The partial that sounded on as p in the scene before, or NULL. */
static const struct scene_partial *earlier(const struct scene *before,
                                           const struct scene_partial *p)
{
    uint64_t inc = inc_of(p);

    for (uint32_t i = 0; i < scene_partials(before); i++) {
        const struct scene_partial *q = &before->partials[i];
        if (inc_of(q) == inc && q->gain_l == p->gain_l &&
            phase_of(q) + inc * SCENE_CHUNK == phase_of(p))
            return q;
    }
    return NULL;
}

/* Each partial goes on from the chunk before at the same level, or starts from
   exactly 0; each that is not in `after` has ended at exactly 0. */
static void check_seam(const struct scene *before, const struct scene *after)
{
    bool goes_on[4096] = {false};

    for (uint32_t i = 0; i < scene_partials(after); i++) {
        const struct scene_partial *p = &after->partials[i];
        const struct scene_partial *q = earlier(before, p);
        float level = after->bands[p->band].level[0];
        if (!q) {
            assert_true(level == 0.0f);
            continue;
        }
        goes_on[q - before->partials] = true;
        assert_true(level == before->bands[q->band].level[SCENE_POINTS - 1]);
    }
    for (uint32_t i = 0; i < scene_partials(before); i++)
        if (!goes_on[i])
            assert_true(before->bands[before->partials[i].band]
                            .level[SCENE_POINTS - 1] == 0.0f);
}

static void test_levels_have_no_step(void **state)
{
    struct world w[2];
    float highest = 0, steepest = 0;
    (void)state;

    world_open(&w[0], 7, RATE);
    world_open(&w[1], 7, RATE);
    assert_true(w[0].scene->max_partials <= 4096);
    chunk(&w[0], -700 * SCENE_CHUNK);
    for (int64_t i = -699; i < 700; i++) {
        struct scene *s = w[i & 1].scene;
        chunk(&w[i & 1], i * SCENE_CHUNK);
        check_seam(w[~i & 1].scene, s);
        for (uint32_t b = 0; b < s->n_bands; b++)
            for (uint32_t p = 0; p + 1 < SCENE_POINTS; p++) {
                const float *level = &s->bands[b].level[p];
                assert_true(level[0] >= 0.0f && isfinite(level[0]));
                highest = fmaxf(highest, level[0]);
                steepest = fmaxf(steepest, fabsf(level[1] - level[0]));
            }
    }
    /* attacks of 0.5 s rise by at most 0.42 % per grid point, the colour adds
       to that */
    assert_true(highest > 0.1f);
    assert_true(steepest < 0.01f * highest);
    world_close(&w[0]);
    world_close(&w[1]);
}

static void test_high_partials_are_left_out_and_others_kept(void **state)
{
    struct world low, high;
    double worst = 0, highest = 0;
    uint32_t left_out = 0;
    (void)state;

    world_open(&low, 7, 12000);
    world_open(&high, 7, 96000);
    for (int64_t i = 0; i < 100; i++) {
        const struct scene *l = low.scene, *h = high.scene;
        uint32_t at = 0;
        chunk(&low, i * SCENE_CHUNK);
        chunk(&high, i * SCENE_CHUNK * 8); /* the same moment */
        for (uint32_t p = 0; p < scene_partials(l); p++) {
            double f = (double)inc_of(&l->partials[p]) * 0x1p-64 * 12000;
            double level = l->bands[l->partials[p].band].level[0];
            assert_true(f <= 0.45 * 12000 * (1 + 1e-9));
            if (level == 0.0)
                continue; /* its onset lies within the chunk */
            while (at < scene_partials(h) &&
                   fabs((double)inc_of(&h->partials[at]) * 0x1p-64 * 96000 -
                        f) > 1e-6)
                at++;
            assert_true(at < scene_partials(h));
            worst = fmax(worst,
                         fabs(h->bands[h->partials[at].band].level[0] - level));
            highest = fmax(highest, level);
        }
        left_out += scene_partials(h) - at;
    }
    assert_true(left_out > 1000);
    /* the colour's own grid is coarser at the lower rate */
    assert_true(worst < 0.01 * highest);
    world_close(&low);
    world_close(&high);
}

static void test_an_hour_stays_within_bounds(void **state)
{
    uint32_t most = 0, max = 0;
    (void)state;

    for (uint64_t seed = 0; seed < 6; seed++) {
        struct world w;
        world_open(&w, seed, RATE);
        max = w.scene->max_partials;
        for (int64_t s = -1800; s < 1800; s++) {
            chunk(&w, s * (RATE / SCENE_CHUNK) * SCENE_CHUNK);
            if (scene_partials(w.scene) > most)
                most = scene_partials(w.scene);
        }
        world_close(&w);
    }
    /* and the bounds are not far from what happens */
    assert_in_range(most, max / 2, max);
}

static void test_refusals(void **state)
{
    struct world w;
    struct scene *tiny;
    struct score *none = NULL;
    (void)state;

    world_open(&w, 7, RATE);
    assert_int_equal(score_chunk(w.score, 1, w.scene), -EINVAL);
    assert_int_equal(score_chunk(w.score, -1023, w.scene), -EINVAL);
    assert_int_equal(score_new(&none, &w.music, 7, 0), -EINVAL);
    assert_int_equal(scene_new(&tiny, 3, 3), 0);
    assert_int_equal(score_chunk(w.score, 0, tiny), -EINVAL);
    chunk(&w, 0); /* and is none the worse for it */
    scene_free(&tiny);
    score_free(&none);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunk_does_not_depend_on_the_past),
        cmocka_unit_test(test_seed_and_title_count),
        cmocka_unit_test(test_buses_are_sorted_and_bands_valid),
        cmocka_unit_test(test_levels_have_no_step),
        cmocka_unit_test(test_high_partials_are_left_out_and_others_kept),
        cmocka_unit_test(test_an_hour_stays_within_bounds),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
