// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The Vulkan renderer's start and end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "vk/cache.h"
#include "vk/vulkan.h"

/* The first chunk may wait for the driver's compiler, whatever the limit of
   those to come; a lost one is waited for before its buffers are given up. ns.
 */
#define WARM_UP_NS (10 * NS_PER_S)
#define DRAIN_NS   (2 * NS_PER_S)

static int make_tables(struct vulkan *v)
{
    const VkBufferUsageFlags storage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
    const struct scene_limits *max = &v->opts.max;
    VkDeviceSize n = v->opts.thin ? max->thin : max->partials;
    int ret;

    ret = buffer_init(&v->table, &v->dev, BUFFER_DEVICE,
                      n * sizeof(struct vulkan_partial), storage);
    if (ret < 0)
        return ret;
    return buffer_init(&v->sums, &v->dev, BUFFER_DEVICE, slot_sums_size(),
                       storage);
}

static int make_kernels(struct vulkan *v)
{
    VkPipelineCache cache = cache_open(&v->dev);
    int ret = kernels_init(&v->kernels, &v->dev, cache, RENDERER_SLOTS);

    cache_close(cache, &v->dev);
    return ret;
}

static int make_timeline(struct vulkan *v)
{
    VkSemaphoreTypeCreateInfo type = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
        .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
    };
    VkSemaphoreCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
        .pNext = &type,
    };
    VkResult r =
        v->dev.vk.vkCreateSemaphore(v->dev.handle, &info, NULL, &v->timeline);

    return r == VK_SUCCESS ? 0 : device_refuse(&v->dev, "vkCreateSemaphore", r);
}

static int make_pools(struct vulkan *v)
{
    const struct loader *vk = &v->dev.vk;
    VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = v->dev.family,
    };
    VkQueryPoolCreateInfo queries = {
        .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
        .queryType = VK_QUERY_TYPE_TIMESTAMP,
        .queryCount = 2 * RENDERER_SLOTS,
    };
    VkResult r = vk->vkCreateCommandPool(v->dev.handle, &pool, NULL, &v->pool);

    if (r != VK_SUCCESS)
        return device_refuse(&v->dev, "vkCreateCommandPool", r);
    if (v->dev.timestamp_bits == 0)
        return 0;
    r = vk->vkCreateQueryPool(v->dev.handle, &queries, NULL, &v->queries);
    if (r != VK_SUCCESS)
        return device_refuse(&v->dev, "vkCreateQueryPool", r);
    return 0;
}

static int make_slots(struct vulkan *v)
{
    v->shared = (struct slot_shared){
        .dev = &v->dev,
        .kernels = &v->kernels,
        .table = &v->table,
        .sums = &v->sums,
        .pool = v->pool,
        .queries = v->queries,
        .max = v->opts.max,
        .thin = v->opts.thin,
    };
    for (uint32_t i = 0; i < RENDERER_SLOTS; i++) {
        int ret = slot_init(&v->slots[i], &v->shared, i);
        if (ret < 0)
            return ret;
    }
    return 0;
}

/* A partial with all there is to a partial, so that whatever drivers put off
   until the first real dispatch is done before a chunk is due. */
static int warm_up(struct vulkan *v)
{
    bool modulated = v->opts.max.mods > 0;
    struct scene_note note = {
        .n_bands = 1, .n_members = 1, .n_thin = 1, .n_mods = modulated};
    struct scene_band band = {.inc_hi = 1u << 24, .level = {1.0f}};
    struct scene_mod mod = {{0.25f}};
    const struct scene s = {
        .bus_first = {0, 1, 1, 1, 1},
        .n_bands = 1,
        .n_mods = modulated,
        .n_partials = 1,
        .n_thin = 1,
        .notes = &note,
        .bands = &band,
        .mods = &mod,
    };
    struct buses *out = malloc(sizeof(*out));
    int ret = -ENOMEM;

    if (out)
        ret = vulkan_render_within(v, &s, out, WARM_UP_NS);
    free(out);
    return ret == -ETIMEDOUT ? -EIO : ret;
}

/* Without the parenthesis some drivers end their names with. */
static void name_from(struct vulkan *v)
{
    const char *device = v->dev.props.deviceName;
    const char *cut = strstr(device, " (");
    int len = (int)(cut ? (size_t)(cut - device) : strlen(device));

    snprintf(v->base.name, sizeof(v->base.name), "Vulkan (%.*s)",
             len < 80 ? len : 80, device);
}

void vulkan_free(struct renderer *r)
{
    struct vulkan *v = (struct vulkan *)r;
    const struct loader *vk = &v->dev.vk;

    if (vulkan_settle(v, v->submitted, DRAIN_NS) == -ETIMEDOUT) {
        log_warn(v->opts.log,
                 "%s hangs: its buffers are left behind until the exit",
                 v->base.name);
        return;
    }
    for (uint32_t i = 0; i < RENDERER_SLOTS && v->shared.dev; i++)
        slot_fini(&v->slots[i], &v->shared);
    if (v->timeline)
        vk->vkDestroySemaphore(v->dev.handle, v->timeline, NULL);
    if (v->queries)
        vk->vkDestroyQueryPool(v->dev.handle, v->queries, NULL);
    if (v->pool)
        vk->vkDestroyCommandPool(v->dev.handle, v->pool, NULL);
    kernels_fini(&v->kernels, &v->dev);
    buffer_fini(&v->sums, &v->dev);
    buffer_fini(&v->table, &v->dev);
    device_close(&v->dev);
    free(v);
}

static int make_parts(struct vulkan *v)
{
    int (*const steps[])(struct vulkan *) = {make_tables,   make_kernels,
                                             make_timeline, make_pools,
                                             make_slots,    warm_up};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int ret = steps[i](v);
        if (ret < 0)
            return ret;
    }
    return 0;
}

int renderer_open_vulkan(struct renderer **out, const struct renderer_opts *o)
{
    struct renderer *r = NULL;
    struct vulkan *v = NULL;
    int ret = -ENOMEM;

    *out = NULL;
    if (o->max.notes == 0 || o->max.bands == 0 || o->max.partials == 0 ||
        o->max.thin == 0)
        return -EINVAL;
    v = calloc(1, sizeof(*v));
    if (!v)
        goto out;
    r = &v->base;
    r->ops = &vulkan_ops;
    r->stats.gpu_ns = -1;
    v->opts = *o;
    ret = device_open(&v->dev, o->log, o->gpu, o->inject);
    if (ret < 0)
        goto out;
    name_from(v);
    r->software = v->dev.props.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
    ret = make_parts(v);
    if (ret < 0)
        goto out;
    *out = r;
    r = NULL;
out:
    renderer_free(&r);
    return ret;
}
