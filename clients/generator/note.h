// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Notes: when a loop's turn comes, whether it sounds, at what pitch, how loud,
 * and its envelope: each a closed formula of (preset, seed, layer, voice,
 * turn). Pure; any thread.
 */
#ifndef GENERATOR_NOTE_H
#define GENERATOR_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/music.h"

struct note {
    uint64_t key;                 /* every draw of the note starts from it */
    int64_t onset;                /* absolute frame, still silent */
    int64_t end;                  /* absolute frame, silent again */
    double attack, hold, release; /* s */
    double f0;                    /* Hz, fundamental */
    double gain; /* linear K-weighted amplitude, velocity included */
    double pan;  /* -1..1 */
};

/* What the notes of a preset are drawn from. */
struct note_source {
    const struct music *music;
    uint64_t seed;                    /* of the preset under this seed */
    uint64_t layer[MUSIC_LAYERS_MAX]; /* of a layer, by its name */
    uint32_t rate;                    /* Hz */
};

/* Mixes the preset's title and the layers' names into the seed: two presets
   share no draw, a copy of the file is the same music, and a layer sounds the
   same wherever it stands in the list. */
void note_source_init(struct note_source *src, const struct music *m,
                      uint64_t seed, uint32_t rate);

/* The turns k of a voice that can sound between absolute frames from and to are
   among [*first, *last]. */
void note_turns(const struct note_source *src, uint32_t layer, uint32_t voice,
                int64_t from, int64_t to, int64_t *first, int64_t *last);

/* Turn k of the voice; false when the loop stays silent in this turn. */
bool note_draw(const struct note_source *src, uint32_t layer, uint32_t voice,
               int64_t k, struct note *out);

/* Envelope at absolute frame n, 0..1; exactly 0 up to the onset and from the
   end on. */
double note_envelope(const struct note *note, int64_t n, uint32_t rate);

/* 0 under lo, 1 over hi, smooth (cubic) between. */
double note_smoothstep(double lo, double hi, double x);

#endif
