// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Does a piece repeat itself? For each lag from 1 min to 1 h, in steps of 1 s,
 * every sequence of 15 s is compared with the one a lag later: normalised
 * correlation of their features, each centred over the piece, chroma and bands
 * brought to the same variance. 1: the same again. 0: no more alike than any.
 * A lag fits the piece when it leaves a quarter of the piece, and at least
 * 60 s, in pairs; a mean over fewer says more of chance than of the music.
 * Any one thread. Memory: 450 bytes a second; time grows with the square of the
 * piece's length (an hour: about a second).
 */
#ifndef MEASURE_SIMILAR_H
#define MEASURE_SIMILAR_H

#include "tests/bench/measure/figures.h"

#define SIMILAR_CHROMA   24 /* quarter tones */
#define SIMILAR_BANDS    32
#define SIMILAR_FEATURES (SIMILAR_CHROMA + SIMILAR_BANDS)

struct similar {
    struct series v; /* [seconds][SIMILAR_FEATURES] */
};

void similar_fini(struct similar *s);

/* The features of the next second. */
void similar_add(struct similar *s, const double feature[SIMILAR_FEATURES]);

/* Fills sim_*. The list is centred in place: call it once. Errors: -ENOMEM. */
int similar_end(struct similar *s, struct figures *out);

#endif
