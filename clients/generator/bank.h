// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A bank: one note as the renderers take it. Its bands' frequencies and places
 * are constant; their levels move with the envelope, the layer's brightness,
 * vowels, the field's chord, and a slow swell of each band's own. What the
 * members of a band do is drawn by the renderers (vk/partial.h).
 * One thread at a time.
 */
#ifndef GENERATOR_BANK_H
#define GENERATOR_BANK_H

#include <stdint.h>

#include "clients/generator/music.h"
#include "clients/generator/note.h"
#include "vk/scene.h"

struct bank;

/*
 * The bank of a note of the source's layer; src is borrowed for the bank's
 * life. tonality: of a field, else NULL. Bands whose members could lie above
 * 0.45 of the rate are left out, the others are as they would be at any rate.
 * Errors: -ENOMEM.
 */
int bank_new(struct bank **out, const struct note_source *src, uint32_t layer,
             const struct note *note, const struct note_tonality *tonality);
void bank_free(struct bank **b);

const struct note *bank_note(const struct bank *b);

/* Adds the bank to a scene, its levels times gain. What it adds depends on
   nothing but the scene's first frame. Errors: -ENOSPC. */
int bank_append(struct bank *b, const float gain[SCENE_POINTS],
                struct scene *out);

/* K-weighted power of a bank relative to its first: x decay times after it
   began to decay, or worn by an epoch's part, 0..1. */
double bank_decayed(const struct bank *b, double x);
double bank_worn(const struct bank *b, double wear);

#endif
