// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <math.h>

#include "clients/generator/bank.h"
#include "clients/generator/noise.h"
#include "clients/generator/note.h"
#include "clients/generator/sway.h"
#include "tests/unit/generator/piece.h"

#define RATE  48000
#define TURNS 4000

static struct note_source source(const struct music *m)
{
    struct note_source src;

    note_source_init(&src, m, 7, RATE);
    return src;
}

/* Octaves, 0..0.5, from f to the nearest octave of a tone. */
static double off_tone(double f, double tone)
{
    double octaves = log2(f / tone);
    return fabs(octaves - round(octaves));
}

static void test_pitches_are_chord_tones_near_home(void **state)
{
    struct music m = piece();
    struct note_source src = source(&m);
    struct note_tonality t = note_tonality(&src, 0);
    uint32_t voices = m.layer[PIECE_SINGERS].n_voices;
    int drawn = 0;
    (void)state;

    m.lag = 0;
    for (uint32_t v = 0; v < voices; v++)
        for (int64_t k = -TURNS; k < TURNS; k += 7) {
            struct note n;
            struct note_harmony h;
            double nearest = 1;
            if (!note_draw(&src, PIECE_SINGERS, v, k, &n))
                continue;
            drawn++;
            h = note_harmony(&src, &t, n.voice, (double)n.onset / RATE);
            for (uint32_t i = 0; i < h.chord->n; i++)
                nearest =
                    fmin(nearest, off_tone(n.f0, h.root * h.chord->ratio[i]));
            assert_true(nearest < 1e-9);
            /* wander of 0.3 octaves, and half an octave to a tone at most */
            assert_true(fabs(log2(n.f0 / m.layer[PIECE_SINGERS].home[v])) <
                        0.3 * 2.04 + 0.5);
        }
    assert_true(drawn > 1000);
}

static void test_fixed_pitches_follow_the_roots(void **state)
{
    struct music m = piece();
    struct note_source src = source(&m);
    int at[2] = {0, 0};
    (void)state;

    m.lag = 0;
    for (int64_t k = -TURNS; k < TURNS; k++) {
        struct note n;
        double t;
        uint32_t root;
        assert_true(note_draw(&src, PIECE_BELL, 0, k, &n));
        t = (double)n.onset / RATE;
        root = (uint32_t)((int64_t)floor(t / 60) & 1);
        /* on the edge an onset's rounding decides */
        if (fabs(t / 60 - round(t / 60)) < 1e-4)
            continue;
        assert_true(fabs(n.f0 - 330 * m.roots[root]) < 1e-9);
        at[root]++;
    }
    assert_true(at[0] > 3000 && at[1] > 3000);
}

/* All voices of a canon sing the same line, each so much later. */
static void test_canon(void **state)
{
    struct music m = piece();
    struct music_layer *l = &m.layer[PIECE_ARPEGGIO];
    struct note_source src;
    int drawn = 0, same = 0;
    (void)state;

    /* one chord of one tone in a hundred octaves: the line as it is */
    m.chords.n = 1;
    m.chords.chord[0].n = 8;
    for (uint32_t i = 0; i < 8; i++)
        m.chords.chord[0].ratio[i] = exp2(i / 8.0);
    m.n_roots = 1;
    l->n_voices = 2;
    l->period[1] = l->period[0];
    l->home[1] = l->home[0];
    l->canon = 4 * l->period[0];
    l->wander_rate = 0.002;
    src = source(&m);
    for (int64_t k = 0; k < TURNS; k++) {
        struct note a, b;
        assert_true(note_draw(&src, PIECE_ARPEGGIO, 0, k, &a));
        assert_true(note_draw(&src, PIECE_ARPEGGIO, 1, k + 4, &b));
        drawn++;
        same += fabs(a.f0 - b.f0) < 1e-9;
    }
    /* offsets within the loop differ, so notes at a turn of the line may */
    assert_true(same > 0.9 * drawn);
    l->canon = 0;
    same = 0;
    for (int64_t k = 0; k < TURNS; k++) {
        struct note a, b;
        assert_true(note_draw(&src, PIECE_ARPEGGIO, 0, k, &a));
        assert_true(note_draw(&src, PIECE_ARPEGGIO, 1, k + 4, &b));
        same += fabs(a.f0 - b.f0) < 1e-9;
    }
    assert_true(same < 0.9 * drawn);
}

static void test_followers(void **state)
{
    struct music m = piece();
    struct note_source src = source(&m);
    const struct music_layer *l = &m.layer[PIECE_BREATH];
    int both = 0, none = 0;
    (void)state;

    for (uint32_t v = 0; v < 3; v++)
        for (int64_t k = -TURNS; k < TURNS; k += 3) {
            struct note a, b;
            bool leads = note_draw(&src, PIECE_SINGERS, v, k, &a);
            assert_true(leads == note_draw(&src, PIECE_BREATH, v, k, &b));
            if (!leads) {
                none++;
                continue;
            }
            both++;
            assert_true(fabs((double)(b.onset - a.onset) - 0.7 * RATE) <= 1);
            assert_true(b.f0 == 4 * a.f0);
            assert_true(a.voice == b.voice && a.key != b.key);
            /* velocity is shared: what is left are the layers' levels */
            assert_true(fabs(20 * log10(b.gain / a.gain) - l->level -
                             0.5 * log2(a.f0 / 220)) < 1e-6);
        }
    assert_true(both > 1000 && none > 100);
}

/* Turns that note_turns() names hold every note that sounds in a stretch. */
static void test_turns_hold_all_notes(void **state)
{
    struct music m = piece();
    struct note_source src = source(&m);
    (void)state;

    m.layer[PIECE_SPARKS].epoch = 60;
    /* all as long and as far astray as can be */
    for (uint32_t i = 0; i <= PIECE_ARPEGGIO; i++) {
        m.layer[i].attack.lo = m.layer[i].attack.hi;
        m.layer[i].hold.lo = m.layer[i].hold.hi;
        m.layer[i].release.lo = m.layer[i].release.hi;
        m.layer[i].jitter = 1;
    }
    for (uint32_t layer = 0; layer <= PIECE_ARPEGGIO; layer++)
        for (int64_t from = -30 * RATE; from < 30 * RATE; from += 7919) {
            int64_t first, last, to = from + SCENE_CHUNK;
            note_turns(&src, layer, 0, from, to, &first, &last);
            for (int64_t k = first - 8; k <= last + 8; k++) {
                struct note n;
                if (k >= first && k <= last)
                    continue;
                if (note_draw(&src, layer, 0, k, &n))
                    assert_true(n.end <= from || n.onset >= to);
            }
        }
}

static void test_envelope(void **state)
{
    struct music m = piece();
    struct note_source src = source(&m);
    (void)state;

    for (uint32_t layer = 0; layer <= PIECE_ARPEGGIO; layer++)
        for (int64_t k = 0; k < 40; k++) {
            struct note n;
            int64_t top;
            if (!note_draw(&src, layer, 0, k, &n))
                continue;
            top = n.onset + llround(n.attack * RATE) + 1;
            assert_true(note_envelope(&n, n.onset, RATE) == 0);
            assert_true(note_envelope(&n, n.end, RATE) == 0);
            assert_true(note_envelope(&n, n.onset + 1, RATE) > 0);
            assert_true(note_envelope(&n, n.onset + 1, RATE) < 1e-3);
            assert_true(note_envelope(&n, n.end - 100, RATE) < 1e-3);
            assert_true(note_envelope(&n, top, RATE) > 0.999);
        }
}

/* 1/e after tau, by the levels that go to the renderer. */
static void test_struck_decay(void **state)
{
    struct music m = piece();
    struct music_layer *l = &m.layer[PIECE_BELL];
    const float gain[SCENE_POINTS] = {1, 1, 1, 1, 1, 1, 1, 1, 1,
                                      1, 1, 1, 1, 1, 1, 1, 1};
    struct scene_limits max;
    struct scene *s;
    double mean = 0;
    (void)state;

    l->bright = 0;
    l->cutoff = 20000;
    l->struck = 2;
    music_bounds(&m, &max);
    assert_int_equal(scene_new(&s, &max), 0);
    for (int64_t k = 0; k < 20; k++) {
        struct note_source src = source(&m);
        struct bank *b;
        struct note n;
        float level[2][3];
        int64_t first = 0;
        assert_true(note_draw(&src, PIECE_BELL, 0, k, &n));
        mean += n.tau / note_tau(l, n.f0) / 20;
        assert_int_equal(bank_new(&b, &src, PIECE_BELL, &n, NULL), 0);
        for (int at = 0; at < 2; at++) {
            first = n.onset + RATE / 10 + at * RATE;
            scene_begin(s, first);
            scene_begin_bus(s, BUS_BELLS);
            assert_int_equal(bank_append(b, gain, s), 0);
            for (int h = 0; h < 3; h++)
                level[at][h] = s->bands[h].level[0];
        }
        for (int h = 0; h < 3; h++) {
            double tau = 1 / log(level[0][h] / level[1][h]);
            double want = n.tau * pow(l->ratio[h], -l->damping);
            assert_true(fabs(tau / want - 1) < 0.05);
        }
        bank_free(&b);
    }
    assert_true(fabs(mean - 1) < 0.1);
    assert_true(note_tau(l, 880) == note_tau(l, 220) / 2);
    scene_free(&s);
}

/* Vibrato and drift, in cents of the fundamental, by the phase's slope. */
static double deepest(const struct music_layer *l, const struct note *n,
                      double from, double to)
{
    double motion[SCENE_POINTS];
    double most = 0;

    for (double t = from; t < to; t += (double)SCENE_CHUNK / RATE) {
        struct scene_mod row;
        int64_t first = n->born + llround(t * RATE);
        for (uint32_t p = 0; p < SCENE_POINTS; p++)
            motion[p] = 1;
        sway_fill(l, n, 2, first, RATE, motion, &row);
        for (uint32_t p = 0; p + 1 < SCENE_POINTS; p++) {
            double hz =
                (double)(row.cycles[p + 1] - row.cycles[p]) * RATE / SCENE_GRID;
            most = fmax(most, fabs(hz) / n->f0 * 1200 / log(2));
        }
    }
    return most;
}

static void test_vibrato_and_drift(void **state)
{
    struct music m = piece();
    struct music_layer *l = &m.layer[PIECE_SINGERS];
    struct note n = {.key = 5, .onset = 1000, .born = 1000, .f0 = 300};
    double depth;
    (void)state;

    assert_int_equal(sway_rows(l), l->members);
    l->members = 500;
    assert_int_equal(sway_rows(l), 32);
    l->drift = 0;
    /* a note begins without; later its depth is 0.6 + 0.4 F */
    assert_true(deepest(l, &n, 0, 0.4) < 1e-6);
    depth = deepest(l, &n, 5, 100);
    assert_true(depth > 0.8 * l->vibrato && depth < 1.5 * l->vibrato);
    l->vibrato = 0;
    assert_int_equal(sway_rows(&m.layer[PIECE_GROUND]), 0);
    l->drift = 5;
    depth = deepest(l, &n, 5, 100);
    assert_true(depth > 0.5 * l->drift && depth < 4 * l->drift);
}

/* An epoch keeps its phrase and loses notes, highs and level; the next has
   another one. */
static void test_wear(void **state)
{
    struct music m = piece();
    struct music_layer *l = &m.layer[PIECE_SPARKS];
    struct note_source src = source(&m);
    int early = 0, late = 0, same = 0, drawn = 0;
    double first = 0;
    (void)state;

    m.section = 1000;
    m.lag = 0;
    m.ring = 1;
    m.walk = 0;
    m.n_roots = 1;
    l->jitter = 0;
    l->prob = 1;
    l->epoch = 1000;
    l->wear_prob = 0.9;
    l->wear_level = 6;
    for (int64_t k = 0; k < 588; k++) {
        struct note n;
        if (!note_draw(&src, PIECE_SPARKS, 0, k, &n))
            continue;
        if (first == 0)
            first = n.f0;
        assert_true(n.f0 == first);
        assert_true(fabs(n.wear - (double)k * 1.7 / 1000) < 1e-9);
        assert_true(fabs(20 * log10(n.gain) - l->level + 6 * n.wear) < 1e-6);
        early += n.wear < 0.2;
        late += n.wear > 0.8;
    }
    assert_true(early > 100 && late < 50 && late > 1);
    for (int e = 1; e < 50; e++) {
        struct note n;
        int64_t k = (int64_t)ceil(1000 * e / 1.7);
        if (!note_draw(&src, PIECE_SPARKS, 0, k, &n))
            continue;
        drawn++;
        same += n.f0 == first;
    }
    assert_true(drawn > 30 && same < drawn / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pitches_are_chord_tones_near_home),
        cmocka_unit_test(test_fixed_pitches_follow_the_roots),
        cmocka_unit_test(test_canon),
        cmocka_unit_test(test_followers),
        cmocka_unit_test(test_turns_hold_all_notes),
        cmocka_unit_test(test_envelope),
        cmocka_unit_test(test_struck_decay),
        cmocka_unit_test(test_vibrato_and_drift),
        cmocka_unit_test(test_wear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
