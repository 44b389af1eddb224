// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * All measures of a piece of music in one pass over its frames: see the fields
 * of struct figures, each under the header that says how it is found.
 * Any one thread (see stft.h). Memory: about 1.1 KiB for each second.
 */
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H

#include <stddef.h>

#include "tests/bench/measure/figures.h"

struct measure;

/* rate: 8000 to 384000 Hz. Errors: -ENOMEM. */
int measure_new(struct measure **out, double rate);

/* Accepts NULL and nulls. */
void measure_free(struct measure **m);

/* The next frames, interleaved stereo, any number. Errors: -ENOMEM. */
int measure_add(struct measure *m, const float *x, size_t frames);

/*
 * Fills out, which figures_fini() frees. Once, at the end.
 * Errors: -ENOMEM, -ENODATA (no frame was added).
 */
int measure_end(struct measure *m, struct figures *out);

#endif
