// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The Vulkan renderer. One command buffer, recorded once: what differs from
 * chunk to chunk lies in mapped buffers, the number of workgroups included. One
 * chunk is in flight, and every wait is finite: a GPU may hang, its user not.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "vk/buffer.h"
#include "vk/kernels.h"
#include "vk/renderer.h"

#define SAMPLES       (BUS_COUNT * 2 * SCENE_CHUNK)
#define SAMPLES_BYTES (SAMPLES * sizeof(float))
#define SUM_GROUPS    (SAMPLES / KERNELS_LOCAL) /* workgroups of pass 2 */

/* A slice has at least SLICE_MIN partials, and there are about SLICES_MAX of
   them at most, which bounds their sums' buffer to 16 MiB. */
#define SLICE_MIN  64
#define SLICES_MAX 2048

/* The first chunk may wait for the driver's compiler; a lost one is waited for
   before its buffers are given up. ns. */
#define WARM_UP_NS (10 * NS_PER_S)
#define DRAIN_NS   (2 * NS_PER_S)

/* Block Control in control.glsl. */
struct control {
    VkDispatchIndirectCommand groups;
    uint32_t stamp;
    uint32_t bus_first[BUS_COUNT + 1];
    uint32_t slice_first[BUS_COUNT + 1];
};

/* Memory the GPU writes for the host. The samples come first: their size is a
   multiple of any device's offset alignment, which is 256 at most. */
struct result {
    float x[BUS_COUNT][2][SCENE_CHUNK];
    uint32_t stamps[SUM_GROUPS];
};

_Static_assert(offsetof(struct result, stamps) % 256 == 0, "alignment");
_Static_assert(sizeof(struct buses) == SAMPLES_BYTES, "copied as a whole");

struct vulkan {
    struct renderer base;
    struct renderer_opts opts; /* [init] */
    uint32_t slice;            /* [init] partials per slice */
    struct device dev;
    struct buffer control, partials, bands, sums, result;
    struct kernels kernels;
    VkCommandPool pool;
    VkCommandBuffer cmd;
    VkSemaphore timeline; /* reaches n when submission n is done */
    uint64_t submitted;   /* number of the last submission */
    uint64_t done;        /* last one known to be done */
    bool lost;            /* for good */
};

static uint32_t ceil_div(uint32_t a, uint32_t b)
{
    return a / b + (a % b != 0);
}

/* --- rendering ---------------------------------------------------------- */

static int lose(struct vulkan *v, const char *what, VkResult r)
{
    log_warn(v->opts.log, "%s lost: %s: %s (%d)", v->base.name, what,
             loader_result_name(r), (int)r);
    v->lost = true;
    return -EIO;
}

/* Waits until the GPU has left the buffers. Errors: -ETIMEDOUT, -EIO (lost). */
static int settle(struct vulkan *v, int64_t timeout_ns)
{
    VkSemaphoreWaitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &v->timeline,
        .pValues = &v->submitted,
    };
    VkResult r;

    if (v->done == v->submitted)
        return 0;
    if (timeout_ns < 0)
        timeout_ns = 0; /* unsigned it would be for ever */
    r = v->dev.vk.vkWaitSemaphores(v->dev.handle, &info, (uint64_t)timeout_ns);
    if (r == VK_TIMEOUT)
        return -ETIMEDOUT;
    if (r != VK_SUCCESS)
        return lose(v, "vkWaitSemaphores", r);
    v->done = v->submitted;
    return 0;
}

static void upload(struct vulkan *v, const struct scene *s)
{
    struct control c = {.stamp = (uint32_t)(v->submitted + 1)};

    for (uint32_t b = 0; b < BUS_COUNT; b++) {
        uint32_t n = s->bus_first[b + 1] - s->bus_first[b];
        c.bus_first[b + 1] = s->bus_first[b + 1];
        c.slice_first[b + 1] = c.slice_first[b] + ceil_div(n, v->slice);
    }
    c.groups = (VkDispatchIndirectCommand){c.slice_first[BUS_COUNT], 1, 1};
    /* Mapped memory may be write-combined: whole copies, no reads. */
    memcpy(v->control.map, &c, sizeof(c));
    memcpy(v->partials.map, s->partials,
           scene_partials(s) * sizeof(*s->partials));
    memcpy(v->bands.map, s->bands, s->n_bands * sizeof(*s->bands));
}

static int submit(struct vulkan *v)
{
    uint64_t value = v->submitted + 1;
    VkTimelineSemaphoreSubmitInfo timeline = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &value,
    };
    VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = &timeline,
        .commandBufferCount = 1,
        .pCommandBuffers = &v->cmd,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &v->timeline,
    };
    VkResult r =
        v->dev.vk.vkQueueSubmit(v->dev.queue, 1, &info, VK_NULL_HANDLE);

    if (r != VK_SUCCESS)
        return lose(v, "vkQueueSubmit", r);
    v->submitted = value;
    return 0;
}

/* A wait may succeed although the device was lost, so every workgroup's stamp
   has to say that its samples are this chunk's. */
static int download(struct vulkan *v, struct buses *out)
{
    const struct result *res = v->result.map;

    if (buffer_invalidate(&v->result, &v->dev) < 0)
        return lose(v, "vkInvalidateMappedMemoryRanges", VK_ERROR_UNKNOWN);
    for (uint32_t i = 0; i < SUM_GROUPS; i++)
        if (res->stamps[i] != (uint32_t)v->submitted) {
            log_warn(v->opts.log, "%s lost: chunk %u has stamp %u",
                     v->base.name, (uint32_t)v->submitted, res->stamps[i]);
            v->lost = true;
            return -EIO;
        }
    memcpy(out->x, res->x, sizeof(out->x));
    return 0;
}

static int render_within(struct vulkan *v, const struct scene *s,
                         struct buses *out, int64_t timeout_ns)
{
    int ret;

    if (v->lost)
        return -EIO;
    ret = scene_check(s, v->opts.max_partials, v->opts.max_bands);
    if (ret < 0)
        return ret;
    /* A late chunk still owns the buffers; its result is dropped. */
    ret = settle(v, timeout_ns);
    if (ret < 0)
        return ret;
    upload(v, s);
    ret = submit(v);
    if (ret < 0)
        return ret;
    ret = settle(v, timeout_ns);
    if (ret < 0)
        return ret;
    return download(v, out);
}

static int vulkan_render(struct renderer *r, const struct scene *s,
                         struct buses *out)
{
    struct vulkan *v = (struct vulkan *)r;

    return render_within(v, s, out, v->opts.timeout_ns);
}

/* --- start and end ------------------------------------------------------ */

static int make_buffers(struct vulkan *v)
{
    const VkBufferUsageFlags storage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
    const struct renderer_opts *o = &v->opts;
    VkDeviceSize slices = ceil_div(o->max_partials, v->slice) + BUS_COUNT;
    struct {
        struct buffer *buffer;
        enum buffer_use use;
        VkDeviceSize size;
        VkBufferUsageFlags usage;
    } all[] = {
        {&v->control, BUFFER_UPLOAD, sizeof(struct control),
         storage | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT},
        {&v->partials, BUFFER_UPLOAD,
         o->max_partials * (VkDeviceSize)sizeof(struct scene_partial), storage},
        {&v->bands, BUFFER_UPLOAD,
         o->max_bands * (VkDeviceSize)sizeof(struct scene_band), storage},
        {&v->sums, BUFFER_DEVICE, slices * 2 * SCENE_CHUNK * sizeof(float),
         storage},
        {&v->result, BUFFER_READBACK, sizeof(struct result), storage},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        int ret = buffer_init(all[i].buffer, &v->dev, all[i].use, all[i].size,
                              all[i].usage);
        if (ret < 0)
            return ret;
    }
    memset(v->result.map, 0, sizeof(struct result));
    return 0;
}

static int make_kernels(struct vulkan *v)
{
    const struct kernels_bindings b = {
        .buffer = {
            [PASS_PARTIALS] =
                {
                    [PARTIALS_CONTROL] = {v->control.handle, 0, VK_WHOLE_SIZE},
                    [PARTIALS_TABLE] = {v->partials.handle, 0, VK_WHOLE_SIZE},
                    [PARTIALS_BANDS] = {v->bands.handle, 0, VK_WHOLE_SIZE},
                    [PARTIALS_SUMS] = {v->sums.handle, 0, VK_WHOLE_SIZE},
                },
            [PASS_SUM] =
                {
                    [SUM_CONTROL] = {v->control.handle, 0, VK_WHOLE_SIZE},
                    [SUM_SLICES] = {v->sums.handle, 0, VK_WHOLE_SIZE},
                    [SUM_OUT] = {v->result.handle, 0, SAMPLES_BYTES},
                    [SUM_STAMPS] = {v->result.handle, SAMPLES_BYTES,
                                    VK_WHOLE_SIZE},
                },
        }};

    return kernels_init(&v->kernels, &v->dev, &b, v->slice);
}

static void barrier(const struct vulkan *v, VkPipelineStageFlags to,
                    VkAccessFlags access)
{
    VkMemoryBarrier b = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = access,
    };

    v->dev.vk.vkCmdPipelineBarrier(v->cmd, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                                   to, 0, 1, &b, 0, NULL, 0, NULL);
}

static int record(struct vulkan *v)
{
    const struct loader *vk = &v->dev.vk;
    VkCommandBufferBeginInfo begin = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
    };
    VkResult r = vk->vkBeginCommandBuffer(v->cmd, &begin);

    if (r != VK_SUCCESS)
        return device_refuse(&v->dev, "vkBeginCommandBuffer", r);
    kernels_bind(&v->kernels, &v->dev, v->cmd, PASS_PARTIALS);
    vk->vkCmdDispatchIndirect(v->cmd, v->control.handle,
                              offsetof(struct control, groups));
    barrier(v, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_READ_BIT);
    kernels_bind(&v->kernels, &v->dev, v->cmd, PASS_SUM);
    vk->vkCmdDispatch(v->cmd, SUM_GROUPS, 1, 1);
    barrier(v, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
    r = vk->vkEndCommandBuffer(v->cmd);
    if (r != VK_SUCCESS)
        return device_refuse(&v->dev, "vkEndCommandBuffer", r);
    return 0;
}

static int make_commands(struct vulkan *v)
{
    const struct loader *vk = &v->dev.vk;
    VkCommandPoolCreateInfo pool_info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = v->dev.family,
    };
    VkCommandBufferAllocateInfo cmd_info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    VkSemaphoreTypeCreateInfo type_info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
        .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
    };
    VkSemaphoreCreateInfo semaphore_info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
        .pNext = &type_info,
    };
    VkResult r;

    r = vk->vkCreateCommandPool(v->dev.handle, &pool_info, NULL, &v->pool);
    if (r != VK_SUCCESS)
        return device_refuse(&v->dev, "vkCreateCommandPool", r);
    cmd_info.commandPool = v->pool;
    r = vk->vkAllocateCommandBuffers(v->dev.handle, &cmd_info, &v->cmd);
    if (r != VK_SUCCESS)
        return device_refuse(&v->dev, "vkAllocateCommandBuffers", r);
    r = vk->vkCreateSemaphore(v->dev.handle, &semaphore_info, NULL,
                              &v->timeline);
    if (r != VK_SUCCESS)
        return device_refuse(&v->dev, "vkCreateSemaphore", r);
    return record(v);
}

/* One partial, so that whatever drivers put off until the first real dispatch
   is done before a chunk is due. */
static int warm_up(struct vulkan *v)
{
    struct scene_partial partial = {.inc_hi = 1u << 24, .gain_l = 1.0f};
    struct scene_band band = {{1.0f}};
    const struct scene s = {
        .bus_first = {0, 1, 1, 1, 1},
        .n_bands = 1,
        .partials = &partial,
        .bands = &band,
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

    if (settle(v, DRAIN_NS) == -ETIMEDOUT) {
        log_warn(v->opts.log,
                 "%s hangs: its buffers are left behind until the exit",
                 v->base.name);
        return;
    }
    if (v->timeline)
        vk->vkDestroySemaphore(v->dev.handle, v->timeline, NULL);
    if (v->pool)
        vk->vkDestroyCommandPool(v->dev.handle, v->pool, NULL);
    kernels_fini(&v->kernels, &v->dev);
    buffer_fini(&v->result, &v->dev);
    buffer_fini(&v->sums, &v->dev);
    buffer_fini(&v->bands, &v->dev);
    buffer_fini(&v->partials, &v->dev);
    buffer_fini(&v->control, &v->dev);
    device_close(&v->dev);
    free(v);
}

static const struct renderer_ops vulkan_ops = {vulkan_render, vulkan_free};

int renderer_open_vulkan(struct renderer **out, const struct renderer_opts *o)
{
    struct renderer *r = NULL;
    struct vulkan *v = NULL;
    int ret = -ENOMEM;

    *out = NULL;
    if (o->max_partials == 0 || o->max_bands == 0)
        return -EINVAL;
    v = calloc(1, sizeof(*v));
    if (!v)
        goto out;
    r = &v->base;
    r->ops = &vulkan_ops;
    v->opts = *o;
    v->slice = ceil_div(o->max_partials, SLICES_MAX);
    if (v->slice < SLICE_MIN)
        v->slice = SLICE_MIN;
    ret = device_open(&v->dev, o->log);
    if (ret < 0)
        goto out;
    name_from(v);
    ret = make_buffers(v);
    if (ret < 0)
        goto out;
    ret = make_kernels(v);
    if (ret < 0)
        goto out;
    ret = make_commands(v);
    if (ret < 0)
        goto out;
    ret = warm_up(v);
    if (ret < 0)
        goto out;
    *out = r;
    r = NULL;
out:
    renderer_free(&r);
    return ret;
}
