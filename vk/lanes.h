// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the CPU renderer's kernels work on: partials in groups of LANES, side by
 * side, whatever the width of the machine's vectors. Any thread, each on groups
 * of its own; a kernel never allocates, and writes nothing but its sums and the
 * groups' phases.
 */
#ifndef VK_LANES_H
#define VK_LANES_H

#include <stdalign.h>
#include <stdint.h>

#include "vk/scene.h"

#define LANES        16
#define LANES_ALIGN  64 /* bytes: a cache line, and any vector */
#define LANES_BLOCKS (SCENE_CHUNK / SCENE_GRID)

/* Partials of one bus for one chunk. A lane without one has zero gains. */
struct lanes {
    alignas(LANES_ALIGN) uint32_t x_lo[LANES]; /* phase at the middle of the */
    uint32_t x_hi[LANES];                      /* next block, 2^64 = 1 cycle */
    uint32_t step_lo[LANES], step_hi[LANES];   /* of the phase, per block */
    uint32_t w[LANES];                         /* per frame, 2^32 = 1 cycle */
    float ws[LANES];                           /* sine of w */
    float wm[LANES];                           /* cosine of w, less 1 */
    float gain_l[LANES], gain_rs[LANES], gain_rc[LANES];
    float level[SCENE_POINTS][LANES];
    /* the rest only if modulated */
    float ratio[LANES];
    float mod[SCENE_POINTS][LANES]; /* cycles */
    uint32_t heard;                 /* bit b: some lane is, in block b */
    bool modulated;
};

/*
 * Renders block `block` of n groups, which must come in order from 0, since the
 * phases are run on; writes the sums of SCENE_GRID frames to l and r.
 */
typedef void lanes_block_fn(struct lanes *g, uint32_t n, uint32_t block,
                            float *l, float *r);

lanes_block_fn lanes_block_portable;
#if defined(__x86_64__)
lanes_block_fn lanes_block_avx2;
lanes_block_fn lanes_block_avx512;
#elif defined(__aarch64__)
lanes_block_fn lanes_block_neon;
#endif

#endif
