// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/sway.h"

#include <math.h>

#include "clients/generator/noise.h"

#define PI         3.14159265358979323846
#define CENT       (0.69314718055994531 / 1200.0)
#define DRIFT_STEP 4    /* grid points between two points of drift */
#define DEPTH_RATE 0.13 /* Hz, how fast a player's vibrato deepens */

/* What a draw is for, within a note; part of how a seed sounds. */
enum draw { DRAW_RATE = 3000, DRAW_PHASE, DRAW_DEPTH, DRAW_DRIFT };

uint32_t sway_rows(const struct music_layer *l)
{
    if (l->vibrato <= 0.0 && l->drift <= 0.0)
        return 0;
    return l->members < NOTE_MODS_MAX ? l->members : NOTE_MODS_MAX;
}

/* Each player has a rate and a phase of its own, and fades in after the
   onset. */
static void add_vibrato(const struct music_layer *l, const struct note *note,
                        uint32_t m, int64_t first,
                        const struct note_source *src, struct scene_mod *out)
{
    double rate = src->rate;
    double swing = noise_s(noise_hash(note->key, DRAW_RATE, m, 0));
    double phase = noise_u(noise_hash(note->key, DRAW_PHASE, m, 0));
    double hz = l->vibrato_rate * (1.0 + 0.25 * swing);
    double cycles = note->f0 * l->vibrato * CENT / (2.0 * PI * hz);
    struct noise_track depth;

    noise_track_init(&depth, noise_hash(note->key, DRAW_DEPTH, m, 0));
    for (uint32_t p = 0; p < SCENE_POINTS; p++) {
        int64_t n = first + (int64_t)p * SCENE_GRID;
        double t = (double)(n - note->born) / rate;
        double d =
            0.6 + 0.4 * noise_track(&depth, (double)n / rate * DEPTH_RATE);

        d *= live_curve(src->live, PARAM_MOTION, n);
        out->cycles[p] += (float)(cycles * d * note_smoothstep(0.5, 3.0, t) *
                                  sin(2.0 * PI * (hz * t + phase)));
    }
}

/* The stray at absolute frame n, in cycles. */
static double drift_at(const struct music_layer *l, struct noise_track *track,
                       double cycles, int64_t n, const struct note_source *src)
{
    return cycles * live_curve(src->live, PARAM_MOTION, n) *
           noise_track(track, (double)n / src->rate * l->drift_rate);
}

static void add_drift(const struct music_layer *l, const struct note *note,
                      uint32_t m, int64_t first, const struct note_source *src,
                      struct scene_mod *out)
{
    double cycles = note->f0 * l->drift * CENT / (3.0 * l->drift_rate);
    struct noise_track track;
    double from, to;

    noise_track_init(&track, noise_hash(note->key, DRAW_DRIFT, m, 0));
    to = drift_at(l, &track, cycles, first, src);
    out->cycles[0] += (float)to;
    for (uint32_t p = 0; p + DRIFT_STEP < SCENE_POINTS; p += DRIFT_STEP) {
        int64_t n = first + (int64_t)(p + DRIFT_STEP) * SCENE_GRID;
        from = to;
        to = drift_at(l, &track, cycles, n, src);
        for (uint32_t i = 1; i <= DRIFT_STEP; i++)
            out->cycles[p + i] +=
                (float)(i == DRIFT_STEP ? to
                                        : from + (to - from) * i / DRIFT_STEP);
    }
}

void sway_fill(const struct music_layer *l, const struct note *note, uint32_t m,
               int64_t first, const struct note_source *src,
               struct scene_mod *out)
{
    *out = (struct scene_mod){0};
    if (l->vibrato > 0.0)
        add_vibrato(l, note, m, first, src, out);
    if (l->drift > 0.0)
        add_drift(l, note, m, first, src, out);
}
