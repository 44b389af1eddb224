// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A device that fails in every way a driver is known to, by functions put into
 * the loader's table. Exits with 77, a skip, where there is no device.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/clock.h"
#include "oracle.h"
#include "tests/unit/test.h"
#include "vk/loader.h"
#include "vk/renderer.h"

#define LIMITS                                                                 \
    {                                                                          \
        .notes = 50, .bands = 500, .mods = 100, .partials = 9000, .thin = 4000 \
    }
static const struct scene_limits limits = LIMITS;

static const struct log quiet = {"test_faults", LOG_ERROR};

/* Faults to come, and the functions they stand before. A table of functions
   has no place for a test's state. */
static struct {
    struct loader real;
    VkResult submit;     /* answer of vkQueueSubmit without doing it */
    bool submit_nothing; /* say it went well, and do nothing */
    VkResult wait;       /* answer of vkWaitSemaphores without waiting */
    int allocations;     /* vkAllocateMemory succeeds so many times more */
    bool fail_allocations;
    bool corrupt;  /* the samples, once they are done */
    void *map[64]; /* of vkMapMemory */
    size_t n_maps;
} fault;

static VkResult bad_submit(VkQueue queue, uint32_t n, const VkSubmitInfo *info,
                           VkFence fence)
{
    if (fault.submit != VK_SUCCESS)
        return fault.submit;
    if (fault.submit_nothing)
        return VK_SUCCESS;
    return fault.real.vkQueueSubmit(queue, n, info, fence);
}

static VkResult bad_wait(VkDevice device, const VkSemaphoreWaitInfo *info,
                         uint64_t timeout)
{
    VkResult r;

    /* a device that is lost has let go of what it was given */
    if (fault.wait == VK_ERROR_DEVICE_LOST)
        fault.real.vkWaitSemaphores(device, info, 10 * NS_PER_S);
    if (fault.wait != VK_SUCCESS)
        return fault.wait;
    if (fault.submit_nothing)
        return VK_SUCCESS;
    r = fault.real.vkWaitSemaphores(device, info, timeout);
    /* a slot's samples are what it maps last: a sample in the middle */
    if (r == VK_SUCCESS && fault.corrupt)
        for (size_t i = 3; i < fault.n_maps; i += 4)
            ((float *)fault.map[i])[SCENE_CHUNK / 2] += 0.25f;
    return r;
}

static VkResult bad_map(VkDevice device, VkDeviceMemory memory,
                        VkDeviceSize offset, VkDeviceSize size,
                        VkMemoryMapFlags flags, void **data)
{
    VkResult r =
        fault.real.vkMapMemory(device, memory, offset, size, flags, data);

    if (r == VK_SUCCESS && fault.n_maps < 64)
        fault.map[fault.n_maps++] = *data;
    return r;
}

static VkResult bad_allocate(VkDevice device, const VkMemoryAllocateInfo *info,
                             const VkAllocationCallbacks *callbacks,
                             VkDeviceMemory *memory)
{
    if (fault.fail_allocations && fault.allocations-- <= 0)
        return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    return fault.real.vkAllocateMemory(device, info, callbacks, memory);
}

static void inject(struct loader *l)
{
    fault.real = *l;
    l->vkQueueSubmit = bad_submit;
    l->vkWaitSemaphores = bad_wait;
    l->vkMapMemory = bad_map;
    l->vkAllocateMemory = bad_allocate;
}

static const struct renderer_opts opts = {
    .log = &quiet,
    .max = LIMITS,
    .timeout_ns = 20 * NS_PER_S,
    .inject = inject,
};

struct world {
    struct renderer *vulkan, *cpu;
    struct scene *scene;
    struct buses out, want;
};

static int set_up(void **state)
{
    const struct oracle_shape shape = {1, {4, 4, 4, 4}, 9, 9, ORACLE_ALL, 0};
    struct world *w = calloc(1, sizeof(*w));

    if (!w)
        return -1;
    *state = w;
    memset(&fault, 0, sizeof(fault));
    if (renderer_open_vulkan(&w->vulkan, &opts) < 0 ||
        renderer_open_cpu(&w->cpu, &opts) < 0 ||
        scene_new(&w->scene, &limits) < 0)
        return -1;
    oracle_scene(w->scene, &shape);
    return renderer_render(w->cpu, w->scene, &w->want);
}

static int tear_down(void **state)
{
    struct world *w = *state;

    renderer_free(&w->vulkan);
    renderer_free(&w->cpu);
    scene_free(&w->scene);
    free(w);
    return 0;
}

static bool right(const struct world *w)
{
    const float *out = &w->out.x[0][0][0], *want = &w->want.x[0][0][0];

    for (size_t i = 0; i < sizeof(w->out) / sizeof(float); i++)
        if (!(out[i] - want[i] < 1e-4f && want[i] - out[i] < 1e-4f))
            return false;
    return true;
}

static void render_right(struct world *w)
{
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), 0);
    assert_true(right(w));
}

/* Once lost, for good, even if the driver thinks otherwise. */
static void lost_for_good(struct world *w)
{
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), -EIO);
    assert_int_equal(renderer_submit(w->vulkan, w->scene), -EIO);
    assert_int_equal(renderer_collect(w->vulkan, 0, &w->out, 0), -EIO);
    renderer_drop(w->vulkan, 0);
}

static void lost_at_submit(void **state)
{
    struct world *w = *state;

    render_right(w);
    fault.submit = VK_ERROR_DEVICE_LOST;
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), -EIO);
    fault.submit = VK_SUCCESS;
    lost_for_good(w);
}

static void lost_at_wait(void **state)
{
    struct world *w = *state;

    assert_int_equal(renderer_submit(w->vulkan, w->scene), 0);
    fault.wait = VK_ERROR_DEVICE_LOST;
    assert_int_equal(renderer_collect(w->vulkan, 0, &w->out, NS_PER_S), -EIO);
    fault.wait = VK_SUCCESS;
    lost_for_good(w);
}

/* No loss: the chunk is late, and comes. */
static void late(void **state)
{
    struct world *w = *state;

    assert_int_equal(renderer_submit(w->vulkan, w->scene), 0);
    fault.wait = VK_TIMEOUT;
    assert_int_equal(renderer_collect(w->vulkan, 0, &w->out, 0), -EAGAIN);
    assert_int_equal(renderer_collect(w->vulkan, 0, &w->out, 1), -ETIMEDOUT);
    fault.wait = VK_SUCCESS;
    assert_int_equal(renderer_collect(w->vulkan, 0, &w->out, opts.timeout_ns),
                     0);
    assert_true(right(w));
    fault.wait = VK_TIMEOUT;
    for (int i = 0; i < RENDERER_SLOTS + 2; i++)
        assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out),
                         -ETIMEDOUT);
    assert_int_equal(renderer_submit(w->vulkan, w->scene), -EAGAIN);
    fault.wait = VK_SUCCESS;
    render_right(w);
}

/* Waits may succeed although nothing was done. */
static void nothing_done(void **state)
{
    struct world *w = *state;

    render_right(w);
    fault.submit_nothing = true;
    memset(&w->out, 0, sizeof(w->out));
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), -EIO);
    fault.submit_nothing = false;
    lost_for_good(w);
}

/* Wrong samples that say they are the chunk's: only a spot check of the
   caller's can tell, and this is what it will be given. */
static void corrupt_not_noticed(void **state)
{
    struct world *w = *state;

    render_right(w);
    fault.corrupt = true;
    assert_int_equal(renderer_render(w->vulkan, w->scene, &w->out), 0);
    assert_false(right(w));
}

/* The pipelines' cache may be anything, or impossible. */
static void cache_broken(void **state)
{
    struct world *w = *state;
    char folder[] = "/tmp/test_faults.XXXXXX", command[128];
    char *usual = getenv("XDG_CACHE_HOME");

    usual = usual ? strdup(usual) : NULL;
    assert_non_null(mkdtemp(folder));
    setenv("XDG_CACHE_HOME", folder, 1);
    for (int i = 0; i < 3; i++) {
        renderer_free(&w->vulkan);
        assert_int_equal(renderer_open_vulkan(&w->vulkan, &opts), 0);
        render_right(w);
        if (i == 0)
            snprintf(command, sizeof(command),
                     "test -d %s/longwave && for f in %s/longwave/*; do "
                     "echo garbage > $f; done",
                     folder, folder);
        else
            snprintf(command, sizeof(command), "rm -r %s && touch %s", folder,
                     folder);
        if (i < 2)
            assert_int_equal(system(command), 0);
    }
    unlink(folder);
    if (usual)
        setenv("XDG_CACHE_HOME", usual, 1);
    else
        unsetenv("XDG_CACHE_HOME");
    free(usual);
}

/* Whichever allocation fails, the opening does, and leaves nothing behind. */
static void no_memory(void **state)
{
    struct world *w = *state;
    struct renderer *r = NULL;
    int n, ret = -ENOMEM;

    renderer_free(&w->vulkan);
    for (n = 0; n < 100 && ret == -ENOMEM; n++) {
        memset(&fault, 0, sizeof(fault));
        fault.fail_allocations = true;
        fault.allocations = n;
        ret = renderer_open_vulkan(&r, &opts);
        assert_true(ret == 0 || (ret == -ENOMEM && !r));
    }
    assert_int_equal(ret, 0);
    assert_int_equal(n - 1, 2 + 4 * RENDERER_SLOTS);
    w->vulkan = r;
    render_right(w);
}

/* A device that is lost, or hangs, while it warms up. */
static void bad_from_the_start(void **state)
{
    struct world *w = *state;
    struct renderer *r = NULL;
    int64_t start = clock_now();

    renderer_free(&w->vulkan);
    fault.submit = VK_ERROR_DEVICE_LOST;
    assert_int_equal(renderer_open_vulkan(&r, &opts), -EIO);
    fault.submit = VK_SUCCESS;
    fault.wait = VK_ERROR_DEVICE_LOST;
    assert_int_equal(renderer_open_vulkan(&r, &opts), -EIO);
    fault.wait = VK_SUCCESS;
    fault.submit_nothing = true;
    assert_int_equal(renderer_open_vulkan(&r, &opts), -EIO);
    assert_null(r);
    assert_true(clock_now() - start < 15 * NS_PER_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lost_at_submit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lost_at_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_done, set_up, tear_down),
        cmocka_unit_test_setup_teardown(corrupt_not_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cache_broken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_from_the_start, set_up, tear_down),
    };
    struct renderer *r = NULL;
    int ret = renderer_open_vulkan(&r, &opts);

    renderer_free(&r);
    if (ret == -ENODEV) {
        puts("skipped: no Vulkan device here");
        return TEST_SKIP;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
