// SPDX-License-Identifier: GPL-3.0-or-later
/* AVX2 and FMA. */
#define KERNEL_WIDTH  8
#define KERNEL_FRAMES 1
#define KERNEL_NAME   lanes_block_avx2
#include "vk/cpu_kernel.h"
