// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Compiled pipelines on disk, so that a start need not wait for the driver's
 * compiler: one file per device under $XDG_CACHE_HOME/longwave, or
 * ~/.cache/longwave. A convenience: whatever goes wrong with it is logged at
 * debug level and no error. One thread at a time.
 */
#ifndef VK_CACHE_H
#define VK_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "vk/device.h"

/* Whether size bytes of data are a cache of this device and driver, by the
   header that Vulkan prescribes (VkPipelineCacheHeaderVersionOne). */
bool cache_fits(const void *data, size_t size,
                const VkPhysicalDeviceProperties *props);

/* A cache with what is on disk, or an empty one; VK_NULL_HANDLE on failure,
   which serves as well. */
VkPipelineCache cache_open(const struct device *d);

/* Writes it back, if it has grown since, to a new file that then takes the old
   one's place; and destroys it. Accepts VK_NULL_HANDLE. */
void cache_close(VkPipelineCache cache, const struct device *d);

#endif
