// SPDX-License-Identifier: GPL-3.0-or-later
/* Stereo sound for the tests of the master, and libebur128's word about it. */
#ifndef TESTS_UNIT_MASTER_SOUND_H
#define TESTS_UNIT_MASTER_SOUND_H

#include <ebur128.h>
#include <math.h>
#include <stdlib.h>

#include "tests/unit/test.h"

struct sound {
    uint32_t n; /* frames */
    float *c[2];
};

static inline struct sound sound_new(uint32_t n)
{
    struct sound s = {.n = n};

    for (int c = 0; c < 2; c++) {
        s.c[c] = calloc(n, sizeof(float));
        assert_non_null(s.c[c]);
    }
    return s;
}

static inline void sound_free(struct sound *s)
{
    free(s->c[0]);
    free(s->c[1]);
}

/* Uniform noise, -1 to 1, of a seed. */
static inline float sound_noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(int32_t)*seed / 2147483648.0f;
}

static inline double sound_db(double linear)
{
    return 20 * log10(linear);
}

/* dBTP by libebur128. */
static inline double sound_true_peak(const struct sound *s, uint32_t rate)
{
    ebur128_state *e = ebur128_init(2, rate, EBUR128_MODE_TRUE_PEAK);
    double l, r;

    assert_non_null(e);
    for (uint32_t i = 0; i < s->n; i++) {
        float x[2] = {s->c[0][i], s->c[1][i]};
        assert_int_equal(ebur128_add_frames_float(e, x, 1), 0);
    }
    ebur128_true_peak(e, 0, &l);
    ebur128_true_peak(e, 1, &r);
    ebur128_destroy(&e);
    return sound_db(l > r ? l : r);
}

#endif
