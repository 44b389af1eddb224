// SPDX-License-Identifier: GPL-3.0-or-later
/* Choice of device, queue and memory, on tables such as drivers give. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vk/cache.h"
#include "vk/device.h"

#define LOCAL    VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT
#define VISIBLE  VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT
#define COHERENT VK_MEMORY_PROPERTY_HOST_COHERENT_BIT
#define CACHED   VK_MEMORY_PROPERTY_HOST_CACHED_BIT
#define AMD      VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD

#define DISCRETE   VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU
#define INTEGRATED VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU
#define VIRTUAL    VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU
#define SOFTWARE   VK_PHYSICAL_DEVICE_TYPE_CPU

#define V11 VK_API_VERSION_1_1
#define V12 VK_API_VERSION_1_2
#define V13 VK_API_VERSION_1_3

static void best_device_first(void **state)
{
    (void)state;
    const struct device_candidate c[] = {
        {SOFTWARE, V13, true, 0},   {VIRTUAL, V12, true, 0},
        {INTEGRATED, V13, true, 0}, {DISCRETE, V12, true, 2},
        {DISCRETE, V13, true, 0},
    };

    assert_int_equal(choose_best(c, 5), 3); /* the first among equals */
    assert_int_equal(choose_best(c, 3), 2);
    assert_int_equal(choose_best(c, 2), 1);
    assert_int_equal(choose_best(c, 1), 0);
}

static void unusable_device_passed_over(void **state)
{
    (void)state;
    const struct device_candidate c[] = {
        {DISCRETE, V11, true, 0},
        {DISCRETE, V13, false, 0},
        {DISCRETE, V13, true, DEVICE_NONE},
        {SOFTWARE, V12, true, 0},
    };

    assert_int_equal(choose_best(c, 4), 3);
    assert_int_equal(choose_best(c, 3), DEVICE_NONE);
    assert_int_equal(choose_best(c, 0), DEVICE_NONE);
}

static void compute_queue_preferred(void **state)
{
    (void)state;
    const VkQueueFamilyProperties q[] = {
        {VK_QUEUE_TRANSFER_BIT, 2, 0, {1, 1, 1}},
        {VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT, 16, 0, {1, 1, 1}},
        {VK_QUEUE_COMPUTE_BIT, 0, 0, {1, 1, 1}}, /* no queue in it */
        {VK_QUEUE_COMPUTE_BIT | VK_QUEUE_TRANSFER_BIT, 8, 0, {1, 1, 1}},
    };

    assert_int_equal(device_queue_family(q, 4), 3);
    assert_int_equal(device_queue_family(q, 3), 1);
    assert_int_equal(device_queue_family(q, 1), DEVICE_NONE);
}

/* What the buffers wish for, see buffer.c. */
static const struct device_memory_wish upload = {VISIBLE | COHERENT, LOCAL, 0,
                                                 CACHED};
static const struct device_memory_wish device = {0, LOCAL, 0, VISIBLE};
static const struct device_memory_wish readback = {VISIBLE, CACHED, COHERENT,
                                                   LOCAL};

static void memory_of_a_card(void **state)
{
    (void)state;
    const VkPhysicalDeviceMemoryProperties m = {
        .memoryTypeCount = 6,
        .memoryTypes = {{0, 1},
                        {LOCAL, 0},
                        {LOCAL, 0},
                        {VISIBLE | COHERENT, 1},
                        {VISIBLE | COHERENT | CACHED, 1},
                        {LOCAL | VISIBLE | COHERENT, 2}},
    };

    assert_int_equal(device_memory_type(&m, 0x3f, &upload), 5);
    assert_int_equal(device_memory_type(&m, 0x3f, &device), 1);
    assert_int_equal(device_memory_type(&m, 0x3f, &readback), 4);
    /* The buffer may not go everywhere, or a heap may be full. */
    assert_int_equal(device_memory_type(&m, 0x1f, &upload), 3);
    assert_int_equal(device_memory_type(&m, 0x3d, &device), 2);
    assert_int_equal(device_memory_type(&m, 0x2f, &readback), 3);
    assert_int_equal(device_memory_type(&m, 0x07, &upload), DEVICE_NONE);
}

static void memory_of_software(void **state)
{
    (void)state;
    const VkPhysicalDeviceMemoryProperties m = {
        .memoryTypeCount = 1,
        .memoryTypes = {{LOCAL | VISIBLE | COHERENT | CACHED, 0}},
    };

    assert_int_equal(device_memory_type(&m, 1, &upload), 0);
    assert_int_equal(device_memory_type(&m, 1, &device), 0);
    assert_int_equal(device_memory_type(&m, 1, &readback), 0);
}

/* Cached memory without coherence is worth the invalidating. AMD's types come
   with a feature that isn't on. */
static void memory_of_a_phone_and_amd(void **state)
{
    (void)state;
    const VkPhysicalDeviceMemoryProperties m = {
        .memoryTypeCount = 4,
        .memoryTypes = {{LOCAL | VISIBLE | COHERENT | CACHED | AMD, 0},
                        {LOCAL | VISIBLE | COHERENT, 0},
                        {LOCAL | VISIBLE | CACHED, 0},
                        {LOCAL | VISIBLE | COHERENT | CACHED, 0}},
    };

    assert_int_equal(device_memory_type(&m, 0x07, &readback), 2);
    assert_int_equal(device_memory_type(&m, 0x0f, &readback), 3);
    assert_int_equal(device_memory_type(&m, 0x0f, &upload), 1);
    assert_int_equal(device_memory_type(&m, 0x01, &device), DEVICE_NONE);
}

/* --- a choice by name, index or UUID ------------------------------------- */

static const struct device_candidate several[] = {
    {INTEGRATED, V13, true, 0, 0, {0xab, 0xcd, 1}, "Intel(R) Graphics", "anv"},
    {DISCRETE, V13, true, 0, 0, {0xab, 0xcd, 2}, "NVIDIA H100 PCIe", "NVIDIA"},
    {DISCRETE, V13, true, 0, 0, {0xab, 0xcd, 3}, "NVIDIA H100 SXM", "NVIDIA"},
    {DISCRETE, V11, false, 0, 0, {0xab, 0xcd, 4}, "Old Card 3", "x"},
    {SOFTWARE, V13, true, 0, 0, {0xab, 0xcd, 5}, "llvmpipe", "llvmpipe"},
};

static uint32_t choose(const char *gpu)
{
    return choose_device(several, 5, gpu, NULL);
}

static void device_by_wish(void **state)
{
    (void)state;
    assert_int_equal(choose(NULL), 1);
    assert_int_equal(choose("auto"), 1);
    assert_int_equal(choose("0"), 0);
    assert_int_equal(choose("4"), 4);
    assert_int_equal(choose("sxm"), 2);
    assert_int_equal(choose("LLVM"), 4);
    assert_int_equal(choose("INTEL(r)"), 0);
    assert_int_equal(choose("abcd0200000000000000000000000000"), 1);
    assert_int_equal(choose("ABCD0300-0000-0000-0000-000000000000"), 2);
    /* no index, so a part of a name */
    assert_int_equal(choose_device(several, 3, "100 p", NULL), 1);
    assert_int_equal(choose_device(several + 1, 1, "100", NULL), 0);
}

static void device_not_there(void **state)
{
    (void)state;
    assert_int_equal(choose("nvidia"), DEVICE_NONE); /* two */
    assert_int_equal(choose("radeon"), DEVICE_NONE);
    assert_int_equal(choose("old card"), DEVICE_NONE); /* can't be used */
    assert_int_equal(choose("3"), DEVICE_NONE);        /* the same */
    assert_int_equal(choose("5"), DEVICE_NONE);
    assert_int_equal(choose("99999999999999999999"), DEVICE_NONE);
    assert_int_equal(choose(""), DEVICE_NONE);
    assert_int_equal(choose("abcd0600000000000000000000000000"), DEVICE_NONE);
    assert_int_equal(choose_device(several, 0, NULL, NULL), DEVICE_NONE);
}

static void device_described(void **state)
{
    char line[CHOOSE_LINE];
    (void)state;

    assert_string_equal(choose_describe(&several[1], 1, line),
                        "1  discrete    NVIDIA H100 PCIe  "
                        "abcd0200-0000-0000-0000-000000000000  NVIDIA");
}

/* --- compiled pipelines on disk ------------------------------------------ */

static void cache_of_another(void **state)
{
    const VkPhysicalDeviceProperties props = {
        .vendorID = 0x10de, .deviceID = 0x2330, .pipelineCacheUUID = {7, 8}};
    const VkPipelineCacheHeaderVersionOne good = {
        .headerSize = sizeof(good),
        .headerVersion = VK_PIPELINE_CACHE_HEADER_VERSION_ONE,
        .vendorID = 0x10de,
        .deviceID = 0x2330,
        .pipelineCacheUUID = {7, 8}};
    VkPipelineCacheHeaderVersionOne bad = good;
    (void)state;

    assert_true(cache_fits(&good, sizeof(good), &props));
    assert_false(cache_fits(&good, sizeof(good) - 1, &props));
    bad.headerSize++;
    assert_false(cache_fits(&bad, sizeof(bad), &props));
    bad = good;
    bad.headerVersion = 2;
    assert_false(cache_fits(&bad, sizeof(bad), &props));
    bad = good;
    bad.vendorID++;
    assert_false(cache_fits(&bad, sizeof(bad), &props));
    bad = good;
    bad.deviceID++;
    assert_false(cache_fits(&bad, sizeof(bad), &props));
    bad = good;
    bad.pipelineCacheUUID[15]++;
    assert_false(cache_fits(&bad, sizeof(bad), &props));
}

static void results_translated(void **state)
{
    (void)state;
    assert_int_equal(loader_errno(VK_SUCCESS), 0);
    assert_int_equal(loader_errno(VK_TIMEOUT), -ETIMEDOUT);
    assert_int_equal(loader_errno(VK_ERROR_DEVICE_LOST), -EIO);
    assert_int_equal(loader_errno(VK_ERROR_OUT_OF_DEVICE_MEMORY), -ENOMEM);
    assert_int_equal(loader_errno(VK_ERROR_INCOMPATIBLE_DRIVER), -ENODEV);
    assert_string_equal(loader_result_name(VK_ERROR_DEVICE_LOST),
                        "VK_ERROR_DEVICE_LOST");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_device_first),
        cmocka_unit_test(unusable_device_passed_over),
        cmocka_unit_test(compute_queue_preferred),
        cmocka_unit_test(memory_of_a_card),
        cmocka_unit_test(memory_of_software),
        cmocka_unit_test(memory_of_a_phone_and_amd),
        cmocka_unit_test(device_by_wish),
        cmocka_unit_test(device_not_there),
        cmocka_unit_test(device_described),
        cmocka_unit_test(cache_of_another),
        cmocka_unit_test(results_translated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
