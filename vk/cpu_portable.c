// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/cpu_kernel.h"
