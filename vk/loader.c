// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define LIBRARY "libvulkan.so.1"

#define SKIP(name)

int loader_open(struct loader *l, const struct log *log)
{
    *l = (struct loader){0};
    l->lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!l->lib) {
        log_info(log, "no Vulkan: %s", dlerror());
        return -ENODEV;
    }
    /* ISO C has no cast from object to function pointer, POSIX this way. */
    void *sym = dlsym(l->lib, "vkGetInstanceProcAddr");
    memcpy(&l->vkGetInstanceProcAddr, &sym, sizeof(sym));
    if (!sym)
        goto missing;
#define LOAD(name)                                               \
    l->name = (PFN_##name)l->vkGetInstanceProcAddr(NULL, #name); \
    if (!l->name)                                                \
        goto missing;
    LOADER_FUNCTIONS(LOAD, SKIP, SKIP)
#undef LOAD
    return 0;
missing:
    log_info(log, "no Vulkan: " LIBRARY " is older than Vulkan 1.1");
    loader_close(l);
    return -ENODEV;
}

void loader_close(struct loader *l)
{
    if (l->lib)
        dlclose(l->lib);
    *l = (struct loader){0};
}

int loader_instance(struct loader *l, VkInstance instance,
                    const struct log *log)
{
#define LOAD(name)                                                   \
    l->name = (PFN_##name)l->vkGetInstanceProcAddr(instance, #name); \
    if (!l->name) {                                                  \
        log_info(log, "no Vulkan: the instance lacks " #name);       \
        return -ENODEV;                                              \
    }
    LOADER_FUNCTIONS(SKIP, LOAD, SKIP)
#undef LOAD
    return 0;
}

int loader_device(struct loader *l, VkDevice device, const struct log *log)
{
#define LOAD(name)                                               \
    l->name = (PFN_##name)l->vkGetDeviceProcAddr(device, #name); \
    if (!l->name) {                                              \
        log_info(log, "no Vulkan: the device lacks " #name);     \
        return -ENODEV;                                          \
    }
    LOADER_FUNCTIONS(SKIP, SKIP, LOAD)
#undef LOAD
    return 0;
}

const char *loader_result_name(VkResult r)
{
#define NAME(n) \
    case n:     \
        return #n;
    switch (r) {
        NAME(VK_SUCCESS)
        NAME(VK_NOT_READY)
        NAME(VK_TIMEOUT)
        NAME(VK_INCOMPLETE)
        NAME(VK_ERROR_OUT_OF_HOST_MEMORY)
        NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY)
        NAME(VK_ERROR_INITIALIZATION_FAILED)
        NAME(VK_ERROR_DEVICE_LOST)
        NAME(VK_ERROR_MEMORY_MAP_FAILED)
        NAME(VK_ERROR_LAYER_NOT_PRESENT)
        NAME(VK_ERROR_EXTENSION_NOT_PRESENT)
        NAME(VK_ERROR_FEATURE_NOT_PRESENT)
        NAME(VK_ERROR_INCOMPATIBLE_DRIVER)
        NAME(VK_ERROR_TOO_MANY_OBJECTS)
        NAME(VK_ERROR_FRAGMENTED_POOL)
        NAME(VK_ERROR_UNKNOWN)
        NAME(VK_ERROR_OUT_OF_POOL_MEMORY)
        NAME(VK_ERROR_INVALID_SHADER_NV)
    default:
        return "VkResult";
    }
#undef NAME
}

int loader_errno(VkResult r)
{
    switch (r) {
    case VK_SUCCESS:
        return 0;
    case VK_TIMEOUT:
        return -ETIMEDOUT;
    case VK_ERROR_OUT_OF_HOST_MEMORY:
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
    case VK_ERROR_OUT_OF_POOL_MEMORY:
    case VK_ERROR_FRAGMENTED_POOL:
        return -ENOMEM;
    case VK_ERROR_INITIALIZATION_FAILED:
    case VK_ERROR_LAYER_NOT_PRESENT:
    case VK_ERROR_EXTENSION_NOT_PRESENT:
    case VK_ERROR_FEATURE_NOT_PRESENT:
    case VK_ERROR_INCOMPATIBLE_DRIVER:
        return -ENODEV;
    default:
        return -EIO;
    }
}
