// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which of the kernels in vk/lanes.h this machine can run. Any thread.
 */
#ifndef VK_SIMD_H
#define VK_SIMD_H

#include "vk/lanes.h"
#include "vk/renderer.h"

/* The widest level there is for SIMD_AUTO, otherwise simd itself; SIMD_AUTO if
   this build or machine lacks it. */
enum renderer_simd simd_resolve(int simd);

/* Of a level that simd_resolve() gave. */
lanes_block_fn *simd_kernel(enum renderer_simd simd);

/* Makes the calling thread treat denormals as 0, which else cost a hundred
   times as much as other numbers; returns what simd_denormals_restore() takes.
   Nothing where there is no such switch. */
unsigned simd_denormals_off(void);
void simd_denormals_restore(unsigned saved);

#endif
