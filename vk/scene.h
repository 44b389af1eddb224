// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A scene: everything a renderer needs to compute one chunk of sound, as plain
 * arrays. The generator fills it, either renderer turns it into the same
 * samples. Nothing in it depends on what was rendered before (DESIGN law 2).
 * One thread at a time; it never allocates after scene_new().
 *
 * Sound of partial p in band b on its bus, for frame n of the chunk:
 *   x    = phase + inc * n              cycles * 2^64, wrapping
 *   a(n) = b's level, linear between the grid points around n
 *   L += a(n) *  gain_l * sin(2 pi x)
 *   R += a(n) * (gain_rs * sin(2 pi x) + gain_rc * cos(2 pi x))
 */
#ifndef VK_SCENE_H
#define VK_SCENE_H

#include <stdint.h>

#define SCENE_GRID   64   /* frames between two control points */
#define SCENE_CHUNK  1024 /* frames; chunks start at multiples of it */
#define SCENE_POINTS (SCENE_CHUNK / SCENE_GRID + 1) /* both edges */

enum scene_bus { BUS_DRONE, BUS_PAD, BUS_BELLS, BUS_GRAINS, BUS_COUNT };

/* 32 bytes, read by the shader as it is (std430). */
struct scene_partial {
    uint32_t phase_lo,
        phase_hi;            /* at the chunk's first frame, 2^64 = 1 cycle */
    uint32_t inc_lo, inc_hi; /* per frame */
    float gain_l;            /* left, linear */
    float gain_rs, gain_rc;  /* right: sine and cosine part, linear */
    uint32_t band;           /* row of the band table */
};

/* Level of a band at each grid point of the chunk, linear, >= 0. */
struct scene_band {
    float level[SCENE_POINTS];
};

struct scene {
    int64_t first; /* absolute frame, multiple of the chunk */
    uint32_t bus_first[BUS_COUNT + 1]; /* partials of bus b:
                                          [bus_first[b], bus_first[b+1]) */
    uint32_t n_bands;
    uint32_t max_partials;          /* [init] */
    uint32_t max_bands;             /* [init] */
    struct scene_partial *partials; /* [max_partials], sorted by bus */
    struct scene_band *bands;       /* [max_bands] */
};

static inline uint32_t scene_partials(const struct scene *s)
{
    return s->bus_first[BUS_COUNT];
}

/* Dry stereo per bus. */
struct buses {
    float x[BUS_COUNT][2][SCENE_CHUNK];
};

/* Errors: -ENOMEM, -EINVAL (a size of 0). */
int scene_new(struct scene **out, uint32_t max_partials, uint32_t max_bands);
void scene_free(struct scene **s);

/*
 * Whether a renderer made for these sizes can take the scene: its counts, not
 * each partial's band, which the one who fills it answers for. Errors: -EINVAL.
 */
int scene_check(const struct scene *s, uint32_t max_partials,
                uint32_t max_bands);

#endif
