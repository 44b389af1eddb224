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

/* What was moved live, at a chunk's grid points; 1 is as the room says. */
struct reverb_moves {
    double space[SCENE_POINTS];  /* 0..2: T60 from a half to twice, sends */
    double motion[SCENE_POINTS]; /* 0..2, times the drift */
};

/* One chunk that starts at absolute frame first; mix is interleaved
   [SCENE_CHUNK][2]. moves: NULL where nothing was moved. */
void reverb_run(struct reverb *r, int64_t first,
                const struct reverb_moves *moves, const struct buses *dry,
                float *mix);

/* Back to silence. */
void reverb_clear(struct reverb *r);

#endif
