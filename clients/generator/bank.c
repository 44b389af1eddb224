// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/bank.h"

#include <complex.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "clients/generator/noise.h"

#define PI       3.14159265358979323846
#define F_MAX    0.45   /* of the rate; what lies above is silent */
#define ITD      4e-4   /* s, inter-channel delay of a member at most */
#define ITD_FEW  1.2e-4 /* s, where so few members are heard as one tone */
#define COLOUR   512    /* frames between two points of brightness and motion */
#define POINTS_C (SCENE_CHUNK / COLOUR + 1)

/* What a draw is for, within a note; part of how a seed sounds. */
enum draw {
    DRAW_DETUNE = 1000,
    DRAW_PHASE,
    DRAW_PLACE,
    DRAW_DELAY,
    DRAW_MOTION,
    DRAW_BRIGHT,
};

struct band {
    double f;        /* Hz */
    double amp;      /* linear, before roll-off and motion */
    double power;    /* K-weighted, relative, before the roll-off */
    uint64_t motion; /* noise seed of its swell */
    uint32_t n;      /* its partials, which follow one another */
};

struct partial {
    uint64_t phase, inc; /* 2^64 = 1 cycle; at the onset, per frame */
    float gain_l, gain_rs, gain_rc;
};

struct bank {
    struct note note;
    const struct music_layer *layer;
    uint64_t bright; /* noise seed of the layer's brightness */
    double power;    /* K-weighted, relative, at the nominal brightness */
    uint32_t rate;   /* Hz */
    uint32_t n_bands;
    struct band band[MUSIC_BANDS_MAX];
    struct partial partial[];
};

/* |H|^2 of a biquad with a0 = 1 at z. */
static double biquad_power(const double b[3], const double a[2],
                           double complex z)
{
    double complex num = b[0] + b[1] / z + b[2] / (z * z);
    double complex den = 1.0 + a[0] / z + a[1] / (z * z);
    double m = cabs(num / den);
    return m * m;
}

double bank_weight(double f)
{
    /* BS.1770-4, tables 1 and 2, for 48 kHz */
    static const double shelf_b[3] = {1.53512485958697, -2.69169618940638,
                                      1.19839281085285};
    static const double shelf_a[2] = {-1.69065929318241, 0.73248077421585};
    static const double pass_b[3] = {1.0, -2.0, 1.0};
    static const double pass_a[2] = {-1.99004745483398, 0.99007225036621};
    double complex z = cexp(2.0 * PI * I * fmin(f, 20000.0) / 48000.0);

    return fmax(biquad_power(shelf_b, shelf_a, z) *
                    biquad_power(pass_b, pass_a, z),
                1.0);
}

/* Amplitude of the low-pass of the layer's order at f Hz, corner at fc Hz. */
static double roll_off(const struct music_layer *l, double f, double fc)
{
    return fc > 0.0 ? 1.0 / (1.0 + pow(f / fc, l->order)) : 0.0;
}

static double weighted_power(const struct bank *b, double fc)
{
    double sum = 0.0;

    for (uint32_t h = 0; h < b->n_bands; h++) {
        double w = roll_off(b->layer, b->band[h].f, fc);
        sum += b->band[h].power * w * w;
    }
    return sum;
}

/* Amplitudes such that the whole is as loud as the note's gain says. */
static void make_bands(struct bank *b)
{
    const struct music_layer *l = b->layer;
    double scale;

    b->n_bands = l->harmonics;
    for (uint32_t h = 0; h < b->n_bands; h++) {
        struct band *band = &b->band[h];
        band->f = b->note.f0 * (h + 1);
        band->amp = pow(h + 1, -l->alpha);
        band->power = band->amp * band->amp * bank_weight(band->f);
        band->motion = noise_hash(b->note.key, DRAW_MOTION, h, 0);
    }
    b->power = weighted_power(b, l->cutoff);
    scale = b->note.gain / sqrt(0.5 * b->power);
    for (uint32_t h = 0; h < b->n_bands; h++)
        b->band[h].amp *= scale;
}

/* A member's share of its band's amplitude. Without a strong core, a few close
   members in the bass cancel each other for seconds on end. */
static double member_amp(const struct music_layer *l, double f, uint32_t m)
{
    double core;

    if (l->members <= 2)
        return sqrt(1.0 / l->members);
    core = 0.72 * (1.0 - note_smoothstep(75.0, 190.0, f));
    return sqrt((m == 0 ? core : 0.0) + (1.0 - core) / l->members);
}

/* Frequency of member m of harmonic h, Hz. */
static double member_frequency(const struct bank *b, uint32_t h, uint32_t m)
{
    const struct music_layer *l = b->layer;
    uint64_t who = l->together ? 0 : h + 1;
    double cents = l->spread * pow(h + 1, l->spread_power);

    if (m == 0 && l->members > 2)
        return b->band[h].f; /* the core */
    cents = fmin(cents, l->spread_max) *
            noise_g(noise_hash(b->note.key, DRAW_DETUNE, who, m));
    return b->band[h].f * exp2(cents / 1200.0);
}

/*
 * Place by equal-power panning, and a delay between the ears as a phase offset
 * at the right: panning alone leaves the channels too alike, the delay opens
 * them from some 300 Hz up and leaves the bass whole.
 */
static void place(const struct bank *b, uint32_t h, uint32_t m, double f,
                  struct partial *out)
{
    const struct music_layer *l = b->layer;
    uint64_t who = l->together ? 0 : h + 1;
    double s = noise_s(noise_hash(b->note.key, DRAW_PLACE, who, m));
    double late = noise_s(noise_hash(b->note.key, DRAW_DELAY, who, m));
    double x = b->note.pan * (1.0 - 0.5 * l->width) +
               l->width * note_smoothstep(60.0, 230.0, f) *
                   copysign(pow(fabs(s), l->pan_power), s);
    double angle = 0.25 * PI * (1.0 + fmin(fmax(x, -1.0), 1.0));
    double shift = 2.0 * PI * f * late * (l->members < 4 ? ITD_FEW : ITD);
    double amp = member_amp(l, f, m);

    out->gain_l = (float)(amp * cos(angle));
    out->gain_rs = (float)(amp * sin(angle) * cos(shift));
    out->gain_rc = (float)(amp * sin(angle) * sin(shift));
}

static void make_partials(struct bank *b)
{
    struct partial *p = b->partial;

    for (uint32_t h = 0; h < b->n_bands; h++) {
        struct band *band = &b->band[h];
        band->n = 0;
        for (uint32_t m = 0; m < b->layer->members; m++) {
            double f = member_frequency(b, h, m);
            if (f > F_MAX * b->rate)
                continue;
            p->phase = noise_hash(b->note.key, DRAW_PHASE, h, m);
            p->inc = (uint64_t)(f / b->rate * 0x1p64);
            place(b, h, m, f, p);
            band->n++;
            p++;
        }
    }
}

int bank_new(struct bank **out, const struct music_layer *layer,
             uint64_t layer_key, const struct note *note, uint32_t rate)
{
    size_t n = (size_t)layer->harmonics * layer->members;
    struct bank *b = malloc(sizeof(*b) + n * sizeof(b->partial[0]));

    if (!b)
        return -ENOMEM;
    b->note = *note;
    b->layer = layer;
    b->bright = noise_hash(layer_key, DRAW_BRIGHT, 0, 0);
    b->rate = rate;
    make_bands(b);
    make_partials(b);
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

/*
 * Amplitudes of all bands at absolute frame n, without the envelope. Part of
 * what the brightness takes or gives is made up for, so that a layer that opens
 * grows brighter more than louder.
 */
static void colour(const struct bank *b, int64_t n, double out[MUSIC_BANDS_MAX])
{
    const struct music_layer *l = b->layer;
    double t = (double)n / b->rate;
    double fc =
        l->cutoff *
        exp2(l->bright * noise_fractal(b->bright, t * l->bright_rate, 2));
    double make_up = pow(b->power / fmax(weighted_power(b, fc), 1e-12), 0.35);

    make_up = fmin(make_up, 4.0);
    fc *= pow(note_envelope(&b->note, n, b->rate), l->follow);
    for (uint32_t h = 0; h < b->n_bands; h++) {
        const struct band *band = &b->band[h];
        double rate = l->motion_rate * (1.0 + 0.15 * ((h + 1) % 7));
        double swell = l->motion * noise_fractal(band->motion, t * rate, 2);
        out[h] = band->amp * make_up * roll_off(l, band->f, fc) *
                 pow(10.0, swell / 20.0);
    }
}

/* Levels of all bands at the chunk's grid points: colour, linear between its
   own points, times the envelope. */
static void levels(const struct bank *b, int64_t first,
                   struct scene_band out[MUSIC_BANDS_MAX])
{
    const uint32_t step = COLOUR / SCENE_GRID;
    double c[POINTS_C][MUSIC_BANDS_MAX];

    for (uint32_t i = 0; i < POINTS_C; i++)
        colour(b, first + (int64_t)i * COLOUR, c[i]);
    for (uint32_t p = 0; p < SCENE_POINTS; p++) {
        double env =
            note_envelope(&b->note, first + (int64_t)p * SCENE_GRID, b->rate);
        uint32_t i = p < SCENE_POINTS - 1 ? p / step : POINTS_C - 2;
        double x = (double)(p - i * step) / step;
        for (uint32_t h = 0; h < b->n_bands; h++)
            out[h].level[p] =
                (float)(env * (c[i][h] * (1.0 - x) + c[i + 1][h] * x));
    }
}

int bank_append(const struct bank *b, struct scene *out, uint32_t *n_partials)
{
    struct scene_band level[MUSIC_BANDS_MAX];
    const struct partial *p = b->partial;
    uint64_t age = (uint64_t)(out->first - b->note.onset);

    levels(b, out->first, level);
    for (uint32_t h = 0; h < b->n_bands; h++) {
        if (b->band[h].n == 0)
            continue;
        if (out->n_bands == out->max_bands ||
            out->max_partials - *n_partials < b->band[h].n)
            return -EINVAL;
        for (uint32_t i = 0; i < b->band[h].n; i++, p++) {
            uint64_t phase = p->phase + p->inc * age;
            out->partials[(*n_partials)++] = (struct scene_partial){
                .phase_lo = (uint32_t)phase,
                .phase_hi = (uint32_t)(phase >> 32),
                .inc_lo = (uint32_t)p->inc,
                .inc_hi = (uint32_t)(p->inc >> 32),
                .gain_l = p->gain_l,
                .gain_rs = p->gain_rs,
                .gain_rc = p->gain_rc,
                .band = out->n_bands,
            };
        }
        out->bands[out->n_bands++] = level[h];
    }
    return 0;
}
