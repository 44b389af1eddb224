// SPDX-License-Identifier: GPL-3.0-or-later
/* AArch64's vectors of four, with fused multiply-add. */
#define KERNEL_WIDTH  4
#define KERNEL_FRAMES 2
#define KERNEL_NAME   lanes_block_neon
#include "vk/cpu_kernel.h"
