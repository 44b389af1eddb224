// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A look into the Vulkan renderer, for tests.
 */
#ifndef VK_VULKAN_H
#define VK_VULKAN_H

#include "vk/renderer.h"

/* struct Drawn in table.glsl. */
struct vulkan_partial {
    uint32_t x_lo, x_hi; /* phase at the chunk's first frame */
    uint32_t inc_lo, inc_hi;
    float gain_l, gain_rs, gain_rc;
    float ratio;
    uint32_t level_at, mod_at;
    uint32_t pad[2];
};

/* The first n partials of the chunk rendered last, none being in flight.
   Errors: -ENOTSUP (they are where the host can't look), -EIO. */
int vulkan_read_table(struct renderer *r, struct vulkan_partial *out,
                      uint32_t n);

#endif
