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
                        uint32_t m, int64_t first, uint32_t rate,
                        const double motion[SCENE_POINTS],
                        struct scene_mod *out)
{
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

        d *= motion[p];
        out->cycles[p] += (float)(cycles * d * note_smoothstep(0.5, 3.0, t) *
                                  sin(2.0 * PI * (hz * t + phase)));
    }
}

static void add_drift(const struct music_layer *l, const struct note *note,
                      uint32_t m, int64_t first, uint32_t rate,
                      const double motion[SCENE_POINTS], struct scene_mod *out)
{
    double cycles = note->f0 * l->drift * CENT / (3.0 * l->drift_rate);
    struct noise_track track;
    double from, to;

    noise_track_init(&track, noise_hash(note->key, DRAW_DRIFT, m, 0));
    to = cycles * motion[0] *
         noise_track(&track, (double)first / rate * l->drift_rate);
    out->cycles[0] += (float)to;
    for (uint32_t p = 0; p + DRIFT_STEP < SCENE_POINTS; p += DRIFT_STEP) {
        int64_t n = first + (int64_t)(p + DRIFT_STEP) * SCENE_GRID;
        from = to;
        to = cycles * motion[p + DRIFT_STEP] *
             noise_track(&track, (double)n / rate * l->drift_rate);
        for (uint32_t i = 1; i <= DRIFT_STEP; i++)
            out->cycles[p + i] +=
                (float)(i == DRIFT_STEP ? to
                                        : from + (to - from) * i / DRIFT_STEP);
    }
}

void sway_fill(const struct music_layer *l, const struct note *note, uint32_t m,
               int64_t first, uint32_t rate, const double motion[SCENE_POINTS],
               struct scene_mod *out)
{
    *out = (struct scene_mod){0};
    if (l->vibrato > 0.0)
        add_vibrato(l, note, m, first, rate, motion, out);
    if (l->drift > 0.0)
        add_drift(l, note, m, first, rate, motion, out);
}
