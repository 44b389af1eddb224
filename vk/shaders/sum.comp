// SPDX-License-Identifier: GPL-3.0-or-later
// Pass 2: one invocation per sample of the output adds up the slices of its
// bus, always in the same order, so that a chunk has one result. Each workgroup
// leaves the chunk's number beside its samples: the host takes no wait's word
// for it that they are new.
#version 450
#extension GL_GOOGLE_include_directive : require

#include "layout.h"
#include "control.glsl"

layout(local_size_x_id = SPEC_LOCAL) in;
layout(constant_id = SPEC_CHUNK) const uint CHUNK = 1024;

layout(std430, set = 0, binding = SUM_SLICES) readonly buffer Slices {
    float sums[]; // [slice][2][CHUNK]
};
layout(std430, set = 0, binding = SUM_OUT) writeonly buffer Out {
    float samples[]; // [bus][2][CHUNK]
};
layout(std430, set = 0, binding = SUM_STAMPS) writeonly buffer Stamps {
    uint stamps[]; // [workgroup]
};

void main()
{
    uint i = gl_GlobalInvocationID.x;
    uint within = i % (2 * CHUNK); // channel and frame
    uint bus = i / (2 * CHUNK);
    float sum = 0.0;
    for (uint k = control.slice_first[bus]; k < control.slice_first[bus + 1];
         k++)
        sum += sums[k * 2 * CHUNK + within];
    samples[i] = sum;
    if (gl_LocalInvocationIndex == 0)
        stamps[gl_WorkGroupID.x] = control.stamp;
}
