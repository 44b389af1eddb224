// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The score: which notes sound in a chunk, and their bands, as a function of
 * (preset, seed, absolute frame) and of what was moved live. A cache of the
 * sounding notes' bands makes it cheap from chunk to chunk; what it returns
 * does not depend on the cache. One thread at a time.
 */
#ifndef GENERATOR_SCORE_H
#define GENERATOR_SCORE_H

#include <stdint.h>

#include "clients/generator/live.h"
#include "clients/generator/music.h"
#include "vk/scene.h"

struct score;

/* rate in Hz; m is borrowed for the score's life. Errors: -ENOMEM, -EINVAL. */
int score_new(struct score **out, const struct music *m, uint64_t seed,
              uint32_t rate);
void score_free(struct score **s);

/* From now on what is moved in it counts; borrowed for the score's life. */
void score_follow(struct score *s, const struct live *live);

/*
 * The music comes in at absolute frame n, a multiple of SCENE_CHUNK: what
 * is held fades in over 16 s, what is struck and grains start note by note,
 * few at first. Before the
 * first chunk.
 */
void score_enter(struct score *s, int64_t n);

/*
 * It leaves from absolute frame n on, a multiple of SCENE_CHUNK, not before the
 * last chunk made: no note starts any more, struck ones ring out, others end by
 * themselves or fade within 25 s, those of the drone bus within drone_s.
 */
void score_leave(struct score *s, int64_t n, double drone_s);

/* Its mode stays what it is at absolute frame n: another preset comes in. */
void score_hand_over(struct score *s, int64_t n);

/* Hz, the root that a voice without lag has at absolute frame n. */
double score_root(const struct score *s, int64_t n);

/* Fills the scene with the chunk that starts at absolute frame first, a
   multiple of SCENE_CHUNK, negative ones included, at the level it is to be
   heard with. out must have the room of music_bounds(). Errors: -ENOMEM (a
   cache entry), -EINVAL (first), -ENOSPC (too small a scene). */
int score_chunk(struct score *s, int64_t first, struct scene *out);

#endif
