// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Notes: when a loop's turn comes, whether it sounds, at what pitch, how loud,
 * and its envelope: each a closed formula of (preset, seed, layer, voice,
 * turn), and of what was moved live before its onset. Times are on the event
 * clock (live.h), which is the absolute frame as long as nothing was frozen.
 * Pure; any thread.
 */
#ifndef GENERATOR_NOTE_H
#define GENERATOR_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/live.h"
#include "clients/generator/music.h"

#define NOTE_DECAYS   7.0 /* decay times after which a struck note has ended */
#define NOTE_TAU_MOST 1.2 /* of a note's decay time to its layer's */
#define NOTE_MODS_MAX 32  /* modulators of a note; its members share them */

struct note {
    uint64_t key;                 /* every draw of the note starts from it */
    uint64_t voice;               /* what its voice's notes have in common */
    int64_t onset;                /* event clock, still silent */
    int64_t end;                  /* event clock, silent again */
    int64_t born;                 /* absolute frame of the onset */
    double attack, hold, release; /* s */
    double tau;  /* s, 1/e of its fundamental's amplitude; 0: sustained */
    double f0;   /* Hz, fundamental */
    double gain; /* linear K-weighted amplitude, velocity included */
    double pan;  /* -1..1 */
    double wear; /* 0..1, part of its epoch that is over */
};

/* What the notes of a preset are drawn from. */
struct note_source {
    const struct music *music;
    uint64_t seed;                    /* of the preset under this seed */
    uint64_t layer[MUSIC_LAYERS_MAX]; /* of a layer, by its name */
    uint32_t rate;                    /* Hz */
    const struct live *live; /* what was moved, borrowed; NULL: nothing */
    int64_t from, until;     /* absolute frames: notes that start before or
                                after are left out. Of a preset that comes in,
                                but for what is held, and of one that leaves */
    int64_t left; /* absolute frame; modes asked for from it on are those of
                     another preset */
};

/* What notes that start at a moment take their pitches from. */
struct note_tonality {
    const struct music_chords *chords;
    double root; /* Hz */
    double key;  /* semitones it was moved by */
};

/* Mixes the preset's title and the layers' names into the seed: two presets
   share no draw, a copy of the file is the same music, and a layer sounds the
   same wherever it stands in the list. */
void note_source_init(struct note_source *src, const struct music *m,
                      uint64_t seed, uint32_t rate);

/* By what was moved, at absolute frame n. */
struct note_tonality note_tonality(const struct note_source *src, int64_t n);

/* A layer whose notes are held: it fades in and out with a preset, where struck
   ones and grains begin and end note by note. */
bool note_is_held(const struct music_layer *l);

/* The turns k of a voice that can sound between from and to are among
   [*first, *last]. Layers of notes only. */
void note_turns(const struct note_source *src, uint32_t layer, uint32_t voice,
                int64_t from, int64_t to, int64_t *first, int64_t *last);

/* Turn k of the voice; false when the loop stays silent in this turn. Layers of
   notes only. */
bool note_draw(const struct note_source *src, uint32_t layer, uint32_t voice,
               int64_t k, struct note *out);

/* The one note of a field. */
void note_field(const struct note_source *src, uint32_t layer,
                const struct note_tonality *tonality, struct note *out);

/* Envelope at n, 0..1; exactly 0 up to the onset and from the
   end on. Of a struck note: without its bands' decay. */
double note_envelope(const struct note *note, int64_t n, uint32_t rate);

/* s from the moment a struck note begins to decay to n, at least 0. */
double note_decaying(const struct note *note, int64_t n, uint32_t rate);

/* Decay time of the layer's notes at f0 Hz on average, s: low notes ring
   longer. */
double note_tau(const struct music_layer *l, double f0);

/* How many times likelier than in the preset a layer's turns are at absolute
   frame n: by what was moved, and while the preset comes in; 0: none starts. */
double note_density(const struct note_source *src, uint32_t layer, int64_t n);

/* Chance that a layer's turn sounds at time t s, 0..1, before wear. */
double note_chance(const struct note_source *src, uint32_t layer, double t,
                   double density);

/* Noise seed of a layer's voice. */
uint64_t note_voice(const struct note_source *src, uint32_t layer,
                    uint32_t voice);

/* The chord that a voice hears at time t s. */
struct note_harmony {
    const struct music_chord *chord;
    double root; /* Hz */
};
struct note_harmony note_harmony(const struct note_source *src,
                                 const struct note_tonality *tonality,
                                 uint64_t voice, double t);

/* Start of the section that the voice is in at t, s. */
double note_section(const struct note_source *src, uint64_t voice, double t);

/* The chord's tone, in any octave, nearest to x Hz in log frequency. */
double note_nearest(const struct note_harmony *h, double x);

/* Spread of loudness, dB, of a draw: clamped at the top, which saves headroom
   and costs no expression. */
double note_velocity(const struct music_layer *l, uint64_t h);

/* 0 under lo, 1 over hi, smooth (cubic) between. */
double note_smoothstep(double lo, double hi, double x);

#endif
