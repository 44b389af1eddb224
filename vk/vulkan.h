// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The Vulkan renderer inside: what vulkan_open.c makes and vulkan.c works with,
 * and a look into it for tests. One thread at a time.
 */
#ifndef VK_VULKAN_H
#define VK_VULKAN_H

#include "vk/renderer.h"
#include "vk/slot.h"

struct vulkan {
    struct renderer base;
    struct renderer_opts opts; /* [init] */
    struct device dev;
    struct buffer table, sums;
    struct kernels kernels;
    VkCommandPool pool;
    VkQueryPool queries;
    VkSemaphore timeline; /* reaches n when submission n is done */
    struct slot_shared shared;
    struct slot slots[RENDERER_SLOTS];
    uint64_t submitted; /* number of the last submission */
    uint64_t done;      /* last one known to be done */
    bool lost;          /* for good */
};

/* struct Drawn in table.glsl. */
struct vulkan_partial {
    uint32_t x_lo, x_hi; /* phase at the chunk's first frame */
    uint32_t inc_lo, inc_hi;
    float gain_l, gain_rs, gain_rc;
    float ratio;
    uint32_t level_at, mod_at;
    uint32_t pad[2];
};

extern const struct renderer_ops vulkan_ops;

/* Waits until submission n is done; timeout_ns 0 or less: looks whether it is.
   Errors: -ETIMEDOUT, -EIO (lost). */
int vulkan_settle(struct vulkan *v, uint64_t n, int64_t timeout_ns);

/* renderer_render() with a limit of its own. */
int vulkan_render_within(struct vulkan *v, const struct scene *scene,
                         struct buses *out, int64_t timeout_ns);

/* Waits for what is in flight; what still is then is left behind. */
void vulkan_free(struct renderer *r);

/* For tests: the first n partials of the chunk rendered last, none being in
   flight. Errors: -ENOTSUP (they are where the host can't look), -EIO. */
int vulkan_read_table(struct renderer *r, struct vulkan_partial *out,
                      uint32_t n);

#endif
