// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The Vulkan renderer at work: a few slots (vk/slot.h) on one queue and one
 * timeline. Every wait is finite: a GPU may hang, its user not.
 */
#include "vk/vulkan.h"

#include <errno.h>
#include <string.h>

#include "graph/clock.h"

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

int vulkan_settle(struct vulkan *v, uint64_t n, int64_t timeout_ns)
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
    ret = vulkan_settle(v, dropped->submission, timeout_ns);
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
    ret = vulkan_settle(v, s->submission, timeout_ns);
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

int vulkan_render_within(struct vulkan *v, const struct scene *scene,
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

    return vulkan_render_within(v, scene, out, v->opts.timeout_ns);
}

const struct renderer_ops vulkan_ops = {
    .render = vulkan_render,
    .submit = vulkan_submit,
    .collect = vulkan_collect,
    .drop = vulkan_drop,
    .free = vulkan_free,
};

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
