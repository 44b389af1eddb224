// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The two compute passes on a device: pipelines made from the built-in shaders,
 * and the sets that tie them to the buffers. One thread at a time.
 */
#ifndef VK_KERNELS_H
#define VK_KERNELS_H

#include "vk/device.h"
#include "vk/shaders/layout.h"

#define KERNELS_LOCAL 32 /* invocations of a workgroup, in either pass */

enum kernels_pass { PASS_PARTIALS, PASS_SUM, PASS_COUNT };

struct kernels {
    VkDescriptorSetLayout set_layout; /* of both passes */
    VkPipelineLayout layout;
    VkPipeline pipeline[PASS_COUNT];
    VkDescriptorPool pool;
    VkDescriptorSet set[PASS_COUNT];
};

/* Buffer of each binding of each pass. */
struct kernels_bindings {
    VkDescriptorBufferInfo buffer[PASS_COUNT][LAYOUT_BINDINGS];
};

/*
 * slice: partials that one invocation of the first pass adds up. Errors,
 * logged: -ENOMEM, -ENODEV, -EIO; k can then go to kernels_fini(), as can one
 * that is all zero.
 */
int kernels_init(struct kernels *k, const struct device *d,
                 const struct kernels_bindings *bindings, uint32_t slice);
void kernels_fini(struct kernels *k, const struct device *d);

/* Records binding pass p; the dispatch is the caller's. */
void kernels_bind(const struct kernels *k, const struct device *d,
                  VkCommandBuffer cmd, enum kernels_pass p);

#endif
