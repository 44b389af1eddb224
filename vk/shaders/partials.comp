// SPDX-License-Identifier: GPL-3.0-or-later
// Pass 1: one workgroup renders a slice of the partials of one bus over the
// whole chunk, each invocation a tile of consecutive frames. All invocations of
// a workgroup read the same partial at the same time, so the table is read from
// memory once, wherever it lies. Every tile starts from the exact phase and is
// rotated, which keeps float's error under -120 dB and costs two sines a tile.
#version 450
#extension GL_GOOGLE_include_directive : require

#include "layout.h"
#include "../synth_math.h"
#include "control.glsl"

layout(local_size_x_id = SPEC_LOCAL) in;
layout(constant_id = SPEC_CHUNK) const uint CHUNK = 1024;
layout(constant_id = SPEC_GRID) const uint GRID = 64;
layout(constant_id = SPEC_TILE) const uint TILE = 16;
layout(constant_id = SPEC_SLICE) const uint SLICE = 64;

struct Partial { // struct scene_partial
    uint phase_lo, phase_hi;
    uint inc_lo, inc_hi;
    float gain_l;
    float gain_rs, gain_rc;
    uint band;
};

layout(std430, set = 0, binding = PARTIALS_TABLE) readonly buffer Table {
    Partial table[];
};
layout(std430, set = 0, binding = PARTIALS_BANDS) readonly buffer Bands {
    float level[]; // [band][CHUNK / GRID + 1]
};
layout(std430, set = 0, binding = PARTIALS_SUMS) writeonly buffer Sums {
    float sums[]; // [slice][2][CHUNK]
};

// Top half of phase + inc * n, in 64 bits without needing them.
uint phase_at(Partial p, uint n)
{
    uint hi, lo, carry;
    umulExtended(p.inc_lo, n, hi, lo);
    uaddCarry(p.phase_lo, lo, carry);
    return p.phase_hi + p.inc_hi * n + hi + carry;
}

void main()
{
    uint slice = gl_WorkGroupID.x;
    uint bus = 0;
    while (slice >= control.slice_first[bus + 1])
        bus++;
    uint first = control.bus_first[bus]
               + (slice - control.slice_first[bus]) * SLICE;
    uint end = min(first + SLICE, control.bus_first[bus + 1]);

    uint frame = gl_LocalInvocationID.x * TILE;
    uint point = frame / GRID;
    float t0 = float(frame % GRID) / float(GRID);
    float l[TILE];
    float r[TILE];
    for (uint i = 0; i < TILE; i++)
        l[i] = r[i] = 0.0;

    for (uint k = first; k < end; k++) {
        Partial p = table[k];
        uint row = p.band * (CHUNK / GRID + 1) + point;
        float a = level[row];
        float rise = level[row + 1] - a;
        if (a == 0.0 && rise == 0.0)
            continue;
        uint x = phase_at(p, frame);
        float s = synth_sin(x), c = synth_cos(x);
        float ws = synth_sin(p.inc_hi), wc = synth_cos(p.inc_hi);
        a += rise * t0;
        rise /= float(GRID);
        for (uint i = 0; i < TILE; i++) {
            float now = a + rise * float(i);
            l[i] += now * (p.gain_l * s);
            r[i] += now * (p.gain_rs * s + p.gain_rc * c);
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
