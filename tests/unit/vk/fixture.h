// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Random scenes, and the sound they stand for in double precision.
 */
#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#include "vk/scene.h"

/* Shape of a random scene. */
struct fixture {
    uint64_t seed;
    uint32_t n[BUS_COUNT]; /* partials per bus */
    uint32_t n_bands;
    int64_t first; /* absolute frame the phases are run on to */
};

/* splitmix64, and the same in [0, 1). */
uint64_t fixture_next(uint64_t *state);
double fixture_uniform(uint64_t *state);

/*
 * Fills s, which must be large enough. Frequencies are log-uniform from 20 Hz
 * to 20 kHz at 48 kHz, with a few still ones; start phases random and then run
 * on to f->first; a third of the level points are 0; each bus's power is near
 * -20 dBFS. The same seed at another first is the same sound later on, but for
 * the levels.
 */
void fixture_fill(struct scene *s, const struct fixture *f);

/* The formula of scene.h, word for word. */
void fixture_oracle(const struct scene *s, double x[BUS_COUNT][2][SCENE_CHUNK]);

#endif
