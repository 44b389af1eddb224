// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Random scenes, and the sound they stand for in double precision.
 */
#ifndef TEST_ORACLE_H
#define TEST_ORACLE_H

#include <stdbool.h>

#include "vk/scene.h"

/* Chunk that starts a day after frame 0 at 48 kHz. */
#define ORACLE_DAY (INT64_C(24) * 3600 * 48000 / SCENE_CHUNK * SCENE_CHUNK)

/* What notes are like beside plain ones, of which each scene has some. */
enum oracle_kinds {
    ORACLE_MODULATED = 1,
    ORACLE_TOGETHER = 2,
    ORACLE_PAIRS = 4,
    ORACLE_CASCADES = 8,
    ORACLE_GRAINS = 16, /* short bands of few members, modulated by band */
    ORACLE_ALL = 31,
};

struct oracle_shape {
    uint64_t seed;
    uint32_t notes[BUS_COUNT];
    uint32_t bands, members; /* of a note, at most: from 1 on */
    uint32_t kinds;
    int64_t first;
};

typedef double oracle_buses[BUS_COUNT][2][SCENE_CHUNK];

/* splitmix64, and the same in [0, 1). */
uint64_t oracle_next(uint64_t *state);
double oracle_uniform(uint64_t *state);

/*
 * Fills s, which must be large enough. Frequencies are log-uniform from 20 Hz
 * to 20 kHz at 48 kHz with a few still ones; a third of the level points are 0;
 * a bus's power is near -20 dBFS. The same seed at another first is the same
 * sound later on, but for the levels and modulators.
 */
void oracle_scene(struct scene *s, const struct oracle_shape *shape);

/* The formula of scene.h, word for word, of partials as partial_draw() gives
   them. */
void oracle_render(const struct scene *s, bool thin, oracle_buses x);

/* Signal to error over both channels of a bus, dB. */
double oracle_snr(const struct buses *got, oracle_buses want, uint32_t bus);

#endif
