// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "clients/generator/noise.h"
#include "clients/generator/score.h"
#include "tests/unit/generator/piece.h"
#include "tests/unit/generator/seam.h"

#define RATE 48000
#define DAY  (INT64_C(86400) * RATE / SCENE_CHUNK * SCENE_CHUNK)

struct world {
    struct music music;
    struct score *score;
    struct scene *scene;
};

static void world_open(struct world *w, uint64_t seed, uint32_t rate)
{
    struct scene_limits max;

    w->music = piece();
    music_bounds(&w->music, &max);
    assert_int_equal(scene_new(&w->scene, &max), 0);
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
    assert_int_equal(scene_check(w->scene, &w->scene->max), 0);
}

static void assert_same_scene(const struct scene *a, const struct scene *b)
{
    assert_true(a->first == b->first);
    assert_int_equal(a->n_bands, b->n_bands);
    assert_int_equal(a->n_mods, b->n_mods);
    assert_int_equal(a->n_partials, b->n_partials);
    assert_int_equal(a->n_thin, b->n_thin);
    assert_memory_equal(a->bus_first, b->bus_first, sizeof(a->bus_first));
    assert_memory_equal(a->notes, b->notes, scene_notes(a) * sizeof(*a->notes));
    assert_memory_equal(a->bands, b->bands, a->n_bands * sizeof(*a->bands));
    if (a->n_mods > 0)
        assert_memory_equal(a->mods, b->mods, a->n_mods * sizeof(*a->mods));
}

static void check_independence(int64_t from)
{
    struct world run, jump;

    world_open(&run, 7, RATE);
    world_open(&jump, 7, RATE);
    for (int64_t i = 0; i < 300; i++) {
        int64_t away = (int64_t)(noise_hash(3, (uint64_t)i, 0, 0) % 100000);
        int64_t first = from + i * SCENE_CHUNK;
        chunk(&run, first);
        if (i % 8 == 0) /* levelling looks far around at each jump */
            chunk(&jump, (away - 50000) * SCENE_CHUNK);
        chunk(&jump, first);
        assert_same_scene(run.scene, jump.scene);
    }
    world_close(&run);
    world_close(&jump);
}

static void test_chunk_does_not_depend_on_the_past(void **state)
{
    (void)state;
    check_independence(-150 * SCENE_CHUNK);
    check_independence(DAY);
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
    assert_memory_not_equal(a.scene->notes, b.scene->notes,
                            sizeof(struct scene_note));
    assert_memory_not_equal(a.scene->notes, c.scene->notes,
                            sizeof(struct scene_note));
    world_close(&a);
    world_close(&b);
    world_close(&c);
}

/* What each kind of layer asks of the renderers. */
static void test_notes_say_what_they_are(void **state)
{
    struct world w;
    uint32_t seen = 0;
    (void)state;

    world_open(&w, 7, RATE);
    for (int64_t i = 0; i < 400; i++) {
        const struct scene *s = w.scene;
        chunk(&w, i * 20 * SCENE_CHUNK);
        for (uint32_t k = 0; k < scene_notes(s); k++) {
            const struct scene_note *n = &s->notes[k];
            seen |= 1u << n->flags;
            if (n->flags & NOTE_PAIR)
                assert_int_equal(n->n_members, 2);
            if (n->flags & NOTE_CASCADE)
                assert_true(s->bands[n->band_first + 1].beat >
                            s->bands[n->band_first].beat);
            if (n->flags & NOTE_MOD_BY_BAND)
                assert_int_equal(n->n_mods, n->n_bands);
            if (n->flags & NOTE_TOGETHER)
                assert_int_equal(n->n_mods, 4);
        }
        /* the curtain is always there */
        assert_true(scene_notes(s) >= 1);
    }
    assert_int_equal(seen, 1u << 0 | 1u << NOTE_TOGETHER | 1u << NOTE_PAIR |
                               1u << NOTE_CASCADE | 1u << NOTE_MOD_BY_BAND);
    world_close(&w);
}

static void test_no_step_between_chunks(void **state)
{
    struct world w[2];
    float highest = 0, steepest = 0;
    (void)state;

    world_open(&w[0], 7, RATE);
    world_open(&w[1], 7, RATE);
    chunk(&w[0], -700 * SCENE_CHUNK);
    for (int64_t i = -699; i < 700; i++) {
        struct scene *s = w[i & 1].scene;
        chunk(&w[i & 1], i * SCENE_CHUNK);
        seam_check(w[~i & 1].scene, s);
        for (uint32_t b = 0; b < s->bus_first[BUS_BELLS]; b++)
            for (uint32_t p = 0; p + 1 < SCENE_POINTS; p++) {
                const float *level = &s->bands[b].level[p];
                highest = fmaxf(highest, level[0]);
                steepest = fmaxf(steepest, fabsf(level[1] - level[0]));
            }
    }
    /* attacks of 0.5 s rise by at most 0.42 % per grid point, the colour adds
       to that */
    assert_true(highest > 0.01f);
    assert_true(steepest < 0.01f * highest);
    world_close(&w[0]);
    world_close(&w[1]);
}

/* A grain is exactly 0 at the grid point before its onset and small at the one
   after it: never switched on late, in the middle of its attack. */
static void check_grain(const struct scene_band *b, double shortest_rise)
{
    const double pi = 3.14159265358979;
    int64_t age = (int64_t)seam_age(b);

    for (uint32_t p = 0; p < SCENE_POINTS; p++) {
        int64_t n = age + (int64_t)p * SCENE_GRID;
        double part = fmin((double)n / (RATE * shortest_rise), 1);
        if (n <= 0)
            assert_true(b->level[p] == 0);
        else if (n <= SCENE_GRID)
            assert_true(b->level[p] > 0 &&
                        /* the grain's gain is at most 1 in this piece */
                        b->level[p] < 0.5 - 0.5 * cos(pi * part));
        if (p > 0 && b->level[p] > 0 && b->level[p - 1] == 0)
            assert_true(n <= SCENE_GRID);
    }
}

static void test_grains_have_no_step(void **state)
{
    struct world w;
    const struct music_layer *l = &w.music.layer[PIECE_DUST];
    uint32_t grains = 0;
    (void)state;

    world_open(&w, 7, RATE);
    for (int64_t i = 0; i < 3000; i++) {
        const struct scene *s = w.scene;
        chunk(&w, i * SCENE_CHUNK);
        for (uint32_t k = 0; k < scene_notes(s); k++) {
            const struct scene_note *n = &s->notes[k];
            if (!(n->flags & NOTE_MOD_BY_BAND))
                continue;
            grains += n->n_bands;
            for (uint32_t h = 0; h < n->n_bands; h++)
                check_grain(&s->bands[n->band_first + h],
                            l->rise * l->length.lo);
        }
    }
    assert_true(grains > 1000);
    world_close(&w);
}

static double frequency(const struct scene_band *b, uint32_t rate)
{
    uint64_t inc = (uint64_t)b->inc_hi << 32 | b->inc_lo;
    return (double)inc * 0x1p-64 * rate;
}

/* How far the level at the chunk's start is from that of the nearest band of
   the same frequency: two notes may have the same pitch. */
static double level_error(const struct scene *s, double f, double level)
{
    double best = HUGE_VAL;

    for (uint32_t b = 0; b < s->n_bands; b++)
        if (fabs(frequency(&s->bands[b], 96000) - f) < 1e-6)
            best = fmin(best, fabs(s->bands[b].level[0] - level));
    return best;
}

static void test_high_bands_are_left_out_and_others_kept(void **state)
{
    struct world low, high;
    double worst = 0, highest = 0;
    uint32_t left_out = 0;
    (void)state;

    world_open(&low, 7, 12000);
    world_open(&high, 7, 96000);
    for (int64_t i = 0; i < 100; i++) {
        const struct scene *l = low.scene, *h = high.scene;
        chunk(&low, i * SCENE_CHUNK);
        chunk(&high, i * SCENE_CHUNK * 8); /* the same moment */
        for (uint32_t b = 0; b < l->n_bands; b++) {
            double f = frequency(&l->bands[b], 12000);
            double level = l->bands[b].level[0];
            assert_true(f <= 0.45 * 12000 * (1 + 1e-9));
            if (level == 0.0)
                continue; /* its onset lies within the chunk */
            worst = fmax(worst, level_error(h, f, level));
            highest = fmax(highest, level);
        }
        left_out += h->n_bands - l->n_bands;
    }
    assert_true(left_out > 100);
    /* onsets are rounded to whole frames, a hundredth of an attack of 6 ms */
    assert_true(worst < 0.02 * highest);
    world_close(&low);
    world_close(&high);
}

static void test_hours_stay_within_bounds(void **state)
{
    struct scene_limits max = {0}, most = {0};
    (void)state;

    for (uint64_t seed = 0; seed < 4; seed++) {
        struct world w;
        world_open(&w, seed, RATE);
        max = w.scene->max;
        for (int64_t s = -1800; s < 1800; s++) {
            chunk(&w, s * (RATE / SCENE_CHUNK) * SCENE_CHUNK);
            if (w.scene->n_partials > most.partials)
                most.partials = w.scene->n_partials;
            if (w.scene->n_bands > most.bands)
                most.bands = w.scene->n_bands;
        }
        world_close(&w);
    }
    /* and the bounds are not far from what happens */
    assert_in_range(most.partials, max.partials / 2, max.partials);
    assert_in_range(most.bands, max.bands / 2, max.bands);
}

static void test_refusals(void **state)
{
    const struct scene_limits tiny_max = {1, 3, 1, 3, 3};
    struct world w;
    struct scene *tiny;
    struct score *none = NULL;
    (void)state;

    world_open(&w, 7, RATE);
    assert_int_equal(score_chunk(w.score, 1, w.scene), -EINVAL);
    assert_int_equal(score_chunk(w.score, -1023, w.scene), -EINVAL);
    assert_int_equal(score_new(&none, &w.music, 7, 0), -EINVAL);
    assert_int_equal(scene_new(&tiny, &tiny_max), 0);
    assert_int_equal(score_chunk(w.score, 0, tiny), -ENOSPC);
    chunk(&w, 0); /* and is none the worse for it */
    scene_free(&tiny);
    score_free(&none);
    world_close(&w);
}

/* Pitch class of a band against 110 Hz, in semitones 0..12. */
static double class_of(const struct scene_band *b)
{
    uint64_t inc = (uint64_t)b->inc_hi << 32 | b->inc_lo;
    double semitones = 12 * log2((double)inc * 0x1p-64 * RATE / 110.0);

    return semitones - 12 * floor(semitones / 12 + 1e-9);
}

/* Whether any lowest band of the singers' notes that are younger than `age`
   frames, or of the curtain's bands that are heard, has the class. */
static bool hears(const struct scene *s, double semitones, int64_t age)
{
    for (uint32_t k = s->bus_first[BUS_PAD]; k < s->bus_first[BUS_PAD + 1];
         k++) {
        const struct scene_note *n = &s->notes[k];
        const struct scene_band *b = &s->bands[n->band_first];
        bool singers = (n->flags & NOTE_TOGETHER) && n->n_mods > 0;
        bool field = n->n_members == 4 && n->n_mods == 0;
        int64_t old = (int64_t)((uint64_t)b->age_hi << 32 | b->age_lo);
        if (!field && (!singers || old > age))
            continue;
        for (uint32_t h = 0; h < (field ? n->n_bands : 1); h++)
            if (b[h].level[SCENE_POINTS - 1] > 0 &&
                fabs(class_of(&b[h]) - semitones) < 0.01)
                return true;
    }
    return false;
}

/* Notes that start after root or mode were moved have other pitches, those that
   sound keep theirs; a field goes over to them within 20 s. */
static void test_root_and_mode(void **state)
{
    const int64_t moved = 480 * SCENE_CHUNK;
    const double tritone = 6; /* which piece() never has by itself */
    struct live *live;
    struct world w;
    int before = 0, after = 0, old = 0;
    (void)state;

    assert_int_equal(live_new(&live, RATE), 0);
    world_open(&w, 7, RATE);
    score_follow(w.score, live);
    for (int64_t n = 0; n < 12 * moved; n += SCENE_CHUNK) {
        if (n == moved)
            live_set(live, PARAM_ROOT, n, 6);
        chunk(&w, n);
        if (n < moved)
            before += hears(w.scene, tritone, INT64_MAX);
        if (n > moved + 25 * RATE) {
            after += hears(w.scene, tritone, 4 * RATE);
            /* 3/2 on the old root, and nowhere on the new one */
            old += hears(w.scene, 12 * log2(1.5), INT64_MAX);
        }
    }
    assert_int_equal(before, 0);
    assert_true(after > 100);
    assert_int_equal(old, 0);
    world_close(&w);
    live_free(&live);
}

/* A mode that is asked for after another preset began to come in is that
   one's. */
static void test_leaves_with_its_mode(void **state)
{
    const int64_t out = 480 * SCENE_CHUNK;
    struct world w, same;
    struct live *live;
    (void)state;

    assert_int_equal(live_new(&live, RATE), 0);
    world_open(&w, 7, RATE);
    world_open(&same, 7, RATE);
    w.music.n_modes = 1;
    w.music.mode[0] = (struct music_chords){
        .n = 3,
        .chord = {{3, {1, 1.2, 1.6}}, {3, {1.2, 1.6, 1.8}}, {2, {1.6, 1.2}}}};
    score_follow(w.score, live);
    score_hand_over(w.score, out);
    live_set(live, PARAM_MODE, out, 1);
    for (int64_t n = out; n < 4 * out; n += SCENE_CHUNK) {
        chunk(&w, n);
        chunk(&same, n);
        assert_same_scene(w.scene, same.scene);
    }
    live_free(&live);
    world_close(&w);
    world_close(&same);
}

/* How many notes there are, and how much of the curtain, while a preset comes
   in and leaves. */
static void test_comes_in_and_leaves(void **state)
{
    const int64_t in = 400 * SCENE_CHUNK, out = 3000 * SCENE_CHUNK;
    struct world w, all;
    int64_t last_sound = 0;
    (void)state;

    world_open(&w, 7, RATE);
    world_open(&all, 7, RATE);
    score_enter(w.score, in);
    for (int64_t n = in; n < out + 90 * RATE; n += SCENE_CHUNK) {
        if (n == out)
            score_leave(w.score, out, 25);
        chunk(&w, n);
        chunk(&all, n);
        assert_true(scene_notes(w.scene) <= scene_notes(all.scene));
        if (n == in)
            assert_true(scene_notes(w.scene) < scene_notes(all.scene));
        if (n > in + 25 * RATE && n < out)
            assert_same_scene(w.scene, all.scene);
        for (uint32_t b = 0; b < w.scene->n_bands; b++)
            if (w.scene->bands[b].level[8] > 0)
                last_sound = n;
    }
    assert_true(last_sound > out + 10 * RATE && last_sound < out + 40 * RATE);
    /* and what has faded costs nothing more */
    assert_int_equal(scene_notes(w.scene), 0);
    world_close(&w);
    world_close(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunk_does_not_depend_on_the_past),
        cmocka_unit_test(test_seed_and_title_count),
        cmocka_unit_test(test_root_and_mode),
        cmocka_unit_test(test_leaves_with_its_mode),
        cmocka_unit_test(test_comes_in_and_leaves),
        cmocka_unit_test(test_notes_say_what_they_are),
        cmocka_unit_test(test_no_step_between_chunks),
        cmocka_unit_test(test_grains_have_no_step),
        cmocka_unit_test(test_high_bands_are_left_out_and_others_kept),
        cmocka_unit_test(test_hours_stay_within_bounds),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
