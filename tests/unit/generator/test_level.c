// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/test.h"

#include <math.h>

#include "clients/generator/colour.h"
#include "clients/generator/level.h"
#include "clients/generator/score.h"
#include "tests/unit/generator/piece.h"
#include "vk/renderer.h"

#define RATE  48000
#define SPACE (INT64_C(37) * SCENE_CHUNK) /* between two looks */

/* K-weighted power of a scene's first frame: partials have independent phases,
   so that each counts half its level squared, and a note's members add up to
   their band. */
static double scene_power(const struct scene *s)
{
    double sum = 0;

    for (uint32_t b = 0; b < s->n_bands; b++) {
        uint64_t inc = (uint64_t)s->bands[b].inc_hi << 32 | s->bands[b].inc_lo;
        double f = (double)inc * 0x1p-64 * RATE;
        double level = s->bands[b].level[0];
        sum += 0.5 * level * level * colour_weight(f);
    }
    return sum;
}

/* Power over a stretch of the piece with one layer in it, expected and
   measured, dB. */
static double error_of(uint32_t layer, void (*change)(struct music *m))
{
    struct music m = piece();
    struct scene_limits max;
    struct note_source src;
    struct score *score;
    struct scene *s;
    struct level *level;
    double expected = 0, measured = 0;

    if (change)
        change(&m);
    /* a follower needs its leader, silenced */
    for (uint32_t i = 0; i < m.n_layers; i++)
        if (i != layer)
            m.layer[i].level = -120;
    music_bounds(&m, &max);
    note_source_init(&src, &m, 7, RATE);
    assert_int_equal(scene_new(&s, &max), 0);
    assert_int_equal(score_new(&score, &m, 7, RATE), 0);
    assert_int_equal(level_new(&level, &src), 0);
    for (int64_t i = 0; i < 4000; i++) {
        int64_t first = i * SPACE;
        double gain = level_gain(level, first);
        assert_int_equal(score_chunk(score, first, s), 0);
        measured += scene_power(s) / (gain * gain);
        expected += level_power(level, (double)first / RATE);
    }
    level_free(&level);
    score_free(&score);
    scene_free(&s);
    return 10 * log10(expected / measured);
}

/* What wear takes, with a colour that follows nothing else. */
static void wear_down(struct music *m)
{
    struct music_layer *l = &m->layer[PIECE_SPARKS];

    l->epoch = 600;
    l->wear_prob = 0.5;
    l->wear_cutoff = 3;
    l->wear_level = 3;
}

static void test_expected_power_is_what_comes(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PIECE_LAYERS; i++) {
        double error = error_of(i, NULL);
        if (fabs(error) > 1.5)
            fail_msg("layer %u: %.2f dB more expected than came", i, error);
    }
    assert_true(fabs(error_of(PIECE_SPARKS, wear_down)) < 0.5);
}

/* One of the two filters of ITU-R BS.1770-4 at 48 kHz, tables 1 and 2. */
struct biquad {
    double b[3], a[2], z[2];
};

static double biquad_run(struct biquad *f, double x)
{
    double y = f->b[0] * x + f->z[0];

    f->z[0] = f->b[1] * x - f->a[0] * y + f->z[1];
    f->z[1] = f->b[2] * x - f->a[1] * y;
    return y;
}

/* K-weighted energy of the chunk's buses together. */
static double chunk_energy(const struct buses *x, struct biquad f[2][2])
{
    double sum = 0;

    for (uint32_t c = 0; c < 2; c++)
        for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
            double y = 0;
            for (uint32_t b = 0; b < BUS_COUNT; b++)
                y += (double)x->x[b][c][n];
            y = biquad_run(&f[c][1], biquad_run(&f[c][0], y));
            sum += y * y;
        }
    return sum;
}

static void test_expected_power_is_what_is_heard(void **state)
{
    const struct biquad shelf = {
        {1.53512485958697, -2.69169618940638, 1.19839281085285},
        {-1.69065929318241, 0.73248077421585},
        {0, 0}};
    const struct biquad pass = {
        {1, -2, 1}, {-1.99004745483398, 0.99007225036621}, {0, 0}};
    struct biquad f[2][2] = {{shelf, pass}, {shelf, pass}};
    static struct buses out;
    struct music m = piece();
    struct renderer_opts o = {0};
    struct renderer *r;
    struct note_source src;
    struct score *score;
    struct scene *s;
    struct level *level;
    double expected = 0, measured = 0;
    (void)state;

    music_bounds(&m, &o.max);
    note_source_init(&src, &m, 7, RATE);
    assert_int_equal(renderer_open_cpu(&r, &o), 0);
    assert_int_equal(scene_new(&s, &o.max), 0);
    assert_int_equal(score_new(&score, &m, 7, RATE), 0);
    assert_int_equal(level_new(&level, &src), 0);
    for (int64_t n = 0; n < 180 * RATE; n += SCENE_CHUNK) {
        double gain = level_gain(level, n);
        assert_int_equal(score_chunk(score, n, s), 0);
        assert_int_equal(renderer_render(r, s, &out), 0);
        measured += chunk_energy(&out, f) / SCENE_CHUNK;
        expected += level_power(level, (double)n / RATE) * gain * gain;
    }
    assert_true(fabs(10 * log10(expected / measured)) < 1.5);
    level_free(&level);
    score_free(&score);
    scene_free(&s);
    renderer_free(&r);
}

static void test_gain_is_continuous_and_bounded(void **state)
{
    struct music m = piece();
    struct note_source src;
    struct level *l;
    double before, nominal;
    (void)state;

    note_source_init(&src, &m, 7, RATE);
    assert_int_equal(level_new(&l, &src), 0);
    nominal = pow(10, m.gain / 20) / sqrt(level_mean(l));
    before = level_gain(l, -3 * RATE);
    for (int64_t n = -3 * RATE + 960; n < 400 * RATE; n += 960) {
        double gain = level_gain(l, n);
        double db = 20 * log10(gain / nominal);
        /* 0.02 s; 4 s take at most the whole range of 16 dB */
        assert_true(fabs(20 * log10(gain / before)) < 0.09);
        assert_true(fabs(db) <= 8 + 2.04 * m.arc);
        before = gain;
    }
    level_free(&l);
}

static void test_gain_does_not_depend_on_the_past(void **state)
{
    struct music m = piece();
    struct note_source src;
    struct level *run, *jump;
    (void)state;

    note_source_init(&src, &m, 7, RATE);
    assert_int_equal(level_new(&run, &src), 0);
    assert_int_equal(level_new(&jump, &src), 0);
    for (int64_t n = -50 * RATE; n < 50 * RATE; n += RATE / 3) {
        double gain = level_gain(run, n);
        if (n % 5 == 0)
            level_gain(jump, n * 1000);
        assert_true(level_gain(jump, n) == gain);
    }
    level_free(&run);
    level_free(&jump);
}

/* A piece that is loud for a quarter of an hour and soft for the next: most of
   that is taken back, and kappa takes back some of what is shorter. */
static void test_levelling_takes_back_a_part(void **state)
{
    struct music m = piece();
    struct note_source src;
    struct level *l;
    double loud = 0, soft = 0, flat[2] = {0, 0};
    (void)state;

    m.arc = 0;
    m.n_layers = 1;
    m.layer[0].prob = 0.5;
    m.layer[0].prob_depth = 0.25;
    m.layer[0].prob_rate = 1.0 / 1800;
    note_source_init(&src, &m, 7, RATE);
    assert_int_equal(level_new(&l, &src), 0);
    for (double t = 0; t < 20000; t += 97) {
        double p = 0, gain = level_gain(l, (int64_t)(t * RATE));
        for (double x = -300; x < 300; x += 13)
            p += level_power(l, t + x) / 47;
        if (p > loud) {
            loud = p;
            flat[0] = p * gain * gain;
        }
        if (soft == 0 || p < soft) {
            soft = p;
            flat[1] = p * gain * gain;
        }
    }
    assert_true(loud / soft > 2);
    /* 0.9 of the dB; seen through a square window, it lacks some of that */
    assert_true(log(flat[0] / flat[1]) < 0.45 * log(loud / soft));
    assert_true(flat[0] > 0.7 * flat[1]);
    level_free(&l);
}

static void test_scan_finds_a_hole(void **state)
{
    struct music m = piece();
    struct note_source src;
    struct level_scan scan;
    struct level *l;
    (void)state;

    m.n_layers = 1;
    m.layer[0].n_voices = 1;
    m.layer[0].period[0] = 50;
    m.layer[0].jitter = 0;
    m.layer[0].prob = 1;
    m.layer[0].prob_depth = 0;
    note_source_init(&src, &m, 7, RATE);
    assert_int_equal(level_new(&l, &src), 0);
    level_scan(l, 0, 3600, 1, &scan);
    /* notes of 1.3 to 3 s, of which most is within 25 dB of the mean */
    assert_true(scan.longest_hole > 45 && scan.longest_hole < 51);
    assert_true(scan.holes > 0.9 && scan.holes < 1);
    assert_true(scan.hole_at >= 0 && scan.hole_at < 3600);
    assert_true(scan.least < scan.most);
    level_free(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expected_power_is_what_comes),
        cmocka_unit_test(test_expected_power_is_what_is_heard),
        cmocka_unit_test(test_gain_is_continuous_and_bounded),
        cmocka_unit_test(test_gain_does_not_depend_on_the_past),
        cmocka_unit_test(test_levelling_takes_back_a_part),
        cmocka_unit_test(test_scan_finds_a_hole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
