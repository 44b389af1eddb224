// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A Vulkan device with one compute queue, and how it and its memory are chosen.
 * The choices are pure functions of what the driver says, for any thread. The
 * rest is for one thread at a time. It never prints but through the log.
 */
#ifndef VK_DEVICE_H
#define VK_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"
#include "vk/choose.h"
#include "vk/loader.h"

struct device {
    const struct log *log; /* borrowed */
    struct loader vk;
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice handle;
    VkQueue queue;
    uint32_t family;         /* queue family of the queue */
    uint32_t timestamp_bits; /* valid in its timestamps; 0: it has none */
    VkPhysicalDeviceProperties props;
    VkPhysicalDeviceMemoryProperties memory;
};

/*
 * Opens the device that `gpu` chooses, see renderer_open_vulkan(). What is
 * missing is logged as info with the VkResult's name, a choice that can't be
 * made as an error. inject, if not NULL, may replace functions once all are
 * loaded. Errors: -ENODEV, -ENOMEM, -EIO; d is then closed.
 */
int device_open(struct device *d, const struct log *log, const char *gpu,
                void (*inject)(struct loader *l));

/* Every device there is, up to CHOOSE_MAX, whether it can be used or not; none
   is no error here. What is missing is logged as info. Errors: -ENODEV (no
   loader, no driver), -ENOMEM, -EIO. */
int device_list(struct device_candidate c[CHOOSE_MAX], uint32_t *n,
                const struct log *log);

/* Nothing made on it may be left, or in use by the GPU. Accepts a closed one.
 */
void device_close(struct device *d);

/* Says at info level that function `what` failed while something was being made
   on the device, and returns r as -errno. */
int device_refuse(const struct device *d, const char *what, VkResult r);

/* Family with compute, and best without graphics: such a queue isn't held up by
   a desktop's drawing. DEVICE_NONE where there is none. */
uint32_t device_queue_family(const VkQueueFamilyProperties *q, uint32_t n);

/* What a buffer asks of its memory; 0 asks nothing. */
struct device_memory_wish {
    VkMemoryPropertyFlags required;
    VkMemoryPropertyFlags first;  /* wished most of all */
    VkMemoryPropertyFlags second; /* wished next */
    VkMemoryPropertyFlags avoid;  /* better without */
};

/* Best memory type among those whose bit is set in types, the first among
   equals; DEVICE_NONE where none has what is required. */
uint32_t device_memory_type(const VkPhysicalDeviceMemoryProperties *m,
                            uint32_t types,
                            const struct device_memory_wish *wish);

#endif
