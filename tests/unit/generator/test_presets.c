// SPDX-License-Identifier: GPL-3.0-or-later
/* What holds for every preset that is shipped. */
#include "tests/unit/test.h"

#include <glob.h>
#include <math.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_chunks_meet),
        cmocka_unit_test(test_a_day_stays_within_bounds),
        cmocka_unit_test(test_no_preset_has_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
