// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A bank: the partials of one note. Each harmonic is a band of several members
 * close together, each with its own detune, start phase, place and
 * inter-channel delay; the band's level moves with the envelope, the layer's
 * brightness and a slow swell of its own. Constant once made.
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
 * The bank of a note of layer; layer_key is the layer's hash, layer is borrowed
 * for the bank's life. Partials above 0.45 of the rate are left out, the others
 * are as they would be at any rate. Errors: -ENOMEM.
 */
int bank_new(struct bank **out, const struct music_layer *layer,
             uint64_t layer_key, const struct note *note, uint32_t rate);
void bank_free(struct bank **b);

const struct note *bank_note(const struct bank *b);

/* Appends the bank to a scene that starts at out->first; *n_partials of it are
   in use and grow. Errors: -EINVAL (no room). */
int bank_append(const struct bank *b, struct scene *out, uint32_t *n_partials);

/* Square of the loudness weight of ITU-R BS.1770 at f Hz, but at least 1:
   notes in the bass must not be boosted to sound as loud as the others. */
double bank_weight(double f);

#endif
