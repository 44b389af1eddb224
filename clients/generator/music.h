// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A music preset, read from presets/music/NAME.yaml: layers of loops that drop
 * notes, the harmony they take their pitches from, and the room. Pure data.
 * [main] only; constant once loaded.
 */
#ifndef GENERATOR_MUSIC_H
#define GENERATOR_MUSIC_H

#include <stdint.h>

#include "graph/conf.h"
#include "vk/scene.h"

#define MUSIC_LAYERS_MAX  8
#define MUSIC_VOICES_MAX  16
#define MUSIC_CHORDS_MAX  12
#define MUSIC_TONES_MAX   8
#define MUSIC_BANDS_MAX   64  /* harmonics of a note */
#define MUSIC_MEMBERS_MAX 512 /* partials of a harmonic */

enum music_rule {
    RULE_HOME, /* the chord tone nearest to the voice's wandering home pitch */
    RULE_BASS, /* the chord's first tone in the octave nearest to the home */
    RULE_RANDOM, /* a chord tone between lo and hi, the middle likelier */
};

struct music_range {
    double lo, hi;
};

struct music_layer {
    char name[32];
    enum scene_bus bus;
    double level; /* dB, K-weighted loudness of one note among the layers */
    double slope; /* dB per octave above 220 Hz */
    uint32_t n_voices;
    double period[MUSIC_VOICES_MAX]; /* s, one loop per voice */
    double jitter;     /* 0..1 of half a period, how far onsets stray */
    double prob;       /* 0..1, chance that a loop's turn sounds */
    double prob_depth; /* 0..1, slow swing of that chance */
    double prob_rate;  /* Hz */
    enum music_rule rule;
    double home[MUSIC_VOICES_MAX]; /* Hz, one per voice (home, bass) */
    double wander;                 /* octaves the home strays */
    double wander_rate;            /* Hz */
    struct music_range pitch;      /* Hz (random) */
    uint32_t harmonics;            /* bands of a note */
    uint32_t members;              /* partials of a band */
    double alpha;                  /* harmonic h has amplitude h^-alpha */
    double spread;       /* cents, standard deviation of the members' detune */
    double spread_power; /* spread of harmonic h is times h^this... */
    double spread_max;   /* ...but at most this, cents */
    int together; /* members keep their detune in all harmonics: players */
    struct music_range attack, hold, release; /* s */
    double velocity;    /* dB, spread of the notes' loudness */
    double cutoff;      /* Hz, corner of the roll-off */
    double order;       /* of the roll-off; 2 is 12 dB per octave */
    double follow;      /* how far the corner follows the envelope, 0..1.3 */
    double bright;      /* octaves the corner wanders */
    double bright_rate; /* Hz */
    double motion;      /* dB, each band's own slow swell */
    double motion_rate; /* Hz */
    double width;       /* 0..1, how far a note's members are spread in space */
    double pan;         /* 0..1, how far notes are placed off the middle */
    double pan_power;   /* under 1 pushes members outward */
};

struct music_room {
    double t60_low, t60_mid,
        t60_high;           /* s, under 220 Hz, between, over 3.5 kHz */
    double size;            /* times the delays */
    double drift;           /* samples at 48 kHz of delay modulation */
    double wet;             /* gain */
    double send[BUS_COUNT]; /* gain */
    double pre[BUS_COUNT];  /* ms */
    double dry[BUS_COUNT];  /* gain */
};

struct music {
    char name[32]; /* file name without .yaml */
    char title[96];
    double root; /* Hz */
    uint32_t n_chords;
    struct {
        uint32_t n;
        double ratio[MUSIC_TONES_MAX]; /* 1..2 */
    } chord[MUSIC_CHORDS_MAX];
    double section; /* s, length of a chord's stay */
    double lag;     /* s, over which the voices follow a change of chord */
    double walk;    /* chords, how far the walk on the ring strays */
    double ring;    /* chords per section, the walk's steady pace */
    double gain;    /* dB, of the whole */
    struct music_room room;
    uint32_t n_layers;
    struct music_layer layer[MUSIC_LAYERS_MAX];
};

/*
 * Reads a preset by path. Errors: -ENOENT..., -EINVAL, with the message in err
 * as "FILE:LINE: key 'x': found Y; allowed Z".
 */
int music_load(struct music *out, const char *path, char err[CONF_ERROR_MAX]);

/* Partials and bands of the fullest moment that any seed can bring: what a
   scene must have room for. */
void music_bounds(const struct music *m, uint32_t *partials, uint32_t *bands);

#endif
