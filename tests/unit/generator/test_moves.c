// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Parameters moved and presets changed while the music plays: what each does,
 * and that nothing clicks. Clicks are looked for by the bench's detectors,
 * which are proven by faults of their own (tests/unit/bench).
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/engine.h"
#include "clients/generator/noise.h"
#include "tests/bench/measure/air.h"
#include "tests/bench/measure/click.h"
#include "tests/unit/generator/piece.h"

#define RATE     48000
#define CHUNKS_S ((double)RATE / SCENE_CHUNK)
#define AIR_DB   (-80.0) /* dBFS, above 16 kHz */

/* The piece with a mode, and without what plucks, so that nothing in it comes
   near to a click. */
static struct music calm(void)
{
    struct music m = piece();

    m.n_modes = 1;
    m.mode[0] = (struct music_chords){
        .name = "dark",
        .n = 2,
        .chord = {{3, {1, 1.2, 1.6}}, {3, {1.2, 1.5, 1.8}}}};
    m.layer[PIECE_BELL].attack = (struct music_range){0.1, 0.2};
    m.layer[PIECE_SPARKS].attack = (struct music_range){0.05, 0.1};
    m.layer[PIECE_DUST].length = (struct music_range){0.2, 0.39};
    m.layer[PIECE_CURTAIN].harmonics =
        music_field_most(&m, &m.layer[PIECE_CURTAIN]);
    return m;
}

struct player {
    struct music music;
    struct engine *engine;
    struct air air;
    struct click click;
    double power; /* mean square of the last play() */
    float peak;   /* of the last play() */
    float mix[SCENE_CHUNK * 2];
};

static struct player *player_new(const struct music *m, uint64_t seed)
{
    struct player *p = calloc(1, sizeof(*p));
    struct engine_opts o = {.music = &p->music,
                            .seed = seed,
                            .rate = RATE,
                            .renderer = ENGINE_CPU,
                            .offline = true};

    assert_non_null(p);
    p->music = *m;
    assert_int_equal(engine_new(&p->engine, &o), 0);
    memset(&p->music, 0xff, sizeof(p->music)); /* it has a copy */
    assert_int_equal(engine_seek(p->engine, 40 * RATE, HUGE_VAL), 0);
    air_init(&p->air, RATE);
    click_init(&p->click, RATE);
    return p;
}

static void player_free(struct player *p)
{
    engine_free(&p->engine);
    free(p);
}

static void chunk(struct player *p)
{
    assert_int_equal(engine_chunk(p->engine, p->mix), 0);
    air_add(&p->air, p->mix, SCENE_CHUNK);
    click_add(&p->click, p->mix, SCENE_CHUNK);
    for (uint32_t i = 0; i < 2 * SCENE_CHUNK; i++) {
        assert_true(isfinite(p->mix[i]));
        p->power += (double)p->mix[i] * p->mix[i];
        p->peak = fmaxf(p->peak, fabsf(p->mix[i]));
    }
}

static void play(struct player *p, double seconds)
{
    uint32_t n = (uint32_t)(seconds * CHUNKS_S);

    p->power = 0;
    p->peak = 0;
    for (uint32_t i = 0; i < n; i++)
        chunk(p);
    p->power /= 2.0 * SCENE_CHUNK * n;
}

static double level_db(const struct player *p)
{
    return 10 * log10(p->power);
}

static void set(struct player *p, enum param x, double value)
{
    char err[PARAM_ERROR_MAX];

    assert_int_equal(engine_set(p->engine, x, value, err), 0);
    assert_true(engine_get(p->engine, x) == value);
}

static void assert_clean(const struct player *p, const char *what)
{
    struct figures f;

    air_end(&p->air, &f);
    click_end(&p->click, &f);
    if (f.air_peak > AIR_DB || f.clicks > 0)
        fail_msg("%s: %.1f dBFS above 16 kHz at %.2f s, %.0f clicks, first at "
                 "%.2f s",
                 what, f.air_peak, f.air_peak_at, f.clicks, f.click_first);
}

/* --- parameters ----------------------------------------------------------- */

/* As far as it goes, there and back, and somewhere else before it got there. */
static void test_no_move_clicks(void **state)
{
    struct music m = calm();
    (void)state;

    for (int x = 0; x < PARAM_COUNT; x++) {
        enum param p = (enum param)x;
        const struct param_info *i = param_info(p);
        double most = p == PARAM_MODE ? 1 : i->max;
        struct player *y = player_new(&m, 3);
        for (int turn = 0; turn < 4; turn++) {
            set(y, p, most);
            play(y, 1.7);
            set(y, p, i->min);
            play(y, 1.7);
            set(y, p, most);
            play(y, 0.2);
            set(y, p, i->def);
            play(y, 0.9);
        }
        assert_clean(y, i->name);
        player_free(y);
    }
}

/* A controller gone mad: every parameter anew in each chunk. */
static void test_a_flood_does_not_click(void **state)
{
    struct music m = calm();
    struct player *y = player_new(&m, 3);
    (void)state;

    for (uint64_t c = 0; c < 600; c++) {
        for (int x = 0; x < PARAM_COUNT; x++) {
            const struct param_info *i = param_info((enum param)x);
            double u = noise_u(noise_hash(5, c, (uint64_t)x, 0));
            double most = x == PARAM_MODE ? 1 : i->max;
            double v = i->min + (most - i->min) * u;
            set(y, (enum param)x, i->whole ? round(v) : v);
        }
        chunk(y);
    }
    assert_clean(y, "flood");
    player_free(y);
}

static void test_defaults_change_nothing(void **state)
{
    struct music m = calm();
    struct player *a = player_new(&m, 3), *b = player_new(&m, 3);
    (void)state;

    for (int c = 0; c < 50; c++) {
        for (int x = 0; x < PARAM_COUNT; x++)
            set(b, (enum param)x, param_info((enum param)x)->def);
        chunk(a);
        chunk(b);
        assert_memory_equal(a->mix, b->mix, sizeof(a->mix));
    }
    player_free(a);
    player_free(b);
}

static void test_level(void **state)
{
    struct music m = calm();
    struct player *a = player_new(&m, 3), *b = player_new(&m, 3);
    float bus[2][SCENE_CHUNK * 2];
    (void)state;

    set(b, PARAM_LEVEL, -12);
    for (int c = 0; c < 60; c++) {
        chunk(a);
        chunk(b);
    }
    /* 100 ms later it is exactly that, in the stems too */
    engine_bus(a->engine, BUS_PAD, bus[0]);
    engine_bus(b->engine, BUS_PAD, bus[1]);
    for (uint32_t i = 0; i < 2 * SCENE_CHUNK; i++) {
        float g = powf(10, -0.6f);
        assert_true(fabsf(b->mix[i] - g * a->mix[i]) < 1e-6f);
        assert_true(fabsf(bus[1][i] - g * bus[0][i]) < 1e-6f);
    }
    player_free(a);
    player_free(b);
}

/* Power of the first difference over the power, dB: it grows with the highs. */
static double brightness_of(struct player *p, double seconds)
{
    uint32_t n = (uint32_t)(seconds * CHUNKS_S);
    double diff = 0, power = 0;
    float last = 0;

    for (uint32_t c = 0; c < n; c++) {
        chunk(p);
        for (uint32_t i = 0; i < SCENE_CHUNK; i++) {
            float x = p->mix[2 * i];
            diff += (double)(x - last) * (x - last);
            power += (double)x * x;
            last = x;
        }
    }
    p->power = power / SCENE_CHUNK / n;
    return 10 * log10(diff / power);
}

static void test_brightness(void **state)
{
    struct music m = calm();
    double bright[3], db[3];
    (void)state;

    for (int i = 0; i < 3; i++) {
        struct player *y = player_new(&m, 3);
        set(y, PARAM_BRIGHTNESS, 1.5 * (i - 1));
        play(y, 2);
        bright[i] = brightness_of(y, 30);
        db[i] = level_db(y);
        player_free(y);
    }
    assert_true(bright[0] < bright[1] - 1.5 && bright[1] < bright[2] - 0.8);
    /* most of the loudness is kept */
    assert_true(fabs(db[0] - db[1]) < 1.5 && fabs(db[2] - db[1]) < 1.5);
}

static void test_what_a_preset_has_not(void **state)
{
    struct music m = calm();
    struct player *y = player_new(&m, 3);
    char err[PARAM_ERROR_MAX] = "";
    (void)state;

    assert_int_equal(engine_set(y->engine, PARAM_MODE, 2, err), -ERANGE);
    assert_string_equal(err, "mode: found 2, allowed are whole numbers from 0 "
                             "to 1, and names of modes of 'piece'");
    assert_int_equal(engine_set(y->engine, PARAM_MODE, 0.5, err), -EINVAL);
    assert_int_equal(engine_set(y->engine, PARAM_LEVEL, 7, err), -ERANGE);
    assert_true(engine_get(y->engine, PARAM_LEVEL) == 0);
    player_free(y);
}

/* What sounds stays, for as long as asked, and then goes on. */
static void test_freeze(void **state)
{
    struct music m = calm();
    struct player *y;
    double before, least = HUGE_VAL, most = -HUGE_VAL;
    (void)state;

    m.layer[PIECE_DUST].prob = 0;
    y = player_new(&m, 3);
    play(y, 1);
    set(y, PARAM_FREEZE, 1);
    play(y, 3);
    before = level_db(y);
    for (int i = 0; i < 20; i++) {
        play(y, 2);
        least = fmin(least, level_db(y));
        most = fmax(most, level_db(y));
    }
    /* swells and beats go on */
    assert_true(before > -60 && most - least < 6);
    assert_true(fabs(before - 0.5 * (least + most)) < 6);
    set(y, PARAM_FREEZE, 0);
    least = HUGE_VAL;
    most = -HUGE_VAL;
    for (int i = 0; i < 20; i++) {
        play(y, 2);
        least = fmin(least, level_db(y));
        most = fmax(most, level_db(y));
    }
    assert_true(most - least > 6); /* notes come and go */
    assert_clean(y, "freeze");
    player_free(y);
}

/* --- presets -------------------------------------------------------------- */

static struct music other(void)
{
    struct music m = calm();

    strcpy(m.title, "other");
    strcpy(m.name, "other");
    m.root = 146.8; /* a fourth up */
    m.room.size = 1.2;
    m.room.t60_mid = 2;
    return m;
}

/* Difference of two engines' sound over some chunks, dBFS of the peak. */
static double apart(struct player *a, struct player *b, int chunks)
{
    float most = 1e-9f;

    for (int c = 0; c < chunks; c++) {
        assert_true(engine_position(a->engine) == engine_position(b->engine));
        chunk(a);
        chunk(b);
        for (uint32_t i = 0; i < 2 * SCENE_CHUNK; i++)
            most = fmaxf(most, fabsf(a->mix[i] - b->mix[i]));
    }
    return 20 * log10(most);
}

/* When it is over, one hears what one would have heard all along. */
/* keeps: the other has a mode of that name too. */
static void check_change(double fade_s, double over_s, bool keeps)
{
    struct music m = calm(), n = other();
    struct player *y = player_new(&m, 3), *want;
    double usual, least = HUGE_VAL, most = -HUGE_VAL;

    if (!keeps)
        strcpy(n.mode[0].name, "darker");
    want = player_new(&n, 3);
    if (keeps)
        set(want, PARAM_MODE, 1);
    play(want, over_s + 1);
    play(y, 1);
    set(y, PARAM_MODE, 1);
    play(y, 1); /* so that it is heard */
    set(y, PARAM_FREEZE, 1);
    assert_int_equal(engine_change(y->engine, &n, 3, fade_s), 0);
    /* the mode of that name; and time runs */
    assert_true(engine_get(y->engine, PARAM_MODE) == (keeps ? 1 : 0));
    assert_true(engine_get(y->engine, PARAM_FREEZE) == 0);
    assert_string_equal(engine_music(y->engine)->title, "other");
    usual = level_db(want);
    for (double t = 0; t + 1e-9 < over_s; t += 4) {
        play(y, 4);
        least = fmin(least, level_db(y));
        most = fmax(most, level_db(y));
    }
    print_message("fade %g s: %.1f to %.1f dB around the usual\n", fade_s,
                  least - usual, most - usual);
    assert_true(least - usual > -10 && most - usual < 6);
    assert_clean(y, "change");
    while (engine_position(y->engine) < engine_position(want->engine))
        chunk(y);
    while (engine_position(want->engine) < engine_position(y->engine))
        chunk(want);
    assert_true(apart(y, want, 100) < -80);
    player_free(y);
    player_free(want);
}

/* In a change all that was frozen thaws; and a change during a change, and
   freezing in the midst of it, are not heard as clicks. */
static void test_change_while_frozen(void **state)
{
    struct music m = calm(), n = other();
    struct player *y;
    double least = HUGE_VAL, most = -HUGE_VAL;
    (void)state;

    n.layer[PIECE_DUST].prob = 0;
    y = player_new(&m, 3);
    set(y, PARAM_FREEZE, 1);
    play(y, 3);
    assert_int_equal(engine_change(y->engine, &n, 3, 0), 0);
    play(y, 4);
    set(y, PARAM_FREEZE, 1);
    play(y, 2);
    assert_int_equal(engine_change(y->engine, &m, 4, 2), 0);
    play(y, 1);
    assert_int_equal(engine_change(y->engine, &n, 4, 0.5), 0);
    play(y, 5);
    for (int i = 0; i < 20; i++) {
        play(y, 2);
        least = fmin(least, level_db(y));
        most = fmax(most, level_db(y));
    }
    assert_true(most - least > 6); /* notes come and go */
    assert_clean(y, "change while frozen");
    player_free(y);
}

/* What can't be asked for in any time is told, and then there is room again. */
static void test_changes_in_a_hurry(void **state)
{
    struct music m = calm(), n = other();
    struct player *y = player_new(&m, 3);
    int done = 0, chunks = 0;
    (void)state;

    assert_int_equal(engine_change(y->engine, &n, 3, 60), 0);
    play(y, 0.5);
    while (done < 6 && chunks++ < 2000) {
        int r = engine_change(y->engine, done % 2 ? &n : &m, 3, 1);
        assert_true(r == 0 || r == -EBUSY);
        done += r == 0;
        chunk(y);
    }
    /* a fade of a minute was hurried to 3 s */
    assert_int_equal(done, 6);
    assert_true(chunks < 12 * CHUNKS_S);
    play(y, 5);
    assert_clean(y, "hurry");
    player_free(y);
}

static void test_change_as_music_does(void **state)
{
    (void)state;
    check_change(0, 60, false);
}

static void test_change_by_a_fade(void **state)
{
    (void)state;
    check_change(3, 40, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_move_clicks),
        cmocka_unit_test(test_a_flood_does_not_click),
        cmocka_unit_test(test_defaults_change_nothing),
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_brightness),
        cmocka_unit_test(test_what_a_preset_has_not),
        cmocka_unit_test(test_freeze),
        cmocka_unit_test(test_change_while_frozen),
        cmocka_unit_test(test_changes_in_a_hurry),
        cmocka_unit_test(test_change_as_music_does),
        cmocka_unit_test(test_change_by_a_fade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
