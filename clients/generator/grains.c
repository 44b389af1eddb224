// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/grains.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "clients/generator/colour.h"
#include "clients/generator/noise.h"
#include "vk/partial.h"

#define PI         3.14159265358979323846
#define LENGTH_REF 0.08  /* s, of a grain as loud as its level */
#define ITD        4e-4  /* s, inter-channel delay at most */
#define F_MAX      0.45  /* of the rate; what lies above is silent */
#define OWN        0.6   /* part of the detune that is the members' own... */
#define SHARED     0.8   /* ...and that of the grain: squares add up to 1 */
#define SPREAD_MAX 100.0 /* cents, of the members' own */
#define PAN_RATE   0.05  /* Hz, how fast the cloud's middle wanders */

/* What a draw is for; part of how a seed sounds. */
enum draw {
    DRAW_PERIOD = 4000,
    DRAW_OFFSET,
    DRAW_GRAIN,
    DRAW_SOUNDS,
    DRAW_LENGTH,
    DRAW_SIZE,
    DRAW_HEIGHT,
    DRAW_CENTRE,
    DRAW_DETUNE,
    DRAW_CHIRP,
    DRAW_GLIDE,
    DRAW_VELOCITY,
    DRAW_PLACE,
};

/* Turn k of a slot. */
struct grain {
    int64_t k; /* INT64_MIN: none drawn yet */
    bool sounds;
    int64_t onset, end; /* absolute frames, both silent */
    double length;      /* s */
    uint64_t inc;       /* per frame, 2^64 = 1 cycle */
    double glide;       /* Hz per s */
    double amp;         /* linear */
    double f;           /* Hz */
    float pan;
    uint32_t hash;
};

struct slot {
    uint64_t key, voice;
    double period, offset; /* s */
    struct grain turn[2];  /* even and odd ones */
};

/* What all grains of a moment have in common. */
struct weather {
    double size;   /* 0..1 of the lengths */
    double height; /* of the range, middle of the cloud */
    double glide;  /* times the chirp */
    double pan;
};

struct grains {
    const struct note_source *src;
    const struct music_layer *layer;
    uint32_t index; /* of the layer */
    uint64_t key;   /* of its note */
    struct slot *slot;
    const struct grain **sounding; /* [2 * slots] */
};

static double fractal(uint64_t layer, enum draw what, double x)
{
    return noise_fractal(noise_hash(layer, (uint64_t)what, 0, 0), x, 2);
}

static struct weather weather_at(const struct music_layer *l, uint64_t key,
                                 double t)
{
    return (struct weather){
        .size = 0.5 + 0.35 * fractal(key, DRAW_SIZE, 0.7 * t * l->prob_rate),
        .height = 0.5 + 0.33 * fractal(key, DRAW_CENTRE, t * l->wander_rate),
        .glide = 1.0 + fractal(key, DRAW_GLIDE, t * l->prob_rate),
        .pan = 0.5 * fractal(key, DRAW_PLACE, t * PAN_RATE),
    };
}

/* Into 0..1 as a mirror would: clamped, a cloud would pile up at its edges. */
static double fold(double x)
{
    x = fabs(x);
    x -= 2.0 * floor(0.5 * x);
    return x > 1.0 ? 2.0 - x : x;
}

static double pitch_at(const struct music_layer *l, double height)
{
    return l->pitch.lo * pow(l->pitch.hi / l->pitch.lo, fold(height));
}

/* Corner of the roll-off at t, and what makes up for its wandering: as a bank
   does, at the middle of the cloud. */
static double corner(const struct note_source *src, uint32_t layer, double t,
                     const struct colour_moves *moves, double middle,
                     double *make_up)
{
    const struct music_layer *l = &src->music->layer[layer];
    struct colour nominal = {.cutoff = l->cutoff}, now;

    now.cutoff = colour_cutoff(l, src->layer[layer], t, moves);
    *make_up = 1.0;
    if (l->bright > 0.0 || moves->brightness != 0.0) {
        double ratio = colour_gain(l, &nominal, middle, log(middle)) /
                       colour_gain(l, &now, middle, log(middle));
        *make_up = fmin(pow(ratio, 0.7), 4.0);
    }
    return now.cutoff;
}

/* Level of a grain at f Hz, K-weighted, before its roll-off. */
static double level_at(const struct music_layer *l, double f)
{
    return pow(10.0, (l->level + l->slope * log2(f / 220.0)) / 20.0);
}

/* Time of turn k, s. */
static double turn_time(const struct slot *s, int64_t k)
{
    return (double)k * s->period + s->offset;
}

static double pick_length(const struct music_layer *l, const struct slot *s,
                          double size, uint64_t key)
{
    double x = size + 0.3 * noise_s(noise_hash(key, DRAW_LENGTH, 0, 0));
    double length = l->length.lo *
                    pow(l->length.hi / l->length.lo, fmin(fmax(x, 0.0), 1.0));

    return fmin(length, 0.98 * s->period);
}

static double pick_pitch(const struct grains *g, const struct slot *s,
                         double height, uint64_t key, double t)
{
    const struct music_layer *l = g->layer;
    int64_t n = llround(t * g->src->rate);
    struct note_tonality tonality = note_tonality(g->src, n);
    /* grains go on falling while time is frozen, in its harmony */
    double then = live_untouched(g->src->live, PARAM_FREEZE)
                      ? t
                      : (double)live_event(g->src->live, n) / g->src->rate;
    struct note_harmony h = note_harmony(g->src, &tonality, s->voice, then);
    double z = height + l->wander * noise_g(noise_hash(key, DRAW_HEIGHT, 0, 0));
    double cents =
        SHARED * l->spread * noise_g(noise_hash(key, DRAW_DETUNE, 0, 0));

    return note_nearest(&h, pitch_at(l, z)) * exp2(cents / 1200.0);
}

static void draw_sound(const struct grains *g, const struct slot *s,
                       uint64_t key, double t, struct grain *out)
{
    const struct music_layer *l = g->layer;
    struct weather w = weather_at(l, g->key, t);
    struct colour c = {0};
    double rate = g->src->rate;
    double make_up, velocity;
    struct colour_moves moves;

    out->length = pick_length(l, s, w.size, key);
    out->onset = llround(t * rate);
    moves = colour_moves(g->src->live, out->onset);
    out->end = out->onset + (int64_t)ceil(out->length * rate);
    out->f = pick_pitch(g, s, w.height, key, t);
    out->sounds = out->f < F_MAX * rate;
    out->inc = (uint64_t)(out->f / rate * 0x1p64);
    out->glide = l->chirp * moves.motion * 0.06 * out->f / out->length *
                 w.glide * noise_s(noise_hash(key, DRAW_CHIRP, 0, 0));
    out->pan = (float)w.pan;
    out->hash = (uint32_t)key;
    c.cutoff =
        corner(g->src, g->index, t, &moves, pitch_at(l, w.height), &make_up);
    velocity = note_velocity(l, noise_hash(key, DRAW_VELOCITY, 0, 0));
    out->amp = level_at(l, out->f) * pow(10.0, velocity / 20.0) * make_up *
               colour_gain(l, &c, out->f, log(out->f)) *
               sqrt(LENGTH_REF / out->length) /
               sqrt(0.5 * colour_weight(out->f));
}

static const struct grain *grain_of(struct grains *g, struct slot *s, int64_t k)
{
    struct grain *out = &s->turn[k & 1];
    double t = turn_time(s, k);
    double density;
    int64_t n;
    uint64_t key;

    if (out->k == k)
        return out;
    n = llround(t * g->src->rate);
    key = noise_hash(s->key, DRAW_GRAIN, (uint64_t)k, 0);
    out->k = k;
    density = note_density(g->src, g->index, n);
    out->sounds =
        density > 0.0 && noise_u(noise_hash(key, DRAW_SOUNDS, 0, 0)) <
                             note_chance(g->src, g->index, t, density);
    if (out->sounds)
        draw_sound(g, s, key, t, out);
    return out;
}

static void slot_init(struct grains *g, uint32_t i)
{
    struct slot *s = &g->slot[i];

    s->voice = note_voice(g->src, g->index, i);
    s->key = noise_hash(s->voice, DRAW_GRAIN, 0, 0);
    s->period = g->layer->gap *
                (0.7 + 0.6 * noise_u(noise_hash(s->key, DRAW_PERIOD, 0, 0)));
    s->offset = s->period * noise_u(noise_hash(s->key, DRAW_OFFSET, 0, 0));
    for (uint32_t k = 0; k < 2; k++)
        s->turn[k].k = INT64_MIN;
}

int grains_new(struct grains **out, const struct note_source *src,
               uint32_t layer)
{
    const struct music_layer *l = &src->music->layer[layer];
    struct grains *g = calloc(1, sizeof(*g));
    int err = -ENOMEM;

    *out = NULL;
    if (!g)
        goto out;
    g->src = src;
    g->layer = l;
    g->index = layer;
    g->key = src->layer[layer];
    g->slot = calloc(l->slots, sizeof(*g->slot));
    g->sounding = calloc(2 * (size_t)l->slots, sizeof(*g->sounding));
    if (!g->slot || !g->sounding)
        goto out;
    for (uint32_t i = 0; i < l->slots; i++)
        slot_init(g, i);
    *out = g;
    g = NULL;
    err = 0;
out:
    grains_free(&g);
    return err;
}

void grains_free(struct grains **g)
{
    if (!*g)
        return;
    free((*g)->slot);
    free((*g)->sounding);
    free(*g);
    *g = NULL;
}

/* Those that sound in the chunk, by their slots' numbers. */
static uint32_t find_sounding(struct grains *g, int64_t first)
{
    double rate = g->src->rate;
    uint32_t n = 0;

    for (uint32_t i = 0; i < g->layer->slots; i++) {
        struct slot *s = &g->slot[i];
        double from = ((double)first / rate - s->offset) / s->period;
        double to =
            ((double)(first + SCENE_CHUNK) / rate - s->offset) / s->period;
        /* a grain is shorter than its turn, so the one before has ended */
        for (int64_t k = (int64_t)floor(from); (double)k <= to; k++) {
            const struct grain *x = grain_of(g, s, k);
            if (x->sounds && x->onset < first + SCENE_CHUNK && x->end > first)
                g->sounding[n++] = x;
        }
    }
    return n;
}

static double envelope(const struct music_layer *l, const struct grain *x,
                       double t)
{
    double rise = l->rise * x->length;
    double y;

    if (t <= 0.0 || t >= x->length)
        return 0.0;
    if (t < rise)
        return 0.5 - 0.5 * cos(PI * t / rise);
    y = 0.5 + 0.5 * cos(PI * (t - rise) / (x->length - rise));
    return y * sqrt(y);
}

static void fill_band(const struct grains *g, const struct grain *x,
                      int64_t first, const float gain[SCENE_POINTS],
                      struct scene_band *out)
{
    const struct music_layer *l = g->layer;
    uint64_t age = (uint64_t)(first - x->onset);

    *out = (struct scene_band){
        .inc_lo = (uint32_t)x->inc,
        .inc_hi = (uint32_t)(x->inc >> 32),
        .age_lo = (uint32_t)age,
        .age_hi = (uint32_t)(age >> 32),
        .hash = x->hash,
        .spread = partial_spread(fmin(OWN * l->spread, SPREAD_MAX)),
        .ratio = 1.0f,
        .pan = x->pan,
        .width = (float)l->width,
        .delay = (float)(x->f * ITD),
    };
    for (uint32_t p = 0; p < SCENE_POINTS; p++) {
        int64_t n = first + (int64_t)p * SCENE_GRID;
        double t = (double)(n - x->onset) / g->src->rate;
        out->level[p] = (float)(gain[p] * x->amp * envelope(l, x, t));
    }
}

/* A steady glide is a parabola of phase. */
static void fill_mod(const struct grains *g, const struct grain *x,
                     int64_t first, struct scene_mod *out)
{
    for (uint32_t p = 0; p < SCENE_POINTS; p++) {
        int64_t n = first + (int64_t)p * SCENE_GRID;
        double t = (double)(n - x->onset) / g->src->rate;
        t = fmin(fmax(t, 0.0), x->length);
        out->cycles[p] = (float)(0.5 * x->glide * t * t);
    }
}

int grains_append(struct grains *g, const float gain[SCENE_POINTS],
                  struct scene *out)
{
    const struct music_layer *l = g->layer;
    uint32_t n = find_sounding(g, out->first);
    struct scene_note note = {
        .key_lo = (uint32_t)g->key,
        .key_hi = (uint32_t)(g->key >> 32),
        .flags = NOTE_MOD_BY_BAND,
        .n_bands = n,
        .n_members = l->members,
        .n_thin = l->thin,
        .n_mods = l->chirp != 0.0 ? n : 0,
        .pan_power = (float)l->pan_power,
    };
    struct scene_band *bands;
    struct scene_mod *mods;
    int err;

    if (n == 0)
        return 0;
    err = scene_add(out, &note, &bands, &mods);
    if (err)
        return err;
    for (uint32_t i = 0; i < n; i++) {
        fill_band(g, g->sounding[i], out->first, gain, &bands[i]);
        if (note.n_mods > 0)
            fill_mod(g, g->sounding[i], out->first, &mods[i]);
    }
    return 0;
}

/* Mean power of note_velocity()'s spread: a normal distribution, cut. */
static double velocity_power(const struct music_layer *l)
{
    const double lo = -2.0, hi = 1.3, step = 0.05;
    double per = 0.230258509299405 * l->velocity; /* dB as natural exponent */
    double sum = 0.0, weight = 0.0;

    for (double x = -3.5; x <= 3.5; x += step) {
        double p = exp(-0.5 * x * x);
        sum += p * exp(per * fmin(fmax(x, lo), hi));
        weight += p;
    }
    return sum / weight;
}

double grains_power(const struct note_source *src, uint32_t layer, double t)
{
    const struct music_layer *l = &src->music->layer[layer];
    struct weather w = weather_at(l, src->layer[layer], t);
    double f = pitch_at(l, w.height);
    struct colour c = {0};
    int64_t n = llround(t * src->rate);
    struct colour_moves moves = colour_moves(src->live, n);
    double make_up, a;

    c.cutoff = corner(src, layer, t, &moves, f, &make_up);
    a = level_at(l, f) * make_up * colour_gain(l, &c, f, log(f));
    /* energy of a grain of LENGTH_REF: mean squares of its rise and fall; a
       slot comes round once in gap / 0.92 s: mean of 1 / (0.7 + 0.6 u) */
    return a * a * velocity_power(l) * LENGTH_REF *
           (0.375 * l->rise + 0.3125 * (1.0 - l->rise)) * 1.0317 *
           note_chance(src, layer, t, note_density(src, layer, n)) * l->slots /
           l->gap;
}
