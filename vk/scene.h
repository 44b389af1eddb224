// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A scene: everything a renderer needs to compute one chunk of sound, as plain
 * arrays. The generator fills it, either renderer turns it into the same
 * samples. Nothing in it depends on what was rendered before (DESIGN law 2).
 * One thread at a time; it never allocates after scene_new().
 *
 * A scene lists notes. A note is a bank of n_bands x n_members partials on one
 * bus. What differs from band to band and along the chunk is in the tables;
 * what differs from member to member is drawn from the note's key by the rules
 * of vk/partial.h, which both renderers share: a note of 60 bands and 500
 * members costs the generator no more than one of 5 members.
 *
 * A renderer may keep what it has drawn of a note as long as the note's key,
 * flags, pan_power and counts and the fields of the band that partial_draw()
 * reads are what they were: those are all but age, ratio and level. Where one
 * of them differs, bit for bit, it has other partials: a grain's next turn.
 *
 * Sound of partial (h, m) for frame n of the chunk, g = n / SCENE_GRID:
 *   x    = phase + inc * (age[h] + n)            cycles * 2^64, wrapping
 *        + ratio[h] * mod(n)                     cycles
 *   a(n) = level[h], mod(n) = row of the note's modulators: both linear between
 *          the grid points around n
 *   L += a(n) *  gain_l * sin(2 pi x)
 *   R += a(n) * (gain_rs * sin(2 pi x) + gain_rc * cos(2 pi x))
 * with phase, inc and the gains as partial_draw() gives them.
 */
#ifndef VK_SCENE_H
#define VK_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#define SCENE_GRID   64   /* frames between two control points */
#define SCENE_CHUNK  1024 /* frames; chunks start at multiples of it */
#define SCENE_POINTS (SCENE_CHUNK / SCENE_GRID + 1) /* both edges */

enum scene_bus { BUS_DRONE, BUS_PAD, BUS_BELLS, BUS_GRAINS, BUS_COUNT };

/* How a note's members differ; part of scene_note.flags. */
enum scene_flags {
    NOTE_TOGETHER = 1,    /* detune, place and delay by member alone: players */
    NOTE_PAIR = 2,        /* member m is beat * (m ? 1 : -1) off the band */
    NOTE_CASCADE = 4,     /* member m is beat * (m - (M-1)/2) off, its phase
                             proceeds evenly, Hann weights; place by band */
    NOTE_MOD_BY_BAND = 8, /* modulator row by band, not by member */
};

/* 48 bytes, read by the shaders as it is (std430). */
struct scene_note {
    uint32_t key_lo, key_hi; /* every draw of its partials starts from it */
    uint32_t flags;
    uint32_t n_bands;
    uint32_t n_members; /* in full */
    uint32_t n_thin;    /* on a renderer of small means: the first of them */
    uint32_t partial_first; /* of the scene's, in full; member by member, in
                               each band by band */
    uint32_t thin_first;    /* the same when thinned */
    uint32_t band_first;    /* row of its first band */
    uint32_t mod_first;     /* row of its first modulator */
    uint32_t n_mods;        /* rows; member m (or band h) has row
                               mod_first + m % n_mods; 0: not modulated */
    float pan_power; /* of members' places; under 1 pushes them outward */
};

/* A band of a note. 120 bytes, read by the shaders as it is. */
struct scene_band {
    uint32_t inc_lo, inc_hi; /* per frame, of its centre; 2^64 = 1 cycle */
    uint32_t age_lo, age_hi; /* frames from its onset to the chunk's first one,
                                signed 64 bit */
    uint32_t hash;           /* what its draws are keyed by beside the note's
                                key: its number, a grain's turn */
    uint32_t spread;         /* partial_spread() of the detune in cents */
    int32_t beat;            /* per frame, 2^32 = 1 cycle, times a draw of
                                -1..1, or as the flags say */
    float ratio;             /* modulators count so many times */
    float pan;               /* -1..1, middle of its members */
    float width;             /* 0..1, how far they stand apart */
    float delay;             /* cycles, largest lag of the right ear */
    float core;              /* 0..1, share of the power of member 0, which is
                                then not detuned; 0: all alike */
    float pad;
    float level[SCENE_POINTS]; /* linear, >= 0 */
};

/* A modulator: phase offset at each grid point, cycles. */
struct scene_mod {
    float cycles[SCENE_POINTS];
};

struct scene_limits {
    uint32_t notes, bands, mods;
    uint32_t partials; /* in full */
    uint32_t thin;     /* thinned */
};

struct scene {
    int64_t first; /* absolute frame, multiple of the chunk */
    uint32_t bus_first[BUS_COUNT + 1]; /* notes of bus b:
                                          [bus_first[b], bus_first[b+1]) */
    enum scene_bus filling;            /* what scene_add() adds to */
    uint32_t n_bands, n_mods;
    uint32_t n_partials, n_thin;
    struct scene_limits max;  /* [init] */
    struct scene_note *notes; /* [max.notes], sorted by bus */
    struct scene_band *bands; /* [max.bands] */
    struct scene_mod *mods;   /* [max.mods] */
};

static inline uint32_t scene_notes(const struct scene *s)
{
    return s->bus_first[BUS_COUNT];
}

/* Dry stereo per bus. */
struct buses {
    float x[BUS_COUNT][2][SCENE_CHUNK];
};

/* Errors: -ENOMEM, -EINVAL (a limit of 0, but for mods). */
int scene_new(struct scene **out, const struct scene_limits *max);
void scene_free(struct scene **s);

/* Empties it for the chunk that starts at first; scene_begin_bus() for each bus
   in order (one left out is silent), then scene_add() for its notes,
   scene_end() at the last. */
void scene_begin(struct scene *s, int64_t first);
void scene_begin_bus(struct scene *s, enum scene_bus bus);

/*
 * Room for one more note of n->n_bands bands and n->n_mods modulators, whose
 * fields other than partial_first, thin_first, band_first and mod_first are
 * set; these are filled in. *bands and *mods are then the caller's to fill.
 * Errors: -ENOSPC (over a limit; nothing is added).
 */
int scene_add(struct scene *s, const struct scene_note *n,
              struct scene_band **bands, struct scene_mod **mods);
void scene_end(struct scene *s);

/* Every index within bounds, notes in order, levels finite: for tests and for a
   renderer's door. Errors: -EINVAL. */
int scene_check(const struct scene *s, const struct scene_limits *max);

#endif
