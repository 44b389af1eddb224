// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A music preset, read from presets/music/NAME.yaml: layers of loops that drop
 * notes, the harmony they take their pitches from, and the room. Pure data;
 * presets/music/README.md explains every key. [main] only; constant once
 * loaded.
 */
#ifndef GENERATOR_MUSIC_H
#define GENERATOR_MUSIC_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/midi.h"
#include "graph/conf.h"
#include "vk/scene.h"

#define MUSIC_LAYERS_MAX  8
#define MUSIC_VOICES_MAX  16
#define MUSIC_CHORDS_MAX  12
#define MUSIC_TONES_MAX   8
#define MUSIC_ROOTS_MAX   8
#define MUSIC_MODES_MAX   5
#define MUSIC_TABLE_MAX   24   /* modes of a bell */
#define MUSIC_BANDS_MAX   128  /* of a note */
#define MUSIC_MEMBERS_MAX 512  /* partials of a band */
#define MUSIC_SLOTS_MAX   1024 /* of a layer of grains */
#define MUSIC_NO_LAYER    UINT32_MAX

/* What a note is made of. */
enum music_kind {
    KIND_HARMONIC, /* harmonics of its fundamental */
    KIND_RATIO,    /* a table of modes: bells */
    KIND_NOISE,    /* bands all over a span of octaves */
    KIND_FIELD,    /* one note for ever: all tones in all octaves, masked */
    KIND_GRAINS,   /* a cloud of short tones */
};

enum music_rule {
    RULE_HOME, /* the chord tone nearest to the voice's wandering home pitch */
    RULE_BASS, /* the chord's first tone in the octave nearest to the home */
    RULE_RANDOM, /* a chord tone between lo and hi, the middle likelier */
    RULE_MELODY, /* as home, but all voices follow one contour, one after the
                    other */
    RULE_FIXED,  /* home is a ratio to the root */
};

/* How a note's members keep together. */
enum music_together {
    TOGETHER_NO,      /* a cloud: each partial for itself */
    TOGETHER_YES,     /* players: a member is off alike in all its harmonics */
    TOGETHER_CASCADE, /* Risset's arpeggio: evenly spaced copies */
};

struct music_range {
    double lo, hi;
};

struct music_layer {
    char name[32];
    enum scene_bus bus;
    enum music_kind kind;
    double level; /* dB, K-weighted loudness of one note among the layers */
    double slope; /* dB per octave above 220 Hz */

    /* when */
    uint32_t n_voices;               /* a follower's are its leader's */
    double period[MUSIC_VOICES_MAX]; /* s, one loop per voice */
    double jitter;     /* 0..1 of half a period, how far onsets stray */
    double prob;       /* 0..1, chance that a loop's turn sounds */
    double prob_depth; /* 0..1, slow swing of that chance */
    double prob_rate;  /* Hz */
    uint32_t leader;   /* layer whose notes it repeats, or MUSIC_NO_LAYER */
    double delay;      /* s after the leader's note */
    double transpose;  /* times the leader's pitch */

    /* at what pitch */
    enum music_rule rule;
    double home[MUSIC_VOICES_MAX]; /* Hz, one per voice; fixed: ratios */
    double wander;                 /* octaves; grains: of the range, 0..1 */
    double wander_rate;            /* Hz */
    double canon;             /* s between two voices on the same contour */
    struct music_range pitch; /* Hz (random, field, grains) */

    /* its partials */
    uint32_t harmonics; /* bands of a note; of a field: at most */
    uint32_t members;   /* partials of a band, in full */
    uint32_t thin;      /* on small machines: the first so many of them */
    uint32_t n_table;
    double ratio[MUSIC_TABLE_MAX]; /* of the modes to the fundamental */
    double amp[MUSIC_TABLE_MAX];   /* linear */
    double alpha;                  /* harmonic h has amplitude h^-alpha */
    double inharmonic;   /* harmonic h is at h * sqrt(1 + inharmonic h^2) */
    double odd;          /* 0..1, how much the even harmonics lack */
    double pluck;        /* 0..0.5 of the string, where it is plucked; 0: not */
    double span;         /* octaves (noise) */
    double spread;       /* cents, standard deviation of the members' detune */
    double spread_power; /* spread of harmonic h is times h^this... */
    double spread_max;   /* ...but at most this, cents */
    enum music_together together;
    double beat; /* Hz: pairs, the cascade's step, or random detune */

    /* its envelope */
    struct music_range attack, hold, release; /* s */
    double struck;   /* s, 1/e of the amplitude of 220 Hz; 0: sustained */
    double damping;  /* modes decay as their frequency to this power */
    double velocity; /* dB, spread of the notes' loudness */

    /* its colour */
    double cutoff;       /* Hz, corner of the roll-off */
    double order;        /* of the roll-off; 2 is 12 dB per octave */
    double highpass;     /* Hz; 0: none */
    double follow;       /* how far the corner follows the envelope, 0..1.3 */
    double bright;       /* octaves the corner wanders */
    double bright_rate;  /* Hz */
    double formant;      /* 0..1, how much of a voice it is */
    double vowel;        /* 0..4: u o a e i */
    double formant_rate; /* Hz, how fast vowels wander */
    double motion;       /* dB, each band's own slow swell */
    double motion_rate;  /* Hz */
    double vibrato, vibrato_rate; /* cents, Hz */
    double drift, drift_rate;     /* cents, Hz: slow stray of the pitch */

    /* its place */
    double width;     /* 0..1, how far a note's members are spread in space */
    double pan;       /* 0..1, how far notes are placed off the middle */
    double pan_power; /* under 1 pushes members outward */

    /* grains */
    uint32_t slots;
    double gap;                /* s, mean time between a slot's turns */
    struct music_range length; /* s */
    double rise;               /* 0..1 of the length */
    double chirp;              /* glide, parts of 6 % of the pitch */

    /* erosion */
    double epoch;       /* s, after which pitches are drawn anew; 0: never */
    double wear_prob;   /* 0..1 of the chance, lost in an epoch */
    double wear_cutoff; /* octaves of the corner, lost in an epoch */
    double wear_level;  /* dB, lost in an epoch */
};

struct music_room {
    double t60_low, t60_mid,
        t60_high;           /* s, under 220 Hz, between, over 3.5 kHz */
    double size;            /* times the delays */
    double drift;           /* samples at 48 kHz of delay modulation */
    double wet;             /* gain */
    double blend;           /* 0..0.7, of the other side in the room's sound */
    double send[BUS_COUNT]; /* gain */
    double pre[BUS_COUNT];  /* ms */
    double dry[BUS_COUNT];  /* gain */
};

struct music_chord {
    uint32_t n;
    double ratio[MUSIC_TONES_MAX]; /* 1..2 */
};

/* A ring of chords, neighbours alike. */
struct music_chords {
    char name[32]; /* of a mode */
    uint32_t n;
    struct music_chord chord[MUSIC_CHORDS_MAX];
};

struct music {
    char name[32]; /* file name without .yaml */
    char title[96];
    double root; /* Hz */
    struct music_chords chords;
    uint32_t n_modes;
    struct music_chords mode[MUSIC_MODES_MAX]; /* other rings, by name */
    double section;                            /* s, length of a chord's stay */
    double lag;  /* s, over which the voices follow a change of chord */
    double walk; /* chords, how far the walk on the ring strays */
    double ring; /* chords per section, the walk's steady pace */
    uint32_t n_roots;
    double roots[MUSIC_ROOTS_MAX]; /* ratios to the root, one after another */
    double roots_every;            /* s */
    double gain;     /* dB, of the whole at its mean expected power */
    double arc;      /* dB, slow swell of the whole */
    double arc_rate; /* Hz */
    double kappa;    /* 0..1, levelling of what lasts a minute or two */
    struct music_room room;
    struct midi_map midi; /* how it is played */
    uint32_t n_layers;
    struct music_layer layer[MUSIC_LAYERS_MAX];
};

/*
 * Reads a preset by path. Errors: -ENOENT..., -EINVAL, with the message in err
 * as "FILE:LINE: key 'x': found Y; allowed Z".
 */
int music_load(struct music *out, const char *path, char err[CONF_ERROR_MAX]);

/* The tables a preset is read by, for documentation: i = 0, 1... gives the
   table and its name ("top", "harmony", "room", "control"...), NULL at the end.
 */
const struct conf_key *music_keys(uint32_t i, const char **name);

/* Classes of a field: the ratios, 1..2, of all tones of the chords on all
   roots. Returns their number, at most max (what is over is left out). */
uint32_t music_classes(const struct music *m, const struct music_chords *chords,
                       double *ratio, uint32_t max);

/* Bands of a field layer on a root of so many Hz, its classes in every octave
   of its range: Hz, and which class. Returns their number, at most max. */
uint32_t music_field(const struct music *m, const struct music_chords *chords,
                     double root, const struct music_layer *l, double *f,
                     uint32_t *class_of, uint32_t max);

/* Most bands that a field layer has in any mode, on any root. */
uint32_t music_field_most(const struct music *m, const struct music_layer *l);

/* Longest that a note of the layer's voice can sound, s. */
double music_longest(const struct music *m, const struct music_layer *l,
                     uint32_t voice);

/* The fullest moment that any seed can bring: what a scene must have room
   for. */
void music_bounds(const struct music *m, struct scene_limits *out);

/* The partials of that moment, in full or thinned, while no field gives way to
   another. */
uint32_t music_partials(const struct music *m, bool thin);

#endif
