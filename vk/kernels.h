// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The three compute passes on a device: pipelines made from the built-in
 * shaders, and the sets that tie them to a slot's buffers. One thread at a
 * time.
 */
#ifndef VK_KERNELS_H
#define VK_KERNELS_H

#include "vk/device.h"
#include "vk/shaders/layout.h"

#define KERNELS_LOCAL 32 /* invocations of a workgroup, in each pass */

enum kernels_pass { PASS_DRAW, PASS_PARTIALS, PASS_SUM, PASS_COUNT };

struct kernels {
    VkDescriptorSetLayout set_layout; /* of all passes */
    VkPipelineLayout layout;
    VkPipeline pipeline[PASS_COUNT];
    VkDescriptorPool pool;
};

/* Buffer of each binding of each pass. */
struct kernels_bindings {
    VkDescriptorBufferInfo buffer[PASS_COUNT][LAYOUT_BINDINGS];
};

/*
 * cache may be VK_NULL_HANDLE; slots is how often kernels_bind() will be
 * called. Errors, logged: -ENOMEM, -ENODEV, -EIO; k can then go to
 * kernels_fini(), as can one that is all zero.
 */
int kernels_init(struct kernels *k, const struct device *d,
                 VkPipelineCache cache, uint32_t slots);
void kernels_fini(struct kernels *k, const struct device *d);

/* The passes' sets for one slot, which live as long as k. Errors, logged:
   -ENOMEM, -EIO. */
int kernels_bind(const struct kernels *k, const struct device *d,
                 const struct kernels_bindings *bindings,
                 VkDescriptorSet set[PASS_COUNT]);

/* Records that pass p comes next, with its set; the dispatch is the caller's.
 */
void kernels_use(const struct kernels *k, const struct device *d,
                 VkCommandBuffer cmd, enum kernels_pass p, VkDescriptorSet set);

#endif
