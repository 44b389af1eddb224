// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A deck: one preset with all it takes to be heard: its score, who renders it
 * (supply.h) and its room. The engine has one, and while one preset gives way
 * to another, two or more. One thread at a time ([gpu] while live), but for
 * what says otherwise.
 */
#ifndef GENERATOR_DECK_H
#define GENERATOR_DECK_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/engine.h"
#include "clients/generator/live.h"
#include "clients/generator/reverb.h"
#include "clients/generator/supply.h"
#include "vk/scene.h"

struct deck;

/* Its preset is copied, live borrowed. The first chunk is that of frame 0.
   Errors, logged: as engine_new(). */
int deck_new(struct deck **out, const struct engine_opts *o,
             const struct live *live);

/* Ends its worker: up to 200 ms. */
void deck_free(struct deck **d);

/* Goes to absolute frame n, a multiple of SCENE_CHUNK, with an empty room. */
void deck_seek(struct deck *d, int64_t n);

/* Passes over the chunks up to frame n, unrendered; the room hears nothing of
   it. */
void deck_skip(struct deck *d, int64_t n);

/*
 * It comes in at frame n, or leaves from it on: with fade_s 0 as score_enter()
 * and score_leave() say, else by a crossfade at equal power. n is a multiple of
 * SCENE_CHUNK, not before deck_filled(). A deck that leaves may be told to
 * leave faster.
 */
void deck_enter(struct deck *d, int64_t n, double fade_s);
void deck_leave(struct deck *d, int64_t n, double fade_s, double drone_s);

/* First frame that its score was not asked for yet. */
int64_t deck_filled(const struct deck *d);

/* As many scenes ahead as its supply wants. Errors: score_chunk()'s. */
int deck_fill(struct deck *d);

/*
 * Adds the chunk at frame n to mix, interleaved [SCENE_CHUNK][2], and to dry.
 * Nothing before it came in. Errors: -EIO, -ENOMEM.
 */
int deck_chunk(struct deck *d, int64_t n, int64_t deadline_ns,
               const struct reverb_moves *moves, float *mix, struct buses *dry);

/* It has left, and nothing is heard of it from frame n on. */
bool deck_over(const struct deck *d, int64_t n);

/* Hz, see score_root(). */
double deck_root(const struct deck *d, int64_t n);

/* Frames until its room has forgotten its past. */
int64_t deck_warm_up(const struct deck *d);

/* Any thread: constant, or locked. */
const struct music *deck_music(const struct deck *d);
void deck_stats(const struct deck *d, struct supply_stats *out);
const char *deck_cpu_name(const struct deck *d);

#endif
