// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A Vulkan buffer with memory of its own, mapped where the host takes part.
 * One thread at a time.
 */
#ifndef VK_BUFFER_H
#define VK_BUFFER_H

#include <stdbool.h>

#include "vk/device.h"

enum buffer_use {
    BUFFER_UPLOAD,   /* host writes, GPU reads once: on the device if mappable
                        there; always coherent */
    BUFFER_DEVICE,   /* GPU only */
    BUFFER_READBACK, /* GPU writes, host reads: cached where possible, since the
                        host reads other memory at a crawl */
};

struct buffer {
    VkBuffer handle;
    VkDeviceMemory memory;
    VkDeviceSize size; /* bytes */
    void *map;         /* NULL for BUFFER_DEVICE */
    bool mappable;     /* whatever map is */
    bool coherent;     /* else buffer_invalidate() has work to do */
};

/* Errors, logged: -ENOMEM, -ENODEV (larger than the device allows), -EIO; b can
   then go to buffer_fini(), as can one that is all zero. */
int buffer_init(struct buffer *b, const struct device *d, enum buffer_use use,
                VkDeviceSize size, VkBufferUsageFlags usage);
void buffer_fini(struct buffer *b, const struct device *d);

/* Makes what the GPU wrote visible to the host, after the wait and before the
   read. Errors: -ENOMEM, -EIO. */
int buffer_invalidate(const struct buffer *b, const struct device *d);

#endif
