// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/level.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "clients/generator/bank.h"
#include "clients/generator/grains.h"
#include "clients/generator/noise.h"

#define PI          3.14159265358979323846
#define GRID_S      4.0   /* s between two points at which power is known */
#define LONG        75    /* grid points to each side: 300 s */
#define SHORT       24    /* 96 s */
#define RING        256   /* grid points remembered */
#define REF_N       300   /* looks at a day for its mean... */
#define REF_STEP    271.7 /* s ...this far apart... */
#define REF_FIRST   13.0  /* s ...from here */
#define LONG_POWER  0.45  /* how far ten minutes are levelled... */
#define SHORT_PART  0.3   /* ...and how far a minute or two, times kappa */
#define CLAMP_DB    8.0
#define HOLE_DB     (-25.0)
#define MOTION_N    4096 /* looks at fractal noise for its mean power... */
#define MOTION_STEP 0.37 /* ...so far apart */
#define DECAY_STEP  8    /* points per decay time */
#define DECAY_N     (7 * DECAY_STEP + 1)
#define WEAR_N      17 /* points of an epoch, both ends */
#define TRIM_N      9  /* points of a trim over its parameter's range... */
#define TRIM_ONE    4  /* ...of which this one is 1 */
#define TRIM_PART   (2.0 / 3) /* of what density does */

enum draw { DRAW_ARC = 5000 };

/* A grid point. */
struct point {
    int64_t at; /* INT64_MIN: empty */
    double power;
};

struct level {
    const struct note_source *src;
    uint64_t arc; /* noise seed */
    double mean;  /* of the power over a day */
    double gain;  /* linear, preset's at that power */
    struct point ring[RING];
    int64_t from;   /* grid point... */
    double step[2]; /* ...and the gains there and at the next */
    double motion[MUSIC_LAYERS_MAX]; /* power that bands' swells add, linear */
    double thick[TRIM_N], lively[TRIM_N]; /* dB, see level_trim() */
    double memory;                        /* s */
    /* logarithm of a struck layer's power over its age, since its highs die
       first */
    double decay[MUSIC_LAYERS_MAX][DECAY_N];
    /* and of one that wears, over its epoch */
    double wear[MUSIC_LAYERS_MAX][WEAR_N];
};

/* Mean of the power of swells in dB, which is more than that of none; depth:
   times what the preset says. */
static double motion_power(const struct music_layer *y, double depth)
{
    double sum = 0.0;

    if (y->motion <= 0.0)
        return 1.0;
    for (int i = 0; i < MOTION_N; i++)
        sum += pow(10.0, depth * y->motion *
                             noise_fractal(1, i * MOTION_STEP, 2) / 10.0);
    return sum / MOTION_N;
}

/* The curves of a layer's notes; any one will do, since a curve is relative to
   its beginning. */
static int make_curves(struct level *l, uint32_t layer)
{
    struct note note;
    struct bank *bank = NULL;
    double *decay = l->decay[layer], *wear = l->wear[layer];

    for (int64_t k = 0; k < 100 && !bank; k++)
        if (note_draw(l->src, layer, 0, k, &note) &&
            bank_new(&bank, l->src, layer, &note, NULL) < 0)
            return -ENOMEM;
    for (uint32_t i = 0; i < DECAY_N && bank; i++)
        decay[i] = log(fmax(bank_decayed(bank, (double)i / DECAY_STEP), 1e-30));
    for (uint32_t i = 0; i < WEAR_N && bank; i++)
        wear[i] = log(fmax(bank_worn(bank, i / (WEAR_N - 1.0)), 1e-30));
    bank_free(&bank);
    return 0;
}

/* Of a curve of n points at point x and between, as a power. */
static double curve_at(const double *curve, uint32_t n, double x)
{
    uint32_t i;

    x = fmin(x, n - 1.001);
    i = (uint32_t)x;
    return exp(curve[i] + (curve[i + 1] - curve[i]) * (x - i));
}

static double notes_power(const struct level *l, uint32_t layer, int64_t n)
{
    const struct note_source *src = l->src;
    const struct music_layer *y = &src->music->layer[layer];
    double sum = 0.0;

    for (uint32_t v = 0; v < y->n_voices; v++) {
        int64_t first, last;
        note_turns(src, layer, v, n, n, &first, &last);
        for (int64_t k = first; k <= last; k++) {
            struct note note;
            double a;
            if (!note_draw(src, layer, v, k, &note) || note.onset >= n ||
                note.end <= n)
                continue;
            a = note.gain * note_envelope(&note, n, src->rate);
            a *= a;
            if (note.tau > 0.0)
                a *= curve_at(l->decay[layer], DECAY_N,
                              note_decaying(&note, n, src->rate) / note.tau *
                                  DECAY_STEP);
            if (y->wear_cutoff > 0.0)
                a *= curve_at(l->wear[layer], WEAR_N, note.wear * (WEAR_N - 1));
            sum += a;
        }
    }
    return sum;
}

static double layer_power(const struct level *l, uint32_t i, double t)
{
    const struct note_source *src = l->src;
    const struct music_layer *y = &src->music->layer[i];

    if (y->kind == KIND_FIELD)
        return l->motion[i] * pow(10.0, y->level / 10.0);
    if (y->kind == KIND_GRAINS)
        return grains_power(src, i, t);
    return l->motion[i] * notes_power(l, i, llround(t * src->rate));
}

double level_power(struct level *l, double t)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < l->src->music->n_layers; i++)
        sum += layer_power(l, i, t);
    return sum;
}

double level_mean(const struct level *l)
{
    return l->mean;
}

double level_arc(const struct level *l, double t)
{
    const struct music *m = l->src->music;

    if (m->arc <= 0.0)
        return 0.0;
    return m->arc * noise_fractal(l->arc, t * m->arc_rate, 2);
}

/* Power at a grid point, arc included. */
static double power_at(struct level *l, int64_t at)
{
    struct point *p = &l->ring[(uint64_t)at % RING];
    double t = (double)at * GRID_S;

    if (p->at != at) {
        p->at = at;
        p->power = level_power(l, t) * pow(10.0, level_arc(l, t) / 10.0);
    }
    return p->power;
}

/* Hann-weighted mean over `half` grid points to each side. */
static double smooth_power(struct level *l, int64_t at, int half)
{
    double sum = 0.0, weight = 0.0;

    for (int i = -half + 1; i < half; i++) {
        double w = 0.5 + 0.5 * cos(PI * i / half);
        sum += w * power_at(l, at + i);
        weight += w;
    }
    return sum / weight;
}

/* Levelling and gain at a grid point. */
static double gain_at(struct level *l, int64_t at)
{
    double floor_power = 1e-6 * l->mean; /* of silence nothing can be made */
    double slow = fmax(smooth_power(l, at, LONG), floor_power);
    double fast = fmax(smooth_power(l, at, SHORT), floor_power);
    double kappa = l->src->music->kappa;
    /* powers of a ratio of powers, as amplitudes: 0.5 would level all of it */
    double db = 20.0 * LONG_POWER * log10(l->mean / slow) +
                20.0 * SHORT_PART * kappa * log10(slow / fast);

    db = fmin(fmax(db, -CLAMP_DB), CLAMP_DB);
    return l->gain * pow(10.0, db / 20.0);
}

double level_gain(struct level *l, int64_t n)
{
    double t = (double)n / l->src->rate;
    int64_t at = (int64_t)floor(t / GRID_S);
    double x = t / GRID_S - (double)at;

    if (l->from != at) {
        l->step[0] = l->from == at - 1 ? l->step[1] : gain_at(l, at);
        l->step[1] = gain_at(l, at + 1);
        l->from = at;
    }
    return (l->step[0] + (l->step[1] - l->step[0]) * x) *
           pow(10.0, level_arc(l, t) / 20.0);
}

/* Densities that the trim is known at: 1/4 to 2, by even factors to both sides
   of 1. */
static double density_at(uint32_t i)
{
    double x = (double)i / TRIM_ONE - 1.0;

    return x < 0.0 ? exp2(2.0 * x) : exp2(x);
}

static double motion_at(uint32_t i)
{
    return (double)i / TRIM_ONE;
}

/* Mean chance of a layer's turns at a density, as a sum over the looks. */
static double chances(const struct note_source *src, uint32_t layer,
                      double density)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < REF_N; i++)
        sum += note_chance(src, layer, REF_FIRST + i * REF_STEP, density);
    return sum;
}

/* Mean time that a layer's notes sound with half of their level or more, s. */
static double mean_length(const struct music_layer *y)
{
    if (y->n_voices == 0)
        return 0.0;
    if (y->struck > 0.0)
        return y->struck;
    return 0.25 *
               (y->attack.lo + y->attack.hi + y->release.lo + y->release.hi) +
           0.5 * (y->hold.lo + y->hold.hi);
}

/* What density and motion do to the mean power, from each layer's share. */
static void make_trims(struct level *l, const double share[MUSIC_LAYERS_MAX])
{
    const struct music *m = l->src->music;

    for (uint32_t i = 0; i < TRIM_N; i++) {
        double thick = 0.0, lively = 0.0;
        for (uint32_t k = 0; k < m->n_layers; k++) {
            const struct music_layer *y = &m->layer[k];
            uint32_t of = y->leader == MUSIC_NO_LAYER ? k : y->leader;
            double more = y->kind == KIND_FIELD
                              ? 1.0
                              : chances(l->src, of, density_at(i)) /
                                    fmax(chances(l->src, of, 1.0), 1e-9);
            double swell = y->kind == KIND_GRAINS
                               ? 1.0
                               : motion_power(y, motion_at(i)) / l->motion[k];
            thick += share[k] * more;
            lively += share[k] * swell;
        }
        l->thick[i] = -TRIM_PART * 10.0 * log10(fmax(thick / l->mean, 1e-3));
        l->lively[i] = -10.0 * log10(fmax(lively / l->mean, 1e-3));
    }
    for (uint32_t k = 0; k < m->n_layers; k++)
        l->memory += share[k] / l->mean * mean_length(&m->layer[k]);
    l->thick[TRIM_ONE] = l->lively[TRIM_ONE] = 0.0; /* but for rounding */
}

double level_memory(const struct level *l)
{
    return l->memory;
}

static double between(const double *table, double at)
{
    double x = fmin(fmax(at, 0.0), TRIM_N - 1.001);
    uint32_t i = (uint32_t)x;

    return table[i] + (table[i + 1] - table[i]) * (x - i);
}

double level_trim(const struct level *l, double density, double motion)
{
    double x = log2(density), db;

    if (density == 1.0 && motion == 1.0)
        return 1.0;
    db = between(l->thick, TRIM_ONE * (1.0 + (x < 0.0 ? 0.5 * x : x))) +
         between(l->lively, TRIM_ONE * motion);
    return pow(10.0, db / 20.0);
}

int level_new(struct level **out, const struct note_source *src)
{
    struct level *l = calloc(1, sizeof(*l));
    double share[MUSIC_LAYERS_MAX] = {0};
    double sum = 0.0;
    int err = 0;

    *out = NULL;
    if (!l)
        return -ENOMEM;
    l->src = src;
    l->arc = noise_hash(src->seed, DRAW_ARC, 0, 0);
    for (uint32_t i = 0; i < RING; i++)
        l->ring[i].at = INT64_MIN;
    l->from = INT64_MIN;
    for (uint32_t i = 0; i < src->music->n_layers; i++) {
        l->motion[i] = motion_power(&src->music->layer[i], 1.0);
        if (src->music->layer[i].n_voices > 0 && !err)
            err = make_curves(l, i);
    }
    if (err)
        goto out;
    for (uint32_t i = 0; i < REF_N; i++) {
        double power = 0.0;
        for (uint32_t k = 0; k < src->music->n_layers; k++) {
            double own = layer_power(l, k, REF_FIRST + i * REF_STEP);
            share[k] += own / REF_N;
            power += own;
        }
        sum += power;
    }
    l->mean = fmax(sum / REF_N, 1e-20);
    make_trims(l, share);
    l->gain = pow(10.0, src->music->gain / 20.0) / sqrt(l->mean);
    *out = l;
    l = NULL;
out:
    level_free(&l);
    return err;
}

void level_free(struct level **l)
{
    free(*l);
    *l = NULL;
}

void level_scan(struct level *l, double from, double to, double step,
                struct level_scan *out)
{
    uint32_t per_window = (uint32_t)fmax(600.0 / step, 1.0);
    double hole = 0.0, window = 0.0;
    uint64_t n = 0, under = 0;

    *out = (struct level_scan){.least = HUGE_VAL, .most = -HUGE_VAL};
    for (double t = from; t < to; t += step) {
        double db = 10.0 * log10(fmax(level_power(l, t), 1e-20) / l->mean);
        window += pow(10.0, db / 10.0) / per_window;
        hole = db < HOLE_DB ? hole + step : 0.0;
        under += db < HOLE_DB;
        if (hole > out->longest_hole) {
            out->longest_hole = hole;
            out->hole_at = t + step - hole;
        }
        if (++n % per_window == 0) {
            out->least = fmin(out->least, 10.0 * log10(window));
            out->most = fmax(out->most, 10.0 * log10(window));
            window = 0.0;
        }
    }
    out->holes = n > 0 ? (double)under / (double)n : 0.0;
}
