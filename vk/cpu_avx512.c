// SPDX-License-Identifier: GPL-3.0-or-later
/* AVX-512 F, BW, DQ and VL. */
#define KERNEL_WIDTH  16
#define KERNEL_FRAMES 2
#define KERNEL_NAME   lanes_block_avx512
#include "vk/cpu_kernel.h"
