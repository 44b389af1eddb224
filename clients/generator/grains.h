// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A cloud of grains: one note whose bands are the grains that sound in a chunk.
 * Each of its slots drops a grain per turn, at most one at a time.
 * One thread at a time; it never allocates after grains_new().
 */
#ifndef GENERATOR_GRAINS_H
#define GENERATOR_GRAINS_H

#include <stdint.h>

#include "clients/generator/music.h"
#include "clients/generator/note.h"
#include "vk/scene.h"

struct grains;

/* src is borrowed. Errors: -ENOMEM. */
int grains_new(struct grains **out, const struct note_source *src,
               uint32_t layer);
void grains_free(struct grains **g);

/* Adds the grains of the scene's chunk, their levels times gain; none, no note.
   What it adds depends on nothing but the scene's first frame.
   Errors: -ENOSPC. */
int grains_append(struct grains *g, const float gain[SCENE_POINTS],
                  struct scene *out);

/* Expected K-weighted power of the cloud at time t s. */
double grains_power(const struct note_source *src, uint32_t layer, double t);

#endif
