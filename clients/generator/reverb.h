// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The room: dry buses in, stereo mix out, through a 16-line feedback delay
 * network (Jot & Chaigne 1991) with a send, pre-delay and dry gain per bus, a
 * side high-pass and a DC block. The only state in the generator: to enter at a
 * later time, feed the sound before it first.
 * One thread at a time; no allocation after reverb_new().
 */
#ifndef GENERATOR_REVERB_H
#define GENERATOR_REVERB_H

#include <stdint.h>

#include "clients/generator/music.h"
#include "vk/scene.h"

struct reverb;

/* Errors: -ENOMEM. */
int reverb_new(struct reverb **out, const struct music_room *room,
               uint32_t rate);
void reverb_free(struct reverb **r);

/* One chunk that starts at absolute frame first; mix is interleaved
   [SCENE_CHUNK][2]. gain is linear, applied to everything. */
void reverb_run(struct reverb *r, int64_t first, float gain,
                const struct buses *dry, float *mix);

/* Back to silence. */
void reverb_clear(struct reverb *r);

#endif
