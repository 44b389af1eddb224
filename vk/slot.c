// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/slot.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define SAMPLES       (BUS_COUNT * 2 * SCENE_CHUNK)
#define SAMPLES_BYTES (SAMPLES * sizeof(float))
#define SUM_GROUPS    (SAMPLES / KERNELS_LOCAL) /* workgroups of pass 2 */

/* Workgroups of pass 0, each of which goes on with what more there is: what a
   device must be able to dispatch is less than ten million partials. */
#define DRAW_GROUPS_MAX 16384

/* Block Control in control.glsl. */
struct control {
    VkDispatchIndirectCommand draw, partials;
    uint32_t stamp;
    uint32_t slice;
    uint32_t thin;
    uint32_t n_notes;
    uint32_t n_partials;
    uint32_t mods_at;
    uint32_t bus_first[BUS_COUNT + 1];
    uint32_t slice_first[BUS_COUNT + 1];
};

/* Memory the GPU writes for the host. The samples come first: their size is a
   multiple of any device's offset alignment, which is 256 at most. */
struct result {
    float x[BUS_COUNT][2][SCENE_CHUNK];
    uint32_t stamps[SUM_GROUPS];
};

_Static_assert(sizeof(struct control) == 4 * (12 + 2 * (BUS_COUNT + 1)),
               "as in control.glsl");
_Static_assert(offsetof(struct result, stamps) % 256 == 0, "alignment");
_Static_assert(sizeof(struct buses) == SAMPLES_BYTES, "copied as a whole");

static uint32_t ceil_div(uint32_t a, uint32_t b)
{
    return a / b + (a % b != 0);
}

VkDeviceSize slot_sums_size(void)
{
    return (VkDeviceSize)(SLOT_SLICES + BUS_COUNT) * 2 * SCENE_CHUNK *
           sizeof(float);
}

/* --- start and end ------------------------------------------------------ */

static int make_buffers(struct slot *s, const struct slot_shared *g)
{
    const VkBufferUsageFlags storage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
    const struct scene_limits *max = &g->max;
    struct {
        struct buffer *buffer;
        enum buffer_use use;
        VkDeviceSize size;
        VkBufferUsageFlags usage;
    } all[] = {
        {&s->control, BUFFER_UPLOAD, sizeof(struct control),
         storage | VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT},
        {&s->notes, BUFFER_UPLOAD,
         max->notes * (VkDeviceSize)sizeof(struct scene_note), storage},
        {&s->rows, BUFFER_UPLOAD,
         max->bands * (VkDeviceSize)sizeof(struct scene_band) +
             max->mods * (VkDeviceSize)sizeof(struct scene_mod),
         storage},
        {&s->result, BUFFER_READBACK, sizeof(struct result), storage},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        int ret = buffer_init(all[i].buffer, g->dev, all[i].use, all[i].size,
                              all[i].usage);
        if (ret < 0)
            return ret;
    }
    memset(s->result.map, 0, sizeof(struct result));
    return 0;
}

static int make_sets(struct slot *s, const struct slot_shared *g,
                     VkDescriptorSet set[PASS_COUNT])
{
    const VkDescriptorBufferInfo control = {s->control.handle, 0,
                                            VK_WHOLE_SIZE};
    const VkDescriptorBufferInfo rows = {s->rows.handle, 0, VK_WHOLE_SIZE};
    const VkDescriptorBufferInfo table = {g->table->handle, 0, VK_WHOLE_SIZE};
    const VkDescriptorBufferInfo sums = {g->sums->handle, 0, VK_WHOLE_SIZE};
    const struct kernels_bindings b = {
        .buffer = {
            [PASS_DRAW] = {[LAYOUT_CONTROL] = control,
                           [DRAW_NOTES] = {s->notes.handle, 0, VK_WHOLE_SIZE},
                           [DRAW_BANDS] = rows,
                           [DRAW_TABLE] = table},
            [PASS_PARTIALS] = {[LAYOUT_CONTROL] = control,
                               [PARTIALS_TABLE] = table,
                               [PARTIALS_ROWS] = rows,
                               [PARTIALS_SUMS] = sums},
            [PASS_SUM] = {[LAYOUT_CONTROL] = control,
                          [SUM_SLICES] = sums,
                          [SUM_OUT] = {s->result.handle, 0, SAMPLES_BYTES},
                          [SUM_STAMPS] = {s->result.handle, SAMPLES_BYTES,
                                          VK_WHOLE_SIZE}},
        }};

    return kernels_bind(g->kernels, g->dev, &b, set);
}

static void barrier(const struct slot *s, const struct slot_shared *g,
                    VkPipelineStageFlags to, VkAccessFlags access)
{
    VkMemoryBarrier b = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = access,
    };

    g->dev->vk.vkCmdPipelineBarrier(s->cmd,
                                    VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, to, 0,
                                    1, &b, 0, NULL, 0, NULL);
}

static void record_passes(const struct slot *s, const struct slot_shared *g,
                          const VkDescriptorSet set[PASS_COUNT])
{
    const VkPipelineStageFlags compute = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
    const struct loader *vk = &g->dev->vk;

    /* the chunk before may still be using the table and the sums */
    barrier(s, g, compute,
            VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
    if (g->queries)
        vk->vkCmdWriteTimestamp(s->cmd, compute, g->queries, 2 * s->index);
    kernels_use(g->kernels, g->dev, s->cmd, PASS_DRAW, set[PASS_DRAW]);
    vk->vkCmdDispatchIndirect(s->cmd, s->control.handle,
                              offsetof(struct control, draw));
    barrier(s, g, compute, VK_ACCESS_SHADER_READ_BIT);
    kernels_use(g->kernels, g->dev, s->cmd, PASS_PARTIALS, set[PASS_PARTIALS]);
    vk->vkCmdDispatchIndirect(s->cmd, s->control.handle,
                              offsetof(struct control, partials));
    barrier(s, g, compute, VK_ACCESS_SHADER_READ_BIT);
    kernels_use(g->kernels, g->dev, s->cmd, PASS_SUM, set[PASS_SUM]);
    vk->vkCmdDispatch(s->cmd, SUM_GROUPS, 1, 1);
    barrier(s, g, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
    if (g->queries)
        vk->vkCmdWriteTimestamp(s->cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT,
                                g->queries, 2 * s->index + 1);
}

static int record(struct slot *s, const struct slot_shared *g,
                  const VkDescriptorSet set[PASS_COUNT])
{
    const struct loader *vk = &g->dev->vk;
    VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = g->pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    VkCommandBufferBeginInfo begin = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
    };
    VkResult r = vk->vkAllocateCommandBuffers(g->dev->handle, &info, &s->cmd);

    if (r != VK_SUCCESS)
        return device_refuse(g->dev, "vkAllocateCommandBuffers", r);
    r = vk->vkBeginCommandBuffer(s->cmd, &begin);
    if (r != VK_SUCCESS)
        return device_refuse(g->dev, "vkBeginCommandBuffer", r);
    if (g->queries)
        vk->vkCmdResetQueryPool(s->cmd, g->queries, 2 * s->index, 2);
    record_passes(s, g, set);
    r = vk->vkEndCommandBuffer(s->cmd);
    if (r != VK_SUCCESS)
        return device_refuse(g->dev, "vkEndCommandBuffer", r);
    return 0;
}

int slot_init(struct slot *s, const struct slot_shared *g, uint32_t index)
{
    VkDescriptorSet set[PASS_COUNT];
    int ret;

    *s = (struct slot){.index = index};
    ret = make_buffers(s, g);
    if (ret < 0)
        return ret;
    ret = make_sets(s, g, set);
    if (ret < 0)
        return ret;
    return record(s, g, set);
}

void slot_fini(struct slot *s, const struct slot_shared *g)
{
    buffer_fini(&s->control, g->dev);
    buffer_fini(&s->notes, g->dev);
    buffer_fini(&s->rows, g->dev);
    buffer_fini(&s->result, g->dev);
    *s = (struct slot){0};
}

/* --- a chunk ------------------------------------------------------------ */

static struct control control_of(const struct slot_shared *g,
                                 const struct scene *scene, uint32_t stamp)
{
    uint32_t n = g->thin ? scene->n_thin : scene->n_partials;
    struct control c = {
        .stamp = stamp,
        .slice = ceil_div(n, SLOT_SLICES),
        .thin = g->thin,
        .n_notes = scene_notes(scene),
        .n_partials = n,
        .mods_at = scene->n_bands * LAYOUT_BAND_WORDS,
    };
    uint32_t groups = ceil_div(n, KERNELS_LOCAL);

    if (c.slice < SLOT_SLICE_MIN)
        c.slice = SLOT_SLICE_MIN;
    for (uint32_t b = 0; b < BUS_COUNT; b++) {
        uint32_t next = scene->bus_first[b + 1]; /* note */
        uint32_t end = n;
        if (next < scene_notes(scene))
            end = g->thin ? scene->notes[next].thin_first
                          : scene->notes[next].partial_first;
        c.bus_first[b + 1] = end;
        c.slice_first[b + 1] =
            c.slice_first[b] + ceil_div(end - c.bus_first[b], c.slice);
    }
    if (groups > DRAW_GROUPS_MAX)
        groups = DRAW_GROUPS_MAX;
    c.draw = (VkDispatchIndirectCommand){groups, 1, 1};
    c.partials = (VkDispatchIndirectCommand){c.slice_first[BUS_COUNT], 1, 1};
    return c;
}

void slot_upload(struct slot *s, const struct slot_shared *g,
                 const struct scene *scene, uint64_t submission)
{
    struct control c = control_of(g, scene, (uint32_t)submission);
    size_t bands = scene->n_bands * sizeof(*scene->bands);

    s->submission = submission;
    s->first = scene->first;
    /* Mapped memory may be write-combined: whole copies, no reads. */
    memcpy(s->control.map, &c, sizeof(c));
    memcpy(s->notes.map, scene->notes,
           scene_notes(scene) * sizeof(*scene->notes));
    memcpy(s->rows.map, scene->bands, bands);
    memcpy((char *)s->rows.map + bands, scene->mods,
           scene->n_mods * sizeof(*scene->mods));
}

/* A wait may succeed although the device was lost, so every workgroup's stamp
   has to say that its samples are this chunk's. */
int slot_download(struct slot *s, const struct slot_shared *g,
                  struct buses *out)
{
    const struct result *res = s->result.map;

    if (buffer_invalidate(&s->result, g->dev) < 0)
        return -EIO;
    for (uint32_t i = 0; i < SUM_GROUPS; i++)
        if (res->stamps[i] != (uint32_t)s->submission)
            return -EIO;
    memcpy(out->x, res->x, sizeof(out->x));
    return 0;
}

int64_t slot_gpu_ns(const struct slot *s, const struct slot_shared *g)
{
    const struct device *d = g->dev;
    uint64_t t[2], mask = UINT64_MAX;

    if (!g->queries)
        return -1;
    if (d->vk.vkGetQueryPoolResults(d->handle, g->queries, 2 * s->index, 2,
                                    sizeof(t), t, sizeof(t[0]),
                                    VK_QUERY_RESULT_64_BIT) != VK_SUCCESS)
        return -1;
    if (d->timestamp_bits < 64)
        mask = (UINT64_C(1) << d->timestamp_bits) - 1;
    return (int64_t)((double)((t[1] - t[0]) & mask) *
                     (double)d->props.limits.timestampPeriod);
}
