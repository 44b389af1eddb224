// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/kernels.h"

#include <stddef.h>

#include "vk/scene.h"

/* Workgroups of pass 1 cover a chunk with one tile per invocation. */
#define TILE (SCENE_CHUNK / KERNELS_LOCAL)

_Static_assert(LAYOUT_BUSES == BUS_COUNT, "shaders and scene.h differ");
_Static_assert(SCENE_CHUNK % KERNELS_LOCAL == 0, "tiles fill a chunk");
_Static_assert(SCENE_GRID % TILE == 0, "no tile crosses a grid point");
_Static_assert(sizeof(struct scene_band) == LAYOUT_BAND_WORDS * 4 &&
                   offsetof(struct scene_band, level) == LAYOUT_LEVEL_AT * 4 &&
                   sizeof(struct scene_mod) == LAYOUT_MOD_WORDS * 4,
               "shaders and scene.h differ");

static const uint32_t draw_spv[] = {
#include "draw.comp.inc"
};
static const uint32_t partials_spv[] = {
#include "partials.comp.inc"
};
static const uint32_t sum_spv[] = {
#include "sum.comp.inc"
};

static const struct {
    const uint32_t *code;
    size_t bytes;
} shaders[PASS_COUNT] = {
    [PASS_DRAW] = {draw_spv, sizeof(draw_spv)},
    [PASS_PARTIALS] = {partials_spv, sizeof(partials_spv)},
    [PASS_SUM] = {sum_spv, sizeof(sum_spv)},
};

static int make_layouts(struct kernels *k, const struct device *d)
{
    VkDescriptorSetLayoutBinding bindings[LAYOUT_BINDINGS];
    VkDescriptorSetLayoutCreateInfo set_info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = LAYOUT_BINDINGS,
        .pBindings = bindings,
    };
    VkPipelineLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &k->set_layout,
    };
    VkResult r;

    for (uint32_t i = 0; i < LAYOUT_BINDINGS; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){
            .binding = i,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    r = d->vk.vkCreateDescriptorSetLayout(d->handle, &set_info, NULL,
                                          &k->set_layout);
    if (r != VK_SUCCESS)
        return device_refuse(d, "vkCreateDescriptorSetLayout", r);
    r = d->vk.vkCreatePipelineLayout(d->handle, &info, NULL, &k->layout);
    if (r != VK_SUCCESS)
        return device_refuse(d, "vkCreatePipelineLayout", r);
    return 0;
}

static int make_pipeline(struct kernels *k, const struct device *d,
                         VkPipelineCache cache, enum kernels_pass p)
{
    const uint32_t spec[SPEC_COUNT] = {
        [SPEC_LOCAL] = KERNELS_LOCAL,
        [SPEC_CHUNK] = SCENE_CHUNK,
        [SPEC_GRID] = SCENE_GRID,
        [SPEC_TILE] = TILE,
    };
    VkSpecializationMapEntry map[SPEC_COUNT];
    VkSpecializationInfo spec_info = {SPEC_COUNT, map, sizeof(spec), spec};
    VkShaderModuleCreateInfo module_info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = shaders[p].bytes,
        .pCode = shaders[p].code,
    };
    VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .pName = "main",
                  .pSpecializationInfo = &spec_info},
        .layout = k->layout,
    };
    VkResult r;

    for (uint32_t i = 0; i < SPEC_COUNT; i++)
        map[i] = (VkSpecializationMapEntry){i, (uint32_t)(i * sizeof(spec[0])),
                                            sizeof(spec[0])};
    r = d->vk.vkCreateShaderModule(d->handle, &module_info, NULL,
                                   &info.stage.module);
    if (r != VK_SUCCESS)
        return device_refuse(d, "vkCreateShaderModule", r);
    r = d->vk.vkCreateComputePipelines(d->handle, cache, 1, &info, NULL,
                                       &k->pipeline[p]);
    d->vk.vkDestroyShaderModule(d->handle, info.stage.module, NULL);
    if (r != VK_SUCCESS)
        return device_refuse(d, "vkCreateComputePipelines", r);
    return 0;
}

static int make_pool(struct kernels *k, const struct device *d, uint32_t slots)
{
    VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                 slots * PASS_COUNT * LAYOUT_BINDINGS};
    VkDescriptorPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .maxSets = slots * PASS_COUNT,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };
    VkResult r;

    r = d->vk.vkCreateDescriptorPool(d->handle, &info, NULL, &k->pool);
    if (r != VK_SUCCESS)
        return device_refuse(d, "vkCreateDescriptorPool", r);
    return 0;
}

int kernels_init(struct kernels *k, const struct device *d,
                 VkPipelineCache cache, uint32_t slots)
{
    int ret;

    *k = (struct kernels){0};
    ret = make_layouts(k, d);
    for (uint32_t p = 0; ret == 0 && p < PASS_COUNT; p++)
        ret = make_pipeline(k, d, cache, p);
    if (ret == 0)
        ret = make_pool(k, d, slots);
    return ret;
}

int kernels_bind(const struct kernels *k, const struct device *d,
                 const struct kernels_bindings *bindings,
                 VkDescriptorSet set[PASS_COUNT])
{
    VkDescriptorSetLayout layouts[PASS_COUNT] = {k->set_layout, k->set_layout,
                                                 k->set_layout};
    VkDescriptorSetAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = k->pool,
        .descriptorSetCount = PASS_COUNT,
        .pSetLayouts = layouts,
    };
    VkResult r = d->vk.vkAllocateDescriptorSets(d->handle, &info, set);

    if (r != VK_SUCCESS)
        return device_refuse(d, "vkAllocateDescriptorSets", r);
    for (uint32_t p = 0; p < PASS_COUNT; p++) {
        VkWriteDescriptorSet write = {
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = set[p],
            .descriptorCount = LAYOUT_BINDINGS, /* runs on to the next ones */
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = bindings->buffer[p],
        };
        d->vk.vkUpdateDescriptorSets(d->handle, 1, &write, 0, NULL);
    }
    return 0;
}

void kernels_fini(struct kernels *k, const struct device *d)
{
    if (k->pool)
        d->vk.vkDestroyDescriptorPool(d->handle, k->pool, NULL);
    for (uint32_t p = 0; p < PASS_COUNT; p++)
        if (k->pipeline[p])
            d->vk.vkDestroyPipeline(d->handle, k->pipeline[p], NULL);
    if (k->layout)
        d->vk.vkDestroyPipelineLayout(d->handle, k->layout, NULL);
    if (k->set_layout)
        d->vk.vkDestroyDescriptorSetLayout(d->handle, k->set_layout, NULL);
    *k = (struct kernels){0};
}

void kernels_use(const struct kernels *k, const struct device *d,
                 VkCommandBuffer cmd, enum kernels_pass p, VkDescriptorSet set)
{
    d->vk.vkCmdBindPipeline(cmd, VK_PIPELINE_BIND_POINT_COMPUTE,
                            k->pipeline[p]);
    d->vk.vkCmdBindDescriptorSets(cmd, VK_PIPELINE_BIND_POINT_COMPUTE,
                                  k->layout, 0, 1, &set, 0, NULL);
}
