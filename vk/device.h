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
#include "vk/loader.h"

#define DEVICE_NONE UINT32_MAX

struct device {
    const struct log *log; /* borrowed */
    struct loader vk;
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice handle;
    VkQueue queue;
    uint32_t family; /* queue family of the queue */
    VkPhysicalDeviceProperties props;
    VkPhysicalDeviceMemoryProperties memory;
};

/*
 * Opens the best device. What is missing is logged as info with the VkResult's
 * name. Errors: -ENODEV, -ENOMEM, -EIO; d is then closed.
 */
int device_open(struct device *d, const struct log *log);

/* Nothing made on it may be left, or in use by the GPU. Accepts a closed one.
 */
void device_close(struct device *d);

/* Says at info level that function `what` failed while something was being made
   on the device, and returns r as -errno. */
int device_refuse(const struct device *d, const char *what, VkResult r);

/* What decides about a device. */
struct device_candidate {
    VkPhysicalDeviceType type;
    uint32_t api;    /* VK_MAKE_API_VERSION */
    bool timeline;   /* has timelineSemaphore */
    uint32_t family; /* of device_queue_family() */
};

/*
 * Index of the best usable one (1.2, timeline, a compute queue): discrete
 * before integrated before virtual before CPU, the first among equals.
 * DEVICE_NONE where there is none.
 */
uint32_t device_pick(const struct device_candidate *c, uint32_t n);

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
