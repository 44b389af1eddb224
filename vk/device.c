// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/device.h"

#include <errno.h>
#include <string.h>

#include "vk/renderer.h"

#define MAX_DEVICES  CHOOSE_MAX
#define MAX_FAMILIES 32

/* Types whose use would need a feature, or that no host or shader can use. */
#define UNFIT_MEMORY                              \
    (VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT |    \
     VK_MEMORY_PROPERTY_PROTECTED_BIT |           \
     VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD | \
     VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD)

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

/* The queue family to use, and how many bits its timestamps have. */
static uint32_t examine_queues(const struct device *d, VkPhysicalDevice p,
                               uint32_t *timestamp_bits)
{
    VkQueueFamilyProperties q[MAX_FAMILIES];
    uint32_t n = MAX_FAMILIES;
    uint32_t family;

    d->vk.vkGetPhysicalDeviceQueueFamilyProperties(p, &n, q);
    family = device_queue_family(q, n);
    *timestamp_bits = family == DEVICE_NONE ? 0 : q[family].timestampValidBits;
    return family;
}

/* Everything choose_device() wants to know about p. */
static struct device_candidate examine(const struct device *d,
                                       VkPhysicalDevice p)
{
    VkPhysicalDeviceDriverProperties driver = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES,
    };
    VkPhysicalDeviceIDProperties id = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
    };
    VkPhysicalDeviceProperties2 props = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
        .pNext = &id,
    };
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
    };
    VkPhysicalDeviceFeatures2 features = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
        .pNext = &timeline,
    };
    struct device_candidate c = {0};

    d->vk.vkGetPhysicalDeviceProperties(p, &props.properties);
    /* An older device doesn't know the structs and must not be asked. */
    if (props.properties.apiVersion >= VK_API_VERSION_1_2) {
        id.pNext = &driver;
        d->vk.vkGetPhysicalDeviceProperties2(p, &props);
        d->vk.vkGetPhysicalDeviceFeatures2(p, &features);
    }
    c.type = props.properties.deviceType;
    c.api = props.properties.apiVersion;
    c.timeline = timeline.timelineSemaphore;
    c.family = examine_queues(d, p, &c.timestamp_bits);
    memcpy(c.name, props.properties.deviceName, sizeof(c.name));
    memcpy(c.driver, driver.driverName, sizeof(c.driver));
    memcpy(c.uuid, id.deviceUUID, sizeof(c.uuid));
    log_debug(d->log, "Vulkan device '%s', %s, version %u.%u", c.name,
              choose_type_name(c.type), VK_API_VERSION_MAJOR(c.api),
              VK_API_VERSION_MINOR(c.api));
    return c;
}

/* Up to MAX_DEVICES. Errors, logged: -ENODEV, -ENOMEM, -EIO. */
static int examine_all(struct device *d, VkPhysicalDevice *p,
                       struct device_candidate *c, uint32_t *n)
{
    VkResult r;

    *n = MAX_DEVICES;
    r = d->vk.vkEnumeratePhysicalDevices(d->instance, n, p);
    if (r != VK_SUCCESS && r != VK_INCOMPLETE)
        return device_refuse(d, "vkEnumeratePhysicalDevices", r);
    for (uint32_t i = 0; i < *n; i++)
        c[i] = examine(d, p[i]);
    return 0;
}

static int choose_physical(struct device *d, const char *gpu)
{
    VkPhysicalDevice p[MAX_DEVICES];
    struct device_candidate c[MAX_DEVICES];
    uint32_t n, best;
    int ret = examine_all(d, p, c, &n);

    if (ret < 0)
        return ret;
    best = choose_device(c, n, gpu, d->log);
    if (best == DEVICE_NONE)
        return -ENODEV;
    d->physical = p[best];
    d->family = c[best].family;
    d->timestamp_bits = c[best].timestamp_bits;
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

/* As far as devices can be asked about. */
static int open_loaded(struct device *d, const struct log *log)
{
    int ret;

    *d = (struct device){.log = log};
    ret = loader_open(&d->vk, log);
    return ret < 0 ? ret : open_instance(d);
}

int device_open(struct device *d, const struct log *log, const char *gpu,
                void (*inject)(struct loader *l))
{
    int ret = open_loaded(d, log);

    if (ret < 0)
        goto out;
    ret = choose_physical(d, gpu);
    if (ret < 0)
        goto out;
    ret = open_handle(d);
    if (ret < 0)
        goto out;
    if (inject)
        inject(&d->vk);
    d->vk.vkGetDeviceQueue(d->handle, d->family, 0, &d->queue);
out:
    if (ret < 0)
        device_close(d);
    return ret;
}

int device_list(struct device_candidate c[CHOOSE_MAX], uint32_t *n,
                const struct log *log)
{
    VkPhysicalDevice p[MAX_DEVICES];
    struct device d;
    int ret = open_loaded(&d, log);

    *n = 0;
    if (ret == 0)
        ret = examine_all(&d, p, c, n);
    if (ret < 0)
        *n = 0;
    device_close(&d);
    return ret;
}

int renderer_list_gpus(FILE *to, const struct log *log)
{
    struct device_candidate c[CHOOSE_MAX];
    uint32_t n;
    int ret = device_list(c, &n, log);

    if (ret == 0 && n == 0) {
        log_info(log, "no Vulkan: there is no device");
        ret = -ENODEV;
    }
    for (uint32_t i = 0; i < n; i++) {
        char line[CHOOSE_LINE];
        if (fprintf(to, "%s\n", choose_describe(&c[i], i, line)) < 0)
            ret = -EIO;
    }
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
