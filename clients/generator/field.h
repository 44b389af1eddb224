// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A layer that is one note for ever, kind field: its bank, and while root or
 * mode change, the bank that replaces it, crossfaded over 20 s. A change that
 * comes during another waits for its end. The only part of the score that has
 * to be asked for chunk after chunk to come out the same: what it does depends
 * on when it saw a change. One thread at a time.
 */
#ifndef GENERATOR_FIELD_H
#define GENERATOR_FIELD_H

#include "clients/generator/note.h"
#include "vk/scene.h"

struct field;

/* src is borrowed. Errors: -ENOMEM. */
int field_new(struct field **out, const struct note_source *src,
              uint32_t layer);
void field_free(struct field **f);

/* Adds the layer's one or two notes, their levels times gain. Errors: -ENOSPC,
   -ENOMEM. */
int field_append(struct field *f, const float gain[SCENE_POINTS],
                 struct scene *out);

#endif
