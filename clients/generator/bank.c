// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/bank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "clients/generator/bank_priv.h"
#include "clients/generator/colour.h"
#include "clients/generator/noise.h"
#include "clients/generator/sway.h"
#include "vk/partial.h"

#define PI     3.14159265358979323846
#define F_MAX  0.45 /* of the rate; what lies above is silent */
#define AIR_LO 11e3 /* Hz, where everything begins to fade... */
#define AIR_HI                                                     \
    15.5e3 /* ...and nothing is left: clicks alone would lie there \
            */
#define WIDE_HZ                                                                \
    300.0            /* from where on members stand apart: a few close ones in \
                        the bass would now and then be opposite in the ears */
#define ITD     4e-4 /* s, inter-channel delay of a member at most */
#define ITD_FEW 1.2e-4 /* s, of what is heard as one tone */
#define TURN_FEW \
    0.1 /* cycles, at most, of the same: no ear against the other */
#define DETUNE_MAX 3.47  /* standard deviations, vk/partial.h */
#define SPREAD_MAX 150.0 /* cents, vk/partial.h */

/* What a draw is for, within a note; part of how a seed sounds. */
enum draw { DRAW_MOTION = 1000, DRAW_BEAT };

/* Harmonics of a string or pipe, music.md 1.5. */
static void make_harmonic(const struct music_layer *l, double f0, uint32_t i,
                          struct band *out)
{
    double h = i + 1;

    out->f = f0 * h * sqrt(1.0 + l->inharmonic * h * h);
    out->amp = pow(h, -l->alpha);
    if (i % 2 == 1)
        out->amp *= 1.0 - l->odd;
    if (l->pluck > 0.0)
        out->amp *= fabs(sin(PI * l->pluck * h)) + 0.02;
    /* a wall at the last harmonic would be seen and heard */
    if (l->together == TOGETHER_CASCADE) {
        double x = (h / l->harmonics - 0.6) / 0.4;
        out->amp *= x > 0.0 ? 0.5 + 0.5 * cos(PI * fmin(x, 1.0)) : 1.0;
    }
}

/* Bands side by side over the span, fading over 28 % at each side: hard edges
   sound like what they are, filtered noise. */
static void make_noise(const struct music_layer *l, double f0, uint32_t i,
                       struct band *out)
{
    double x = (i + 0.5) / l->harmonics;
    double edge = fmin(fmin(x, 1.0 - x) / 0.28, 1.0);

    out->f = f0 * exp2(l->span * (x - 0.5));
    out->amp = pow(out->f / f0, -l->alpha) * (0.5 - 0.5 * cos(PI * edge));
}

static void make_field(struct bank *b)
{
    double f[MUSIC_BANDS_MAX];
    uint32_t class_of[MUSIC_BANDS_MAX];
    const struct music *m = b->src->music;

    b->n_classes =
        music_classes(m, b->tonality.chords, b->class_ratio, MUSIC_BANDS_MAX);
    b->n_bands = music_field(m, b->tonality.chords, b->tonality.root, b->layer,
                             f, class_of, b->layer->harmonics);
    for (uint32_t i = 0; i < b->n_bands; i++) {
        b->band[i].f = f[i];
        b->band[i].amp = pow(f[i] / 440.0, -b->layer->alpha);
        b->band[i].class_of = class_of[i];
    }
}

/* Standard deviation of the members of a band, cents. */
static double spread(const struct bank *b, uint32_t i)
{
    const struct music_layer *l = b->layer;
    double x = l->spread;

    if (l->kind == KIND_NOISE) /* so that bands meet; uniform over one: /12 */
        return fmin(1.15 * 1200.0 * l->span / l->harmonics / sqrt(12.0),
                    SPREAD_MAX);
    if (l->kind == KIND_FIELD)
        x *= pow(b->band[i].f / 440.0, l->spread_power);
    else if (l->kind == KIND_HARMONIC)
        x *= pow(i + 1, l->spread_power);
    return fmin(fmin(x, l->spread_max), SPREAD_MAX);
}

static void make_bands(struct bank *b)
{
    const struct music_layer *l = b->layer;
    double f0 = b->note.f0;

    b->n_bands = l->harmonics;
    if (l->kind == KIND_FIELD)
        make_field(b);
    for (uint32_t i = 0; i < b->n_bands; i++) {
        struct band *band = &b->band[i];
        double air;
        if (l->kind == KIND_HARMONIC)
            make_harmonic(l, f0, i, band);
        else if (l->kind == KIND_NOISE)
            make_noise(l, f0, i, band);
        else if (l->kind == KIND_RATIO) {
            band->f = f0 * l->ratio[i];
            band->amp = l->amp[i];
        }
        air = band->f * exp2(2.0 * spread(b, i) / 1200.0);
        band->amp *= 1.0 - note_smoothstep(AIR_LO, AIR_HI, air);
        band->log_f = log(band->f);
        band->power = band->amp * band->amp * colour_weight(band->f);
        band->damping = pow(band->f / f0, l->damping);
        band->motion_hz = l->motion_rate * (1.0 + 0.15 * ((i + 1) % 7));
        noise_track_init(&band->motion,
                         noise_hash(b->note.key, DRAW_MOTION, i, 0));
    }
}

double bank_power(const struct bank *b, const struct colour *c)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < b->n_bands; i++) {
        double w = colour_gain(b->layer, c, b->band[i].f, b->band[i].log_f);
        sum += b->band[i].power * w * w;
    }
    return fmax(sum, 1e-30);
}

/* Amplitudes such that the whole is as loud as the note's gain says, at its
   nominal colour and full envelope. */
static void make_loudness(struct bank *b)
{
    struct colour c = {.cutoff = b->layer->cutoff};
    double scale;

    colour_vowel(b->layer, b->note.voice, (double)b->note.born / b->src->rate,
                 &c);
    b->power = bank_power(b, &c);
    scale = b->note.gain / sqrt(0.5 * b->power);
    for (uint32_t i = 0; i < b->n_bands; i++)
        b->band[i].amp *= scale;
}

static uint32_t flags(const struct music_layer *l)
{
    if (l->together == TOGETHER_CASCADE)
        return NOTE_CASCADE;
    if (l->members == 2 && l->beat > 0.0)
        return NOTE_PAIR;
    return l->together == TOGETHER_YES ? NOTE_TOGETHER : 0;
}

/* Hz, in the sense that the flags give it. */
static double beat(const struct bank *b, uint32_t i)
{
    const struct music_layer *l = b->layer;

    if (flags(l) & NOTE_CASCADE)
        return l->beat * (i + 1);
    if (flags(l) & NOTE_PAIR) {
        double u = noise_u(noise_hash(b->note.key, DRAW_BEAT, i, 0));
        return 0.5 * l->beat * (0.4 + 1.2 * u);
    }
    return l->beat;
}

static void make_shape(struct bank *b, uint32_t i)
{
    const struct music_layer *l = b->layer;
    struct band *band = &b->band[i];
    double rate = b->src->rate;
    uint64_t inc = (uint64_t)(band->f / rate * 0x1p64);
    bool one_tone = l->members < 4 || l->kind == KIND_RATIO ||
                    l->together == TOGETHER_CASCADE;
    /* without a strong core, a few close members in the bass cancel each other
       for seconds on end */
    bool core = l->kind == KIND_HARMONIC && l->members > 2 &&
                l->together != TOGETHER_CASCADE;

    band->shape = (struct scene_band){
        .inc_lo = (uint32_t)inc,
        .inc_hi = (uint32_t)(inc >> 32),
        .hash = i,
        .spread = partial_spread(spread(b, i)),
        .beat = (int32_t)lrint(beat(b, i) / rate * 0x1p32),
        .ratio = (float)(band->f / b->note.f0),
        .pan = (float)(b->note.pan * (1.0 - 0.5 * l->width)),
        .width = (float)(l->width * note_smoothstep(60.0, WIDE_HZ, band->f)),
        .delay = (float)(one_tone ? fmin(band->f * ITD_FEW, TURN_FEW)
                                  : band->f * ITD),
        .core =
            core ? (float)(0.72 * (1.0 - note_smoothstep(75.0, 190.0, band->f)))
                 : 0.0f,
    };
}

/* Leaves out what would lie too high; the others keep their numbers. */
static void drop_high(struct bank *b)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < b->n_bands; i++) {
        double most = exp2(DETUNE_MAX * spread(b, i) / 1200.0);
        if (b->band[i].amp <= 0.0 || b->band[i].f * most > F_MAX * b->src->rate)
            continue;
        make_shape(b, i);
        b->band[kept++] = b->band[i];
    }
    b->n_bands = kept;
}

int bank_new(struct bank **out, const struct note_source *src, uint32_t layer,
             const struct note *note, const struct note_tonality *tonality)
{
    const struct music_layer *l = &src->music->layer[layer];
    struct bank *b = calloc(1, sizeof(*b) + l->harmonics * sizeof(b->band[0]));

    if (!b)
        return -ENOMEM;
    b->note = *note;
    b->src = src;
    b->layer = l;
    b->layer_seed = src->layer[layer];
    b->edge = INT64_MIN;
    if (tonality)
        b->tonality = *tonality;
    make_bands(b);
    make_loudness(b);
    drop_high(b);
    *out = b;
    return 0;
}

void bank_free(struct bank **b)
{
    free(*b);
    *b = NULL;
}

const struct note *bank_note(const struct bank *b)
{
    return &b->note;
}

/* The colour that its loudness is reckoned by. */
static struct colour nominal(const struct bank *b)
{
    struct colour c = {.cutoff = b->layer->cutoff};

    colour_vowel(b->layer, b->note.voice, (double)b->note.born / b->src->rate,
                 &c);
    return c;
}

double bank_decayed(const struct bank *b, double x)
{
    struct colour c = nominal(b);
    double sum = 0.0;

    for (uint32_t i = 0; i < b->n_bands; i++) {
        double w = colour_gain(b->layer, &c, b->band[i].f, b->band[i].log_f);
        sum += b->band[i].power * w * w * exp(-2.0 * x * b->band[i].damping);
    }
    return sum / b->power;
}

double bank_worn(const struct bank *b, double wear)
{
    struct colour c = nominal(b);

    c.cutoff *= exp2(-b->layer->wear_cutoff * wear);
    return bank_power(b, &c) / b->power;
}

int bank_append(struct bank *b, const float gain[SCENE_POINTS],
                struct scene *out)
{
    const struct music_layer *l = b->layer;
    struct scene_note note = {
        .key_lo = (uint32_t)b->note.key,
        .key_hi = (uint32_t)(b->note.key >> 32),
        .flags = flags(l),
        .n_bands = b->n_bands,
        .n_members = l->members,
        .n_thin = l->thin,
        .n_mods = sway_rows(l),
        .pan_power = (float)l->pan_power,
    };
    uint64_t age = (uint64_t)(out->first - b->note.born);
    struct scene_band *bands;
    struct scene_mod *mods;
    double motion[SCENE_POINTS];
    int err;

    if (b->n_bands == 0)
        return 0;
    err = scene_add(out, &note, &bands, &mods);
    if (err)
        return err;
    for (uint32_t i = 0; i < b->n_bands; i++) {
        bands[i] = b->band[i].shape;
        bands[i].age_lo = (uint32_t)age;
        bands[i].age_hi = (uint32_t)(age >> 32);
    }
    if (note.n_mods > 0)
        for (uint32_t p = 0; p < SCENE_POINTS; p++)
            motion[p] = live_curve(b->src->live, PARAM_MOTION,
                                   out->first + (int64_t)p * SCENE_GRID);
    for (uint32_t m = 0; m < note.n_mods; m++)
        sway_fill(l, &b->note, m, out->first, b->src->rate, motion, &mods[m]);
    bank_levels(b, out->first, gain, bands);
    return 0;
}
