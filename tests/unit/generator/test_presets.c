// SPDX-License-Identifier: GPL-3.0-or-later
/* What holds for every preset that is shipped. */
#include "tests/unit/test.h"

#include <glob.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "clients/generator/level.h"
#include "clients/generator/score.h"
#include "tests/unit/generator/seam.h"

#define RATE 48000
#define DAY  86400 /* s */

typedef void (*check)(const struct music *m);

static void each_preset(check f)
{
    glob_t g;

    assert_int_equal(glob(PRESETS "/*.yaml", 0, NULL, &g), 0);
    assert_true(g.gl_pathc >= 14);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        char err[CONF_ERROR_MAX] = "";
        struct music m;
        if (music_load(&m, g.gl_pathv[i], err) < 0)
            fail_msg("%s", err);
        f(&m);
    }
    globfree(&g);
}

static void check_sizes(const struct music *m)
{
    struct scene_limits max;

    music_bounds(m, &max);
    assert_in_range(max.partials, 1000, 600000);
    assert_in_range(max.thin, 1000, 40000);
    assert_in_range(max.bands, 100, 8000);
    if (strcmp(m->name, "phase1") == 0)
        assert_int_equal(max.partials, 8192);
}

static void test_sizes(void **state)
{
    (void)state;
    each_preset(check_sizes);
}

static void open_scene(const struct music *m, struct scene **s)
{
    struct scene_limits max;

    music_bounds(m, &max);
    assert_int_equal(scene_new(s, &max), 0);
}

static void check_seams(const struct music *m)
{
    struct scene *s[2];
    struct score *score;

    open_scene(m, &s[0]);
    open_scene(m, &s[1]);
    assert_int_equal(score_new(&score, m, 3, RATE), 0);
    for (int64_t start = -1; start < 3; start++) {
        int64_t first = start * 997 * RATE / SCENE_CHUNK * SCENE_CHUNK;
        assert_int_equal(score_chunk(score, first, s[0]), 0);
        for (int64_t i = 1; i < 250; i++) {
            struct scene *now = s[i & 1];
            assert_int_equal(score_chunk(score, first + i * SCENE_CHUNK, now),
                             0);
            assert_int_equal(scene_check(now, &now->max), 0);
            seam_check(s[~i & 1], now);
        }
    }
    score_free(&score);
    scene_free(&s[0]);
    scene_free(&s[1]);
}

static void test_chunks_meet(void **state)
{
    (void)state;
    each_preset(check_seams);
}

/* Anywhere in a day the scene has room for what sounds. */
static void check_bounds(const struct music *m)
{
    struct scene *s;
    struct score *score;
    uint32_t most = 0;

    open_scene(m, &s);
    assert_int_equal(score_new(&score, m, 5, RATE), 0);
    for (int64_t t = 0; t < DAY; t += 331) {
        int64_t first = t * RATE / SCENE_CHUNK * SCENE_CHUNK;
        assert_int_equal(score_chunk(score, first, s), 0);
        if (s->n_thin > most)
            most = s->n_thin;
    }
    /* nor is it far too large */
    assert_in_range(most, s->max.thin / 8, s->max.thin);
    score_free(&score);
    scene_free(&s);
}

static void test_a_day_stays_within_bounds(void **state)
{
    (void)state;
    each_preset(check_bounds);
}

/* No stretch of a day 25 dB under the mean for more than half a minute; and
   the ten minutes are alike enough for levelling to do the rest. */
static void check_holes(const struct music *m)
{
    struct note_source src;
    struct level_scan scan;
    struct level *l;

    note_source_init(&src, m, 1, RATE);
    assert_int_equal(level_new(&l, &src), 0);
    level_scan(l, 0, DAY, 10, &scan);
    if (scan.longest_hole > 30)
        fail_msg("%s: %g s of silence at %g s", m->name, scan.longest_hole,
                 scan.hole_at);
    if (scan.least < -6 || scan.most > 5)
        fail_msg("%s: ten minutes from %.1f to %.1f dB", m->name, scan.least,
                 scan.most);
    level_free(&l);
}

static void test_no_preset_has_holes(void **state)
{
    (void)state;
    each_preset(check_holes);
}

/* Cents from a to b, the shorter way round the octave. */
static double interval(double a, double b)
{
    double x = fabs(1200 * log2(b / a));

    return fmin(fmod(x, 1200), 1200 - fmod(x, 1200));
}

static bool has(const struct music_chord *c, double ratio)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (interval(c->ratio[i], ratio) < 1)
            return true;
    return false;
}

static void check_chord(const char *where, const struct music_chord *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->ratio[i] < 1 || c->ratio[i] >= 2)
            fail_msg("%s: ratio %g", where, c->ratio[i]);
        for (uint32_t j = 0; j < i; j++)
            if (interval(c->ratio[i], c->ratio[j]) < 60)
                fail_msg("%s: %g and %g", where, c->ratio[j], c->ratio[i]);
    }
}

/* Neighbours have at least two tones in common, but not all; basses stay, or
   move by no less than a third: seconds of long basses growl. */
static void check_step(const char *where, const struct music_chord *a,
                       const struct music_chord *b)
{
    uint32_t common = 0;
    double bass = interval(a->ratio[0], b->ratio[0]);

    for (uint32_t i = 0; i < a->n; i++)
        common += has(b, a->ratio[i]);
    if (common < 2 || (common == a->n && common == b->n))
        fail_msg("%s: of %u and %u tones %u in common with the next", where,
                 a->n, b->n, common);
    if ((bass > 1 && bass < 230) || bass > 560)
        fail_msg("%s: the bass moves by %.0f cents", where, bass);
}

/* A field's bands are the tones of all chords of the mode. */
static void check_fields(const struct music *m, const struct music_chords *mode)
{
    for (uint32_t i = 0; i < m->n_layers; i++)
        if (m->layer[i].kind == KIND_FIELD)
            assert_in_range(music_field(m, mode, m->root, &m->layer[i], NULL,
                                        NULL, UINT32_MAX),
                            1, m->layer[i].harmonics);
}

static void check_modes(const struct music *m)
{
    if (strcmp(m->name, "phase1") == 0)
        return;
    if (m->n_modes < 3)
        fail_msg("%s has %u modes", m->name, m->n_modes);
    for (uint32_t i = 0; i < m->n_modes; i++) {
        const struct music_chords *mode = &m->mode[i];
        char where[128];
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(mode->name, m->mode[j].name);
        /* a chord for each of the preset's own, so that a change of mode keeps
           the place on the ring */
        assert_int_equal(mode->n, m->chords.n);
        for (uint32_t c = 0; c < mode->n; c++) {
            snprintf(where, sizeof(where), "%s, %s, chord %u", m->name,
                     mode->name, c + 1);
            check_chord(where, &mode->chord[c]);
            check_step(where, &mode->chord[c], &mode->chord[(c + 1) % mode->n]);
        }
        check_fields(m, mode);
    }
}

static void test_modes(void **state)
{
    (void)state;
    each_preset(check_modes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_chunks_meet),
        cmocka_unit_test(test_a_day_stays_within_bounds),
        cmocka_unit_test(test_no_preset_has_holes),
        cmocka_unit_test(test_modes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
