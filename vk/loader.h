// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The Vulkan functions in use, found at run time: no program of ours needs
 * libvulkan to start. All calls of Vulkan go through this table, which a test
 * may fill with functions that fail. One thread at a time.
 */
#ifndef VK_LOADER_H
#define VK_LOADER_H

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include "graph/log.h"

/* G: needs no instance, I: needs one, D: needs a device. */
#define LOADER_FUNCTIONS(G, I, D)               \
    G(vkCreateInstance)                         \
    G(vkEnumerateInstanceVersion)               \
    I(vkDestroyInstance)                        \
    I(vkEnumeratePhysicalDevices)               \
    I(vkGetPhysicalDeviceProperties)            \
    I(vkGetPhysicalDeviceProperties2)           \
    I(vkGetPhysicalDeviceFeatures2)             \
    I(vkGetPhysicalDeviceQueueFamilyProperties) \
    I(vkGetPhysicalDeviceMemoryProperties)      \
    I(vkCreateDevice)                           \
    I(vkGetDeviceProcAddr)                      \
    D(vkDestroyDevice)                          \
    D(vkGetDeviceQueue)                         \
    D(vkQueueSubmit)                            \
    D(vkCreateBuffer)                           \
    D(vkDestroyBuffer)                          \
    D(vkGetBufferMemoryRequirements)            \
    D(vkAllocateMemory)                         \
    D(vkFreeMemory)                             \
    D(vkBindBufferMemory)                       \
    D(vkMapMemory)                              \
    D(vkUnmapMemory)                            \
    D(vkInvalidateMappedMemoryRanges)           \
    D(vkCreateShaderModule)                     \
    D(vkDestroyShaderModule)                    \
    D(vkCreateDescriptorSetLayout)              \
    D(vkDestroyDescriptorSetLayout)             \
    D(vkCreatePipelineLayout)                   \
    D(vkDestroyPipelineLayout)                  \
    D(vkCreateComputePipelines)                 \
    D(vkDestroyPipeline)                        \
    D(vkCreatePipelineCache)                    \
    D(vkGetPipelineCacheData)                   \
    D(vkDestroyPipelineCache)                   \
    D(vkCreateDescriptorPool)                   \
    D(vkDestroyDescriptorPool)                  \
    D(vkAllocateDescriptorSets)                 \
    D(vkUpdateDescriptorSets)                   \
    D(vkCreateCommandPool)                      \
    D(vkDestroyCommandPool)                     \
    D(vkAllocateCommandBuffers)                 \
    D(vkBeginCommandBuffer)                     \
    D(vkEndCommandBuffer)                       \
    D(vkCmdBindPipeline)                        \
    D(vkCmdBindDescriptorSets)                  \
    D(vkCmdDispatch)                            \
    D(vkCmdDispatchIndirect)                    \
    D(vkCmdPipelineBarrier)                     \
    D(vkCreateQueryPool)                        \
    D(vkDestroyQueryPool)                       \
    D(vkCmdResetQueryPool)                      \
    D(vkCmdWriteTimestamp)                      \
    D(vkGetQueryPoolResults)                    \
    D(vkCreateSemaphore)                        \
    D(vkDestroySemaphore)                       \
    D(vkGetSemaphoreCounterValue)               \
    D(vkWaitSemaphores)

struct loader {
    void *lib; /* of dlopen, NULL when closed */
    PFN_vkGetInstanceProcAddr vkGetInstanceProcAddr;
#define LOADER_MEMBER(name) PFN_##name name;
    LOADER_FUNCTIONS(LOADER_MEMBER, LOADER_MEMBER, LOADER_MEMBER)
#undef LOADER_MEMBER
};

/*
 * Opens libvulkan and fills in the functions that need no instance. What is
 * missing is logged as info. Errors: -ENODEV (no libvulkan, or one of 1.0).
 */
int loader_open(struct loader *l, const struct log *log);

/* Accepts a closed one and closes for good: no pointer works afterwards. */
void loader_close(struct loader *l);

/* The functions of the instance, of the device. Errors: -ENODEV, logged. */
int loader_instance(struct loader *l, VkInstance instance,
                    const struct log *log);
int loader_device(struct loader *l, VkDevice device, const struct log *log);

/* "VK_ERROR_DEVICE_LOST", or "VkResult" for one this table doesn't know. */
const char *loader_result_name(VkResult r);

/* 0, -ETIMEDOUT, -ENOMEM, -ENODEV (a thing not supported), otherwise -EIO. */
int loader_errno(VkResult r);

#endif
