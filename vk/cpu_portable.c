// SPDX-License-Identifier: GPL-3.0-or-later
/* Vectors of four, which every 64-bit machine has, and a compiler
   makes of others. */
#define KERNEL_WIDTH  4
#define KERNEL_FRAMES 1
#define KERNEL_NAME   lanes_block_portable
#include "vk/cpu_kernel.h"
