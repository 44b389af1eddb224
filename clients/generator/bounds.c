// SPDX-License-Identifier: GPL-3.0-or-later
/* How large a scene a preset can fill: the part of music.h that counts. */
#include <math.h>

#include "clients/generator/music.h"
#include "clients/generator/note.h"
#include "clients/generator/params.h"

#define LOWEST_RATE 8000.0 /* Hz; there a chunk lasts longest */
#define CHUNK_S     ((SCENE_CHUNK + 2.0) / LOWEST_RATE)
#define SAME        1e-6 /* ratios closer than this are one */

static void add_class(double *ratio, uint32_t *n, uint32_t max, double x)
{
    x *= exp2(-floor(log2(x) + SAME));
    for (uint32_t i = 0; i < *n; i++)
        if (fabs(ratio[i] - x) < SAME)
            return;
    if (*n < max)
        ratio[(*n)++] = x;
}

uint32_t music_classes(const struct music *m, const struct music_chords *chords,
                       double *ratio, uint32_t max)
{
    uint32_t n = 0;

    for (uint32_t r = 0; r < m->n_roots; r++)
        for (uint32_t c = 0; c < chords->n; c++)
            for (uint32_t i = 0; i < chords->chord[c].n; i++)
                add_class(ratio, &n, max,
                          m->roots[r] * chords->chord[c].ratio[i]);
    return n;
}

uint32_t music_field(const struct music *m, const struct music_chords *chords,
                     double root, const struct music_layer *l, double *f,
                     uint32_t *class_of, uint32_t max)
{
    double ratio[MUSIC_BANDS_MAX];
    uint32_t classes = music_classes(m, chords, ratio, MUSIC_BANDS_MAX);
    uint32_t n = 0;

    for (uint32_t i = 0; i < classes; i++) {
        double lowest = root * ratio[i];
        double octave = ceil(log2(l->pitch.lo / lowest));
        for (; n < max && lowest * exp2(octave) <= l->pitch.hi; octave++, n++) {
            if (f)
                f[n] = lowest * exp2(octave);
            if (class_of)
                class_of[n] = i;
        }
    }
    return n;
}

uint32_t music_field_most(const struct music *m, const struct music_layer *l)
{
    double ratio[MUSIC_BANDS_MAX + 1];
    uint32_t octaves =
        (uint32_t)floor(log2(l->pitch.hi / l->pitch.lo) + SAME) + 1;
    uint32_t most = music_classes(m, &m->chords, ratio, MUSIC_BANDS_MAX + 1);

    for (uint32_t i = 0; i < m->n_modes; i++) {
        uint32_t n = music_classes(m, &m->mode[i], ratio, MUSIC_BANDS_MAX + 1);
        most = n > most ? n : most;
    }
    return most * octaves;
}

static double lowest_root(const struct music *m)
{
    double x = m->roots[0];

    for (uint32_t i = 1; i < m->n_roots; i++)
        x = fmin(x, m->roots[i]);
    return x * m->root * exp2(param_info(PARAM_ROOT)->min / 12.0);
}

/* Lowest pitch that a voice can have, Hz: the nearest tone is at most half an
   octave off. */
static double lowest(const struct music *m, const struct music_layer *l,
                     uint32_t voice)
{
    const double nearest = 0.5, fractal = 2.4; /* octaves; of noise_fractal() */

    switch (l->rule) {
    case RULE_FIXED:
        return l->home[voice] * lowest_root(m);
    case RULE_RANDOM:
        return l->pitch.lo * exp2(-nearest);
    case RULE_HOME:
    case RULE_BASS:
    case RULE_MELODY:
        break;
    }
    return l->home[voice] * exp2(-nearest - fractal * l->wander);
}

double music_longest(const struct music *m, const struct music_layer *l,
                     uint32_t voice)
{
    const struct music_layer *leader =
        l->leader == MUSIC_NO_LAYER ? l : &m->layer[l->leader];

    if (l->struck <= 0.0)
        return l->attack.hi + l->hold.hi + l->release.hi;
    return l->attack.hi +
           NOTE_DECAYS * NOTE_TAU_MOST *
               note_tau(l, lowest(m, leader, voice) * l->transpose);
}

/* Onsets stray by half a jitter to both sides, and a note sounds from before a
   chunk's end until after its start: as many turns as fit into that. Where an
   epoch draws a loop's offset anew, two of its turns may meet. */
static uint32_t most_notes(const struct music *m, const struct music_layer *l,
                           uint32_t voice)
{
    const struct music_layer *leader =
        l->leader == MUSIC_NO_LAYER ? l : &m->layer[l->leader];
    double period = l->period[voice];
    double window = music_longest(m, l, voice) + CHUNK_S + l->jitter * period;

    if (leader->epoch > 0.0)
        window += period;
    return (uint32_t)floor(window / period) + 1;
}

static void add(struct scene_limits *out, const struct music_layer *l,
                uint32_t notes, uint32_t bands)
{
    uint32_t rows = 0;

    if (l->kind == KIND_GRAINS)
        rows = bands;
    else if (l->vibrato > 0.0 || l->drift > 0.0)
        rows = l->members < NOTE_MODS_MAX ? l->members : NOTE_MODS_MAX;
    out->notes += notes;
    out->bands += notes * bands;
    out->mods += notes * rows;
    out->partials += notes * bands * l->members;
    out->thin += notes * bands * l->thin;
}

/* fields: how many notes a field has at a time. */
static void count(const struct music *m, uint32_t fields,
                  struct scene_limits *out)
{
    *out = (struct scene_limits){0};
    for (uint32_t i = 0; i < m->n_layers; i++) {
        const struct music_layer *l = &m->layer[i];
        if (l->kind == KIND_FIELD)
            add(out, l, fields, l->harmonics);
        else if (l->kind == KIND_GRAINS)
            add(out, l, 1, 2 * l->slots); /* one that ends, one that starts */
        else
            for (uint32_t v = 0; v < l->n_voices; v++)
                add(out, l, most_notes(m, l, v), l->harmonics);
    }
}

void music_bounds(const struct music *m, struct scene_limits *out)
{
    count(m, 2, out); /* one gives way to the next */
}

uint32_t music_partials(const struct music *m, bool thin)
{
    struct scene_limits usual;

    count(m, 1, &usual);
    return thin ? usual.thin : usual.partials;
}
