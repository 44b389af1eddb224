// SPDX-License-Identifier: GPL-3.0-or-later
// Pass 1: one workgroup renders a slice of the partials of one bus over the
// whole chunk, each invocation a tile of consecutive frames. All invocations of
// a workgroup read the same partial at the same time, so the table is read from
// memory once, wherever it lies. Every tile starts from the exact phase and is
// rotated, which keeps float's error under -120 dB and costs two sines a tile.
#version 450
#extension GL_GOOGLE_include_directive : require

#include "layout.h"
#include "vk/synth_math.h"
#include "control.glsl"
#include "table.glsl"

layout(local_size_x_id = SPEC_LOCAL) in;
layout(constant_id = SPEC_CHUNK) const uint CHUNK = 1024;
layout(constant_id = SPEC_GRID) const uint GRID = 64;
layout(constant_id = SPEC_TILE) const uint TILE = 32;

layout(std430, set = 0, binding = PARTIALS_TABLE) readonly buffer Table {
    Drawn table[];
};
layout(std430, set = 0, binding = PARTIALS_ROWS) readonly buffer Rows {
    float rows[]; // bands, then modulators
};
layout(std430, set = 0, binding = PARTIALS_SUMS) writeonly buffer Sums {
    float sums[]; // [slice][2][CHUNK]
};

// Top half of phase + inc * n, in 64 bits without needing them.
uint phase_at(uvec4 p, uint n)
{
    uint hi, lo, carry;
    umulExtended(p.z, n, hi, lo);
    uaddCarry(p.x, lo, carry);
    return p.y + p.w * n + hi + carry;
}

float upper_half(float x)
{
    return uintBitsToFloat(floatBitsToUint(x) & 0xfffff000u);
}

// a * b cycles as a phase, 2^32 = 1 cycle. The product of the upper halves fits
// a float, so its whole cycles go without loss.
uint turns(float a, float b)
{
    float ah = upper_half(a), bh = upper_half(b);
    float x = ah * bh;
    x = (x - floor(x)) + (ah * (b - bh) + (a - ah) * b);
    return uint((x - floor(x)) * 16777216.0) << 8;
}

// Cycles per frame as the same, signed.
uint turns_per_frame(float x)
{
    x -= floor(x + 0.5);
    return uint(int(min(x, 0.49999997) * 4294967296.0));
}

void main()
{
    uint slice = gl_WorkGroupID.x;
    uint bus = 0;
    while (slice >= control.slice_first[bus + 1])
        bus++;
    uint first = control.bus_first[bus]
               + (slice - control.slice_first[bus]) * control.slice;
    uint end = min(first + control.slice, control.bus_first[bus + 1]);

    uint frame = gl_LocalInvocationID.x * TILE;
    uint point = frame / GRID;
    uint within = frame % GRID;
    float l[TILE];
    float r[TILE];
    for (uint i = 0; i < TILE; i++)
        l[i] = r[i] = 0.0;

    for (uint k = first; k < end; k++) {
        uvec2 row = table[k].row;
        float a = rows[row.x + point];
        float rise = rows[row.x + point + 1] - a;
        if (a == 0.0 && rise == 0.0)
            continue;
        uvec4 p = table[k].phase;
        vec4 gain = table[k].gain;
        uint x = phase_at(p, frame);
        uint w = p.w;
        if (row.y != LAYOUT_NO_MOD) {
            float m0 = rows[row.y + point];
            float m1 = rows[row.y + point + 1];
            uint by = turns_per_frame(gain.w * (m1 - m0) / float(GRID));
            x += turns(gain.w, m0) + by * within;
            w += by;
        }
        float s = synth_sin(x), c = synth_cos(x);
        float ws = synth_sin(w), wc = synth_cos(w);
        rise /= float(GRID);
        a += rise * float(within);
        for (uint i = 0; i < TILE; i++) {
            float now = a + rise * float(i);
            l[i] += now * (gain.x * s);
            r[i] += now * (gain.y * s + gain.z * c);
            float next = s * wc + c * ws;
            c = c * wc - s * ws;
            s = next;
        }
    }

    uint at = slice * 2 * CHUNK + frame;
    for (uint i = 0; i < TILE; i++) {
        sums[at + i] = l[i];
        sums[at + CHUNK + i] = r[i];
    }
}
