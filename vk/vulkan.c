// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The Vulkan renderer: a few slots (vk/slot.h) on one queue and one timeline.
 * Every wait is finite: a GPU may hang, its user not.
 */
#include "vk/vulkan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "vk/cache.h"
#include "vk/slot.h"

/* The first chunk may wait for the driver's compiler, whatever the limit of
   those to come; a lost one is waited for before its buffers are given up. ns.
 */
#define WARM_UP_NS (10 * NS_PER_S)
#define DRAIN_NS   (2 * NS_PER_S)

struct vulkan {
    struct renderer base;
    struct renderer_opts opts; /* [init] */
    struct device dev;
    struct buffer table, sums;
    struct kernels kernels;
    VkCommandPool pool;
    VkQueryPool queries;
    VkSemaphore timeline; /* reaches n when submission n is done */
    struct slot_shared shared;
    struct slot slots[RENDERER_SLOTS];
    uint64_t submitted; /* number of the last submission */
    uint64_t done;      /* last one known to be done */
    bool lost;          /* for good */
};

_Static_assert(sizeof(struct vulkan_partial) == 48, "std430 stride");

static int lose(struct vulkan *v, const char *what, VkResult r)
{
    log_warn(v->opts.log, "%s lost: %s: %s (%d)", v->base.name, what,
             loader_result_name(r), (int)r);
    v->lost = true;
    return -EIO;
}

/* --- in flight ---------------------------------------------------------- */

/* Frees the slots whose chunks are done and not wanted. */
static void reclaim(struct vulkan *v)
{
    for (uint32_t i = 0; i < RENDERER_SLOTS; i++)
        if (v->slots[i].state == SLOT_DROPPED &&
            v->slots[i].submission <= v->done)
            v->slots[i].state = SLOT_FREE;
}

/* Waits until submission n is done, 0 or less: looks whether it is.
   Errors: -ETIMEDOUT, -EIO (lost). */
static int settle(struct vulkan *v, uint64_t n, int64_t timeout_ns)
{
    VkSemaphoreWaitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &v->timeline,
        .pValues = &n,
    };
    VkResult r;

    if (v->done >= n)
        return 0;
    if (timeout_ns < 0)
        timeout_ns = 0; /* unsigned it would be for ever */
    r = v->dev.vk.vkWaitSemaphores(v->dev.handle, &info, (uint64_t)timeout_ns);
    if (r == VK_TIMEOUT)
        return -ETIMEDOUT;
    if (r != VK_SUCCESS)
        return lose(v, "vkWaitSemaphores", r);
    v->done = n;
    reclaim(v);
    return 0;
}

/* The slot in that state which was submitted first, NULL if there is none. */
static struct slot *oldest(struct vulkan *v, enum slot_state state)
{
    struct slot *found = NULL;

    for (uint32_t i = 0; i < RENDERER_SLOTS; i++) {
        struct slot *s = &v->slots[i];
        if (s->state == state && (!found || s->submission < found->submission))
            found = s;
    }
    return found;
}

static struct slot *flying(struct vulkan *v, int64_t first)
{
    struct slot *found = NULL;

    for (uint32_t i = 0; i < RENDERER_SLOTS; i++) {
        struct slot *s = &v->slots[i];
        if (s->state == SLOT_FLYING && s->first == first &&
            (!found || s->submission < found->submission))
            found = s;
    }
    return found;
}

/* A free slot, waiting for a dropped one if there is no other.
   Errors: -EAGAIN (all are wanted), -ETIMEDOUT, -EIO. */
static int take_slot(struct vulkan *v, struct slot **out, int64_t timeout_ns)
{
    struct slot *dropped = oldest(v, SLOT_DROPPED);
    int ret;

    *out = oldest(v, SLOT_FREE);
    if (*out)
        return 0;
    if (!dropped)
        return -EAGAIN;
    ret = settle(v, dropped->submission, timeout_ns);
    if (ret < 0)
        return ret;
    *out = dropped;
    return 0;
}

/* --- rendering ---------------------------------------------------------- */

static int submit(struct vulkan *v, struct slot *s)
{
    VkTimelineSemaphoreSubmitInfo timeline = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &s->submission,
    };
    VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = &timeline,
        .commandBufferCount = 1,
        .pCommandBuffers = &s->cmd,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &v->timeline,
    };
    VkResult r =
        v->dev.vk.vkQueueSubmit(v->dev.queue, 1, &info, VK_NULL_HANDLE);

    if (r != VK_SUCCESS)
        return lose(v, "vkQueueSubmit", r);
    v->submitted = s->submission;
    s->state = SLOT_FLYING;
    return 0;
}

/* Waits up to timeout_ns for a slot of a chunk nobody wants. */
static int submit_within(struct vulkan *v, const struct scene *scene,
                         int64_t timeout_ns)
{
    struct slot *s;
    int ret;

    if (v->lost)
        return -EIO;
    ret = scene_check(scene, &v->opts.max);
    if (ret < 0)
        return ret;
    ret = take_slot(v, &s, timeout_ns);
    if (ret < 0)
        return ret;
    slot_upload(s, &v->shared, scene, v->submitted + 1);
    return submit(v, s);
}

static int vulkan_submit(struct renderer *r, const struct scene *scene)
{
    int ret = submit_within((struct vulkan *)r, scene, 0);

    return ret == -ETIMEDOUT ? -EAGAIN : ret;
}

static int vulkan_collect(struct renderer *r, int64_t first, struct buses *out,
                          int64_t timeout_ns)
{
    struct vulkan *v = (struct vulkan *)r;
    struct slot *s = flying(v, first);
    int64_t start = clock_now();
    int ret;

    if (v->lost)
        return -EIO;
    if (!s)
        return -ENOENT;
    ret = settle(v, s->submission, timeout_ns);
    if (ret == -ETIMEDOUT && timeout_ns <= 0)
        return -EAGAIN;
    if (ret < 0)
        return ret;
    v->base.stats.wait_ns = clock_now() - start;
    if (slot_download(s, &v->shared, out) < 0) {
        log_warn(v->opts.log, "%s lost: chunk %u is done but isn't there",
                 v->base.name, (uint32_t)s->submission);
        v->lost = true;
        return -EIO;
    }
    v->base.stats.gpu_ns = slot_gpu_ns(s, &v->shared);
    s->state = SLOT_FREE;
    return 0;
}

static void vulkan_drop(struct renderer *r, int64_t first)
{
    struct vulkan *v = (struct vulkan *)r;
    struct slot *s = flying(v, first);

    if (!s)
        return;
    s->state = SLOT_DROPPED;
    reclaim(v);
}

static int render_within(struct vulkan *v, const struct scene *scene,
                         struct buses *out, int64_t timeout_ns)
{
    int ret = submit_within(v, scene, timeout_ns);

    if (ret < 0)
        return ret;
    ret = vulkan_collect(&v->base, scene->first, out, timeout_ns);
    if (ret == -EAGAIN)
        ret = -ETIMEDOUT;
    if (ret == -ETIMEDOUT)
        vulkan_drop(&v->base, scene->first);
    return ret;
}

static int vulkan_render(struct renderer *r, const struct scene *scene,
                         struct buses *out)
{
    struct vulkan *v = (struct vulkan *)r;

    return render_within(v, scene, out, v->opts.timeout_ns);
}

/* --- start and end ------------------------------------------------------ */

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
        ret = render_within(v, &s, out, WARM_UP_NS);
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

static void vulkan_free(struct renderer *r)
{
    struct vulkan *v = (struct vulkan *)r;
    const struct loader *vk = &v->dev.vk;

    if (settle(v, v->submitted, DRAIN_NS) == -ETIMEDOUT) {
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

static const struct renderer_ops vulkan_ops = {
    .render = vulkan_render,
    .submit = vulkan_submit,
    .collect = vulkan_collect,
    .drop = vulkan_drop,
    .free = vulkan_free,
};

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

/* --- for tests ---------------------------------------------------------- */

int vulkan_read_table(struct renderer *r, struct vulkan_partial *out,
                      uint32_t n)
{
    struct vulkan *v = (struct vulkan *)r;
    const struct loader *vk = &v->dev.vk;
    VkDeviceMemory memory = v->table.memory;
    void *map = NULL;

    if (!v->table.mappable || !v->table.coherent)
        return -ENOTSUP;
    if (vk->vkMapMemory(v->dev.handle, memory, 0, VK_WHOLE_SIZE, 0, &map) !=
        VK_SUCCESS)
        return -EIO;
    memcpy(out, map, n * sizeof(*out));
    vk->vkUnmapMemory(v->dev.handle, memory);
    return 0;
}
