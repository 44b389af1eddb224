// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One chunk on its way through a Vulkan device: the buffers that hold what
 * differs from chunk to chunk, the number of workgroups included, so that the
 * command buffer is recorded once. What no two chunks need at a time, the table
 * of partials and the slices' sums, is shared between slots: the first barrier
 * of each command buffer keeps them apart. One thread at a time.
 */
#ifndef VK_SLOT_H
#define VK_SLOT_H

#include <stdbool.h>

#include "vk/buffer.h"
#include "vk/kernels.h"
#include "vk/scene.h"

/* What all slots share. Filled in by vulkan.c, borrowed by the slots. */
struct slot_shared {
    const struct device *dev;
    const struct kernels *kernels;
    const struct buffer *table; /* of pass 0 */
    const struct buffer *sums;  /* of pass 1 */
    VkCommandPool pool;
    VkQueryPool queries; /* two per slot; VK_NULL_HANDLE: no timestamps */
    struct scene_limits max;
    bool thin;
};

enum slot_state {
    SLOT_FREE,
    SLOT_FLYING,
    SLOT_DROPPED, /* in flight, and nobody wants it */
};

struct slot {
    enum slot_state state;
    int64_t first;       /* frame of its chunk */
    uint64_t submission; /* number of its chunk; the timeline's when done */
    uint32_t index;      /* [init] among the slots */
    struct buffer control, notes, rows, result;
    VkCommandBuffer cmd;
};

/* Slices of partials, each the work of one workgroup of pass 1: at least
   SLOT_SLICE_MIN partials, and about SLOT_SLICES of them at most, which bounds
   their sums to 16 MiB. */
#define SLOT_SLICE_MIN 64
#define SLOT_SLICES    2048

/* Bytes of the sums of as many slices as there can be. */
VkDeviceSize slot_sums_size(void);

/* Errors, logged: -ENOMEM, -ENODEV, -EIO; s can then go to slot_fini(), as can
   one that is all zero. */
int slot_init(struct slot *s, const struct slot_shared *g, uint32_t index);
void slot_fini(struct slot *s, const struct slot_shared *g);

/* Copies the chunk's input, s being free and the scene checked. */
void slot_upload(struct slot *s, const struct slot_shared *g,
                 const struct scene *scene, uint64_t submission);

/*
 * Copies the samples of the chunk last uploaded, which must be done.
 * Errors: -EIO (some of them are not of that chunk, or not to be had).
 */
int slot_download(struct slot *s, const struct slot_shared *g,
                  struct buses *out);

/* How long the device worked on it, ns; -1 if it can't say. */
int64_t slot_gpu_ns(const struct slot *s, const struct slot_shared *g);

#endif
