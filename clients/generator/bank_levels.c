// SPDX-License-Identifier: GPL-3.0-or-later
/* How the levels of a bank's bands move. */
#include <math.h>

#include "clients/generator/bank_priv.h"
#include "clients/generator/colour.h"

#define COLOUR   512 /* frames between two points of brightness and motion */
#define STEP     (COLOUR / SCENE_GRID)
#define POINTS_C (SCENE_CHUNK / COLOUR + 1)

/* Which classes of a field belong to the chord of a moment. */
static void chord_mask(const struct bank *b, double t,
                       double out[MUSIC_BANDS_MAX])
{
    struct note_harmony h =
        note_harmony(b->src, &b->tonality, b->note.voice, t);

    for (uint32_t i = 0; i < b->n_classes; i++) {
        out[i] = 0.0;
        for (uint32_t j = 0; j < h.chord->n; j++) {
            double octaves = log2(h.root * h.chord->ratio[j] /
                                  (b->tonality.root * b->class_ratio[i]));
            if (fabs(octaves - round(octaves)) < 1e-6)
                out[i] = 1.0;
        }
    }
}

/* The mask at time t s: each section's chord gives way to the next over the
   last 55 % of it. */
static void field_mask(const struct bank *b, double t,
                       double out[MUSIC_BANDS_MAX])
{
    double section = b->src->music->section;
    double start = note_section(b->src, b->note.voice, t);
    double next[MUSIC_BANDS_MAX];
    double x = note_smoothstep(0.45, 1.0, (t - start) / section);

    chord_mask(b, start + 0.5 * section, out);
    chord_mask(b, start + 1.5 * section, next);
    for (uint32_t i = 0; i < b->n_classes; i++)
        out[i] += (next[i] - out[i]) * x;
}

/*
 * Amplitudes of all bands at absolute frame n, without the envelope. What
 * freezes goes by the event clock, what keeps a held note alive does not. Part
 * of what the brightness takes or gives is made up for, so that a layer that
 * opens grows brighter more than louder; what wear takes is not.
 */
static void colour_at(struct bank *b, int64_t n, double out[MUSIC_BANDS_MAX])
{
    const struct music_layer *l = b->layer;
    double t = (double)n / b->src->rate;
    int64_t event = live_event(b->src->live, n);
    struct colour_moves moves = colour_moves(b->src->live, n);
    struct colour c = {.cutoff = colour_cutoff(l, b->layer_seed, t, &moves)};
    double mask[MUSIC_BANDS_MAX];
    double make_up = 1.0;

    colour_vowel(l, b->note.voice, t, &c);
    if (l->bright > 0.0 || l->formant > 0.0 || moves.brightness != 0.0)
        make_up = fmin(pow(b->power / bank_power(b, &c), 0.35), 4.0);
    if (l->kind == KIND_FIELD)
        field_mask(b, (double)event / b->src->rate, mask);
    c.cutoff *= exp2(-l->wear_cutoff * b->note.wear);
    if (l->follow > 0.0)
        c.cutoff *=
            pow(note_envelope(&b->note, event, b->src->rate), l->follow);
    for (uint32_t i = 0; i < b->n_bands; i++) {
        struct band *band = &b->band[i];
        out[i] = band->amp * make_up * colour_gain(l, &c, band->f, band->log_f);
        if (l->motion > 0.0) /* dB, as a natural exponent */
            out[i] *= exp(0.115129254649702 * l->motion * moves.motion *
                          noise_track(&band->motion, t * band->motion_hz));
        if (l->kind == KIND_FIELD)
            out[i] *= mask[band->class_of];
    }
}

/* Envelope of band i at the chunk's grid points, on the event clock. A decay is
   a geometric series, but its ends are exact, so that chunks meet. */
static void envelope(const struct bank *b, uint32_t i,
                     const int64_t event[SCENE_POINTS],
                     const double env[SCENE_POINTS], double out[SCENE_POINTS])
{
    double x[2], step;
    double per_s;

    for (uint32_t p = 0; p < SCENE_POINTS; p++)
        out[p] = env[p];
    if (b->note.tau <= 0.0)
        return;
    per_s = b->band[i].damping / b->note.tau;
    for (uint32_t k = 0; k < 2; k++)
        x[k] = note_decaying(&b->note, event[k * (SCENE_POINTS - 1)],
                             b->src->rate);
    if (x[0] <= 0.0) { /* the chunk of its onset */
        for (uint32_t p = 0; p < SCENE_POINTS; p++)
            out[p] *=
                exp(-per_s * note_decaying(&b->note, event[p], b->src->rate));
        return;
    }
    step = exp(-per_s * (x[1] - x[0]) / (SCENE_POINTS - 1));
    for (uint32_t p = 0; p + 1 < SCENE_POINTS; p++) {
        double decay = p == 0 ? exp(-per_s * x[0]) : x[0];
        out[p] *= decay;
        x[0] = decay * step;
    }
    out[SCENE_POINTS - 1] *= exp(-per_s * x[1]);
}

void bank_levels(struct bank *b, int64_t first, const float gain[SCENE_POINTS],
                 struct scene_band *out)
{
    double c[POINTS_C][MUSIC_BANDS_MAX];
    double env[SCENE_POINTS], own[SCENE_POINTS];
    int64_t event[SCENE_POINTS];

    for (uint32_t p = 0; p < SCENE_POINTS; p++) {
        event[p] = live_event(b->src->live, first + (int64_t)p * SCENE_GRID);
        env[p] = gain[p] * note_envelope(&b->note, event[p], b->src->rate);
    }
    if (b->edge == first)
        for (uint32_t i = 0; i < b->n_bands; i++)
            c[0][i] = b->band[i].edge;
    else
        colour_at(b, first, c[0]);
    for (uint32_t k = 1; k < POINTS_C; k++)
        colour_at(b, first + (int64_t)k * COLOUR, c[k]);
    b->edge = first + SCENE_CHUNK;
    for (uint32_t i = 0; i < b->n_bands; i++) {
        b->band[i].edge = c[POINTS_C - 1][i];
        envelope(b, i, event, env, own);
        for (uint32_t p = 0; p < SCENE_POINTS; p++) {
            uint32_t k = p < SCENE_POINTS - 1 ? p / STEP : POINTS_C - 2;
            double x = (double)(p - k * STEP) / STEP;
            out[i].level[p] =
                (float)(own[p] * (c[k][i] * (1.0 - x) + c[k + 1][i] * x));
        }
    }
}
