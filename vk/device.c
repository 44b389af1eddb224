// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/device.h"

#include <errno.h>

#define MAX_DEVICES  16
#define MAX_FAMILIES 32

/* Types whose use would need a feature, or that no host or shader can use. */
#define UNFIT_MEMORY                              \
    (VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT |    \
     VK_MEMORY_PROPERTY_PROTECTED_BIT |           \
     VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD | \
     VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD)

static int rank_type(VkPhysicalDeviceType type)
{
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return 5;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return 4;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return 3;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return 2;
    default:
        return 1;
    }
}

uint32_t device_pick(const struct device_candidate *c, uint32_t n)
{
    uint32_t best = DEVICE_NONE;
    int best_rank = 0;

    for (uint32_t i = 0; i < n; i++) {
        int rank = rank_type(c[i].type);
        if (c[i].api < VK_API_VERSION_1_2 || !c[i].timeline ||
            c[i].family == DEVICE_NONE)
            continue;
        if (rank > best_rank) {
            best = i;
            best_rank = rank;
        }
    }
    return best;
}

uint32_t device_queue_family(const VkQueueFamilyProperties *q, uint32_t n)
{
    uint32_t best = DEVICE_NONE;

    for (uint32_t i = 0; i < n; i++) {
        if (!(q[i].queueFlags & VK_QUEUE_COMPUTE_BIT) || q[i].queueCount == 0)
            continue;
        if (!(q[i].queueFlags & VK_QUEUE_GRAPHICS_BIT))
            return i;
        if (best == DEVICE_NONE)
            best = i;
    }
    return best;
}

uint32_t device_memory_type(const VkPhysicalDeviceMemoryProperties *m,
                            uint32_t types,
                            const struct device_memory_wish *wish)
{
    uint32_t best = DEVICE_NONE;
    int best_score = -1;

    for (uint32_t i = 0; i < m->memoryTypeCount; i++) {
        VkMemoryPropertyFlags f = m->memoryTypes[i].propertyFlags;
        if (!(types & (UINT32_C(1) << i)) || (f & UNFIT_MEMORY) ||
            (f & wish->required) != wish->required)
            continue;
        int score = ((f & wish->first) == wish->first ? 4 : 0) +
                    ((f & wish->second) == wish->second ? 2 : 0) +
                    ((f & wish->avoid) == 0 ? 1 : 0);
        if (score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

int device_refuse(const struct device *d, const char *what, VkResult r)
{
    log_info(d->log, "no Vulkan: %s: %s (%d)", what, loader_result_name(r),
             (int)r);
    return loader_errno(r);
}

static int open_instance(struct device *d)
{
    VkApplicationInfo app = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "longwave",
        .apiVersion = VK_API_VERSION_1_2,
    };
    VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &app,
    };
    VkResult r = d->vk.vkCreateInstance(&info, NULL, &d->instance);

    if (r != VK_SUCCESS) {
        d->instance = VK_NULL_HANDLE;
        return device_refuse(d, "vkCreateInstance", r);
    }
    return loader_instance(&d->vk, d->instance, d->log);
}

/* Everything device_pick() wants to know about p. */
static struct device_candidate examine(const struct device *d,
                                       VkPhysicalDevice p)
{
    VkQueueFamilyProperties q[MAX_FAMILIES];
    uint32_t n_q = MAX_FAMILIES;
    VkPhysicalDeviceProperties props;
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
    };
    VkPhysicalDeviceFeatures2 features = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
        .pNext = &timeline,
    };

    d->vk.vkGetPhysicalDeviceProperties(p, &props);
    d->vk.vkGetPhysicalDeviceQueueFamilyProperties(p, &n_q, q);
    /* An older device doesn't know the struct and must not be asked. */
    if (props.apiVersion >= VK_API_VERSION_1_2)
        d->vk.vkGetPhysicalDeviceFeatures2(p, &features);
    log_debug(d->log, "Vulkan device '%s', type %d, version %u.%u",
              props.deviceName, (int)props.deviceType,
              VK_API_VERSION_MAJOR(props.apiVersion),
              VK_API_VERSION_MINOR(props.apiVersion));
    return (struct device_candidate){
        .type = props.deviceType,
        .api = props.apiVersion,
        .timeline = timeline.timelineSemaphore,
        .family = device_queue_family(q, n_q),
    };
}

static int choose_physical(struct device *d)
{
    VkPhysicalDevice p[MAX_DEVICES];
    struct device_candidate c[MAX_DEVICES];
    uint32_t n = MAX_DEVICES;
    VkResult r = d->vk.vkEnumeratePhysicalDevices(d->instance, &n, p);

    if (r != VK_SUCCESS && r != VK_INCOMPLETE)
        return device_refuse(d, "vkEnumeratePhysicalDevices", r);
    for (uint32_t i = 0; i < n; i++)
        c[i] = examine(d, p[i]);
    uint32_t best = device_pick(c, n);
    if (best == DEVICE_NONE) {
        log_info(d->log,
                 "no Vulkan: none of %u devices has version 1.2, timeline "
                 "semaphores and a compute queue",
                 n);
        return -ENODEV;
    }
    d->physical = p[best];
    d->family = c[best].family;
    d->vk.vkGetPhysicalDeviceProperties(d->physical, &d->props);
    d->vk.vkGetPhysicalDeviceMemoryProperties(d->physical, &d->memory);
    return 0;
}

static int open_handle(struct device *d)
{
    float priority = 1.0f;
    VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = d->family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
        .timelineSemaphore = VK_TRUE,
    };
    VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = &timeline,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
    };
    VkResult r = d->vk.vkCreateDevice(d->physical, &info, NULL, &d->handle);

    if (r != VK_SUCCESS) {
        d->handle = VK_NULL_HANDLE;
        return device_refuse(d, "vkCreateDevice", r);
    }
    return loader_device(&d->vk, d->handle, d->log);
}

int device_open(struct device *d, const struct log *log)
{
    int ret = 0;

    *d = (struct device){.log = log};
    ret = loader_open(&d->vk, log);
    if (ret < 0)
        goto out;
    ret = open_instance(d);
    if (ret < 0)
        goto out;
    ret = choose_physical(d);
    if (ret < 0)
        goto out;
    ret = open_handle(d);
    if (ret < 0)
        goto out;
    d->vk.vkGetDeviceQueue(d->handle, d->family, 0, &d->queue);
out:
    if (ret < 0)
        device_close(d);
    return ret;
}

void device_close(struct device *d)
{
    /* Half open, the table may lack what would destroy. */
    if (d->handle && d->vk.vkDestroyDevice)
        d->vk.vkDestroyDevice(d->handle, NULL);
    if (d->instance && d->vk.vkDestroyInstance)
        d->vk.vkDestroyInstance(d->instance, NULL);
    loader_close(&d->vk);
    *d = (struct device){0};
}
