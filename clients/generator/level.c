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
#define LONG_POWER  0.9   /* how far ten minutes are levelled, in dB... */
#define SHORT_PART  0.3   /* ...and how far a minute or two, times kappa */
#define CLAMP_DB    8.0
#define HOLE_DB     (-25.0)
#define MOTION_N    4096 /* looks at fractal noise for its mean power... */
#define MOTION_STEP 0.37 /* ...so far apart */
#define DECAY_STEP  8    /* points per decay time */
#define DECAY_N     (7 * DECAY_STEP + 1)
#define WEAR_N      17 /* points of an epoch, both ends */

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
    /* logarithm of a struck layer's power over its age, since its highs die
       first */
    double decay[MUSIC_LAYERS_MAX][DECAY_N];
    /* and of one that wears, over its epoch */
    double wear[MUSIC_LAYERS_MAX][WEAR_N];
};

/* Mean of the power of swells in dB, which is more than that of none. */
static double motion_power(const struct music_layer *y)
{
    double sum = 0.0;

    if (y->motion <= 0.0)
        return 1.0;
    for (int i = 0; i < MOTION_N; i++)
        sum +=
            pow(10.0, y->motion * noise_fractal(1, i * MOTION_STEP, 2) / 10.0);
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
            bank_new(&bank, l->src, layer, &note) < 0)
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

double level_power(struct level *l, double t)
{
    const struct note_source *src = l->src;
    double sum = 0.0;

    for (uint32_t i = 0; i < src->music->n_layers; i++) {
        const struct music_layer *y = &src->music->layer[i];
        if (y->kind == KIND_FIELD)
            sum += l->motion[i] * pow(10.0, y->level / 10.0);
        else if (y->kind == KIND_GRAINS)
            sum += grains_power(src, i, t);
        else
            sum += l->motion[i] * notes_power(l, i, llround(t * src->rate));
    }
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
    double db = 10.0 * LONG_POWER * log10(l->mean / slow) +
                10.0 * SHORT_PART * kappa * log10(slow / fast);

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

int level_new(struct level **out, const struct note_source *src)
{
    struct level *l = calloc(1, sizeof(*l));
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
        l->motion[i] = motion_power(&src->music->layer[i]);
        if (src->music->layer[i].n_voices > 0 && !err)
            err = make_curves(l, i);
    }
    if (err)
        goto out;
    for (uint32_t i = 0; i < REF_N; i++)
        sum += level_power(l, REF_FIRST + i * REF_STEP);
    l->mean = fmax(sum / REF_N, 1e-20);
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
