// SPDX-License-Identifier: GPL-3.0-or-later
/* A small piece of music for tests: every kind of layer, a short room, notes
   that come and go within seconds, few partials. */
#ifndef TESTS_UNIT_GENERATOR_PIECE_H
#define TESTS_UNIT_GENERATOR_PIECE_H

#include <string.h>

#include "clients/generator/music.h"

enum piece_layer {
    PIECE_SINGERS,
    PIECE_BREATH,
    PIECE_SPARKS,
    PIECE_GROUND,
    PIECE_BELL,
    PIECE_ARPEGGIO,
    PIECE_CURTAIN,
    PIECE_DUST,
    PIECE_LAYERS,
};

/* Keys as the defaults are; what isn't set is 0. */
static inline struct music_layer piece_layer(const char *name,
                                             enum scene_bus bus,
                                             enum music_kind kind, double level)
{
    struct music_layer l = {.bus = bus,
                            .kind = kind,
                            .level = level,
                            .prob = 1,
                            .leader = MUSIC_NO_LAYER,
                            .transpose = 1,
                            .harmonics = 8,
                            .members = 3,
                            .thin = 3,
                            .alpha = 1,
                            .span = 4,
                            .spread = 5,
                            .spread_max = 400,
                            .attack = {0.5, 1},
                            .hold = {0.1, 0.6},
                            .release = {0.7, 1.4},
                            .cutoff = 2500,
                            .order = 2,
                            .width = 0.8,
                            .pan = 0.5,
                            .pan_power = 1};

    strcpy(l.name, name);
    return l;
}

static inline struct music_layer piece_singers(void)
{
    struct music_layer l = piece_layer("singers", BUS_PAD, KIND_HARMONIC, 0);

    l.slope = -0.5;
    l.n_voices = 3;
    memcpy(l.period, (double[]){2.3, 3.1, 4.7}, 3 * sizeof(double));
    l.jitter = 0.3;
    l.prob = 0.9;
    l.prob_depth = 0.2;
    l.prob_rate = 0.05;
    l.rule = RULE_HOME;
    memcpy(l.home, (double[]){165, 220, 330}, 3 * sizeof(double));
    l.wander = 0.3;
    l.wander_rate = 0.01;
    l.harmonics = 20;
    l.members = 4;
    l.thin = 4;
    l.spread = 8;
    l.together = TOGETHER_YES;
    l.velocity = 3;
    l.follow = 0.6;
    l.bright = 0.6;
    l.bright_rate = 0.1;
    l.formant = 0.8;
    l.vowel = 1.5;
    l.formant_rate = 0.1;
    l.motion = 3;
    l.motion_rate = 0.4;
    l.vibrato = 12;
    l.vibrato_rate = 5;
    l.drift = 5;
    l.drift_rate = 0.4;
    l.width = 0.9;
    l.pan = 0.6;
    l.pan_power = 0.7;
    return l;
}

static inline struct music_layer piece_breath(void)
{
    struct music_layer l = piece_layer("breath", BUS_PAD, KIND_NOISE, -14);
    struct music_layer leader = piece_singers();

    l.leader = PIECE_SINGERS;
    l.n_voices = leader.n_voices;
    memcpy(l.period, leader.period, sizeof(l.period));
    l.jitter = leader.jitter;
    l.delay = 0.7;
    l.transpose = 4;
    l.harmonics = 6;
    l.members = 5;
    l.thin = 2;
    l.motion = 3;
    l.motion_rate = 1.3;
    return l;
}

static inline struct music_layer piece_sparks(void)
{
    struct music_layer l = piece_layer("sparks", BUS_BELLS, KIND_HARMONIC, -10);

    l.n_voices = 2;
    memcpy(l.period, (double[]){1.7, 2.9}, 2 * sizeof(double));
    l.jitter = 1;
    l.prob = 0.6;
    l.rule = RULE_RANDOM;
    l.pitch = (struct music_range){600, 2400};
    l.harmonics = 12;
    l.alpha = 0.7;
    l.spread_power = 0.3;
    l.attack = (struct music_range){0.5, 0.5};
    l.hold = (struct music_range){0, 0};
    l.release = (struct music_range){0.6, 0.9};
    l.cutoff = 6000;
    l.width = 1;
    return l;
}

static inline struct music_layer piece_ground(void)
{
    struct music_layer l = piece_layer("ground", BUS_DRONE, KIND_HARMONIC, -8);

    l.n_voices = 1;
    l.period[0] = 5.3;
    l.rule = RULE_BASS;
    l.home[0] = 70;
    l.alpha = 1.2;
    l.attack = (struct music_range){1, 2};
    l.hold = (struct music_range){1, 2};
    l.release = (struct music_range){2, 3};
    l.cutoff = 400;
    l.width = 0.5;
    l.pan = 0;
    return l;
}

static inline struct music_layer piece_bell(void)
{
    struct music_layer l = piece_layer("bell", BUS_BELLS, KIND_RATIO, -6);

    l.n_voices = 1;
    l.period[0] = 3.7;
    l.rule = RULE_FIXED;
    l.home[0] = 3;
    l.n_table = 3;
    memcpy(l.ratio, (double[]){1, 2.32, 4.25}, 3 * sizeof(double));
    memcpy(l.amp, (double[]){1, 0.5, 0.25}, 3 * sizeof(double));
    l.harmonics = 3;
    l.members = 2;
    l.thin = 2;
    l.beat = 0.6;
    l.attack = (struct music_range){0.006, 0.02};
    l.struck = 0.5;
    l.damping = 0.8;
    return l;
}

static inline struct music_layer piece_arpeggio(void)
{
    struct music_layer l = piece_layer("arpeggio", BUS_PAD, KIND_HARMONIC, -10);

    l.n_voices = 1;
    l.period[0] = 4.3;
    l.rule = RULE_MELODY;
    l.home[0] = 110;
    l.wander = 0.5;
    l.wander_rate = 0.05;
    l.together = TOGETHER_CASCADE;
    l.beat = 0.3;
    l.members = 5;
    l.thin = 5;
    l.highpass = 130;
    return l;
}

static inline struct music_layer piece_curtain(void)
{
    struct music_layer l = piece_layer("curtain", BUS_PAD, KIND_FIELD, -20);

    l.pitch = (struct music_range){200, 1000};
    l.harmonics = 0; /* counted by piece() */
    l.members = 4;
    l.thin = 2;
    l.motion = 6;
    l.motion_rate = 0.1;
    return l;
}

static inline struct music_layer piece_dust(void)
{
    struct music_layer l = piece_layer("dust", BUS_GRAINS, KIND_GRAINS, -20);

    l.prob = 0.6;
    l.prob_depth = 0.3;
    l.prob_rate = 0.1;
    l.pitch = (struct music_range){400, 3000};
    l.wander = 0.2;
    l.wander_rate = 0.05;
    l.harmonics = 1;
    l.members = 2;
    l.thin = 1;
    l.slots = 24;
    l.gap = 0.4;
    l.length = (struct music_range){0.02, 0.3};
    l.rise = 0.3;
    l.chirp = 0.5;
    l.velocity = 4;
    return l;
}

static inline struct music piece(void)
{
    struct music m = {
        .name = "piece",
        .root = 110,
        .chords = {.n = 3,
                   .chord = {{3, {1, 1.25, 1.5}},
                             {3, {1.25, 1.5, 1.875}},
                             {3, {1.5, 1.875, 1.125}}}},
        .section = 9,
        .lag = 5,
        .walk = 1.6,
        .ring = 0.45,
        .n_roots = 2,
        .roots = {1, 0.75},
        .roots_every = 60,
        .gain = -18,
        .arc = 1,
        .arc_rate = 0.01,
        .kappa = 0.5,
        .room = {.t60_low = 1.5,
                 .t60_mid = 1.5,
                 .t60_high = 0.8,
                 .size = 1,
                 .drift = 8,
                 .wet = 1,
                 .blend = 0.2,
                 .send = {0.5, 0.8, 0.9, 0.6},
                 .pre = {10, 32, 45, 20},
                 .dry = {0.9, 0.8, 0.8, 0.8}},
        .n_layers = PIECE_LAYERS,
        .layer = {piece_singers(), piece_breath(), piece_sparks(),
                  piece_ground(), piece_bell(), piece_arpeggio(),
                  piece_curtain(), piece_dust()},
    };

    m.layer[PIECE_CURTAIN].harmonics =
        music_field_most(&m, &m.layer[PIECE_CURTAIN]);
    return m;
}

#endif
