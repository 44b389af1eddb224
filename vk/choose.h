// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which Vulkan device is used: pure functions of what the drivers say about
 * theirs, for any thread.
 */
#ifndef VK_CHOOSE_H
#define VK_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"
#include "vk/loader.h"

#define DEVICE_NONE UINT32_MAX
#define CHOOSE_MAX  16  /* devices looked at */
#define CHOOSE_LINE 640 /* bytes of choose_describe() */

/* What decides about a device. */
struct device_candidate {
    VkPhysicalDeviceType type;
    uint32_t api;            /* VK_MAKE_API_VERSION */
    bool timeline;           /* has timelineSemaphore */
    uint32_t family;         /* of device_queue_family() */
    uint32_t timestamp_bits; /* of that family */
    uint8_t uuid[VK_UUID_SIZE];
    char name[VK_MAX_PHYSICAL_DEVICE_NAME_SIZE];
    char driver[VK_MAX_DRIVER_NAME_SIZE];
};

/*
 * Index of the best usable one (1.2, timeline, a compute queue): discrete
 * before integrated before virtual before CPU, the first among equals.
 * DEVICE_NONE where there is none.
 */
uint32_t choose_best(const struct device_candidate *c, uint32_t n);

/*
 * Index of the one that `gpu` names: NULL or "auto" the best, a decimal index,
 * a UUID in hex with or without dashes, otherwise (and for a number past the
 * last index) a part of the name in any case. DEVICE_NONE if none or several
 * fit, or if it can't be used: then it was logged why, with the list unless the
 * choice was free.
 */
uint32_t choose_device(const struct device_candidate *c, uint32_t n,
                       const char *gpu, const struct log *log);

/* "discrete", "integrated", "virtual", "software", "other". */
const char *choose_type_name(VkPhysicalDeviceType type);

/* "0  software  llvmpipe ...  6d657361-...  llvmpipe": for people. Returns
   line. */
const char *choose_describe(const struct device_candidate *c, uint32_t index,
                            char line[CHOOSE_LINE]);

#endif
