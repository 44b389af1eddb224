// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The level of the whole, as a function of (preset, seed, absolute frame) like
 * everything else: since partials have independent phases, the expected power
 * of the music is a sum over its notes, and can be known long before they
 * sound. Nothing reacts; random access is exact. One thread at a time; it never
 * allocates after level_new().
 */
#ifndef GENERATOR_LEVEL_H
#define GENERATOR_LEVEL_H

#include <stdint.h>

#include "clients/generator/note.h"

struct level;

/* src is borrowed; nothing in it may be moved live. Errors: -ENOMEM. */
int level_new(struct level **out, const struct note_source *src);
void level_free(struct level **l);

/* Linear gain of everything at absolute frame n: preset's gain, arc, levelling.
   Cheap when n runs along; a jump costs some 150 looks at the score. */
double level_gain(struct level *l, int64_t n);

/* Expected K-weighted power of the dry buses at time t s, before any gain. */
double level_power(struct level *l, double t);

/*
 * Linear gain that takes back what a density and a depth of motion other than 1
 * do to the loudness: of density two thirds, so that more notes are a little
 * louder, of motion all. 1 exactly where both are.
 */
double level_trim(const struct level *l, double density, double motion);

/* s, how long a note sounds in the mean, each counted by its power: so long it
   takes until density has had its effect. */
double level_memory(const struct level *l);

/* Its mean over a day. */
double level_mean(const struct level *l);

/* The slow swell of the whole at time t s, dB. */
double level_arc(const struct level *l, double t);

struct level_scan {
    double longest_hole; /* s, longest stretch 25 dB under the mean */
    double hole_at;      /* s, where it begins */
    double holes;        /* 0..1, share of the time */
    double least, most;  /* dB against the mean, means over ten minutes */
};

/* Looks for holes from `from` to `to` s in steps of `step` s, without
   rendering. */
void level_scan(struct level *l, double from, double to, double step,
                struct level_scan *out);

#endif
