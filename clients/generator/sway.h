// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Modulators of a note's members: vibrato and drift as phase, so that no
 * frequency is ever touched. Pure; any thread.
 */
#ifndef GENERATOR_SWAY_H
#define GENERATOR_SWAY_H

#include "clients/generator/music.h"
#include "clients/generator/note.h"
#include "vk/scene.h"

/* Rows that a note of the layer needs: one for each member, but at most
   NOTE_MODS_MAX; 0 without vibrato and drift. */
uint32_t sway_rows(const struct music_layer *l);

/* Row of member m for the chunk that starts at absolute frame first, in cycles
   of the fundamental. motion: times the depths. rate in Hz. */
void sway_fill(const struct music_layer *l, const struct note *note, uint32_t m,
               int64_t first, uint32_t rate, const double motion[SCENE_POINTS],
               struct scene_mod *out);

#endif
