// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/buffer.h"

#include <errno.h>
#include <stddef.h>

static const struct device_memory_wish wishes[] = {
    [BUFFER_UPLOAD] = {.required = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                   VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                       .first = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
                       .avoid = VK_MEMORY_PROPERTY_HOST_CACHED_BIT},
    [BUFFER_DEVICE] = {.first = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
                       .avoid = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT},
    [BUFFER_READBACK] = {.required = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT,
                         .first = VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
                         .second = VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                         .avoid = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT},
};

/* Tries the types best first: a mappable heap on the device may be small. */
static int allocate(struct buffer *b, const struct device *d,
                    enum buffer_use use)
{
    VkMemoryRequirements need;
    VkResult r = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    uint32_t types;

    d->vk.vkGetBufferMemoryRequirements(d->handle, b->handle, &need);
    types = need.memoryTypeBits;
    for (;;) {
        uint32_t t = device_memory_type(&d->memory, types, &wishes[use]);
        if (t == DEVICE_NONE)
            return device_refuse(d, "vkAllocateMemory", r);
        VkMemoryAllocateInfo info = {
            .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
            .allocationSize = need.size,
            .memoryTypeIndex = t,
        };
        r = d->vk.vkAllocateMemory(d->handle, &info, NULL, &b->memory);
        if (r == VK_SUCCESS) {
            VkMemoryPropertyFlags f = d->memory.memoryTypes[t].propertyFlags;
            b->mappable = (f & VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT) != 0;
            b->coherent = (f & VK_MEMORY_PROPERTY_HOST_COHERENT_BIT) != 0;
            return 0;
        }
        b->memory = VK_NULL_HANDLE;
        types &= ~(UINT32_C(1) << t);
    }
}

int buffer_init(struct buffer *b, const struct device *d, enum buffer_use use,
                VkDeviceSize size, VkBufferUsageFlags usage)
{
    VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = size,
        .usage = usage,
        .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
    };
    VkResult r;
    int ret;

    *b = (struct buffer){.size = size};
    if (size > d->props.limits.maxStorageBufferRange) {
        log_info(d->log, "no Vulkan: the device has buffers up to %u bytes",
                 d->props.limits.maxStorageBufferRange);
        return -ENODEV;
    }
    r = d->vk.vkCreateBuffer(d->handle, &info, NULL, &b->handle);
    if (r != VK_SUCCESS) {
        b->handle = VK_NULL_HANDLE;
        return device_refuse(d, "vkCreateBuffer", r);
    }
    ret = allocate(b, d, use);
    if (ret < 0)
        return ret;
    r = d->vk.vkBindBufferMemory(d->handle, b->handle, b->memory, 0);
    if (r != VK_SUCCESS)
        return device_refuse(d, "vkBindBufferMemory", r);
    if (use == BUFFER_DEVICE)
        return 0;
    r = d->vk.vkMapMemory(d->handle, b->memory, 0, VK_WHOLE_SIZE, 0, &b->map);
    if (r != VK_SUCCESS) {
        b->map = NULL;
        return device_refuse(d, "vkMapMemory", r);
    }
    return 0;
}

void buffer_fini(struct buffer *b, const struct device *d)
{
    if (b->handle)
        d->vk.vkDestroyBuffer(d->handle, b->handle, NULL);
    if (b->memory)
        d->vk.vkFreeMemory(d->handle, b->memory, NULL); /* unmaps too */
    *b = (struct buffer){0};
}

int buffer_invalidate(const struct buffer *b, const struct device *d)
{
    VkMappedMemoryRange range = {
        .sType = VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE,
        .memory = b->memory,
        .size = VK_WHOLE_SIZE,
    };

    if (b->coherent)
        return 0;
    return loader_errno(
        d->vk.vkInvalidateMappedMemoryRanges(d->handle, 1, &range));
}
