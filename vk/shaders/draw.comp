// SPDX-License-Identifier: GPL-3.0-or-later
// Pass 0: one invocation finds the note its partial belongs to and derives the
// partial by the rules the CPU has too. It costs less than a hundredth of what
// pass 1 does with it, so nothing is kept from chunk to chunk.
#version 450
#extension GL_GOOGLE_include_directive : require

#include "layout.h"
#include "vk/partial.h"
#include "control.glsl"
#include "table.glsl"

layout(local_size_x_id = SPEC_LOCAL) in;

#define NOTE_MOD_BY_BAND 8u

struct Note { // struct scene_note
    uint key_lo, key_hi;
    uint flags;
    uint n_bands;
    uint n_members, n_thin;
    uint partial_first, thin_first;
    uint band_first;
    uint mod_first, n_mods;
    float pan_power;
};

struct Band { // struct scene_band
    uint inc_lo, inc_hi;
    uint age_lo, age_hi;
    uint hash;
    uint spread;
    int beat;
    float ratio;
    float pan, width, delay, core;
    float pad;
    float level[LAYOUT_BAND_WORDS - LAYOUT_LEVEL_AT];
};

layout(std430, set = 0, binding = DRAW_NOTES) readonly buffer Notes {
    Note notes[];
};
layout(std430, set = 0, binding = DRAW_BANDS) readonly buffer Bands {
    Band bands[];
};
layout(std430, set = 0, binding = DRAW_TABLE) writeonly buffer Table {
    Drawn table[];
};

uint first_of(uint note)
{
    return control.thin != 0 ? notes[note].thin_first
                             : notes[note].partial_first;
}

// The last note that starts at or before partial i.
uint note_of(uint i)
{
    uint at = 0, end = control.n_notes;
    while (end - at > 1) {
        uint middle = (at + end) / 2;
        if (first_of(middle) <= i)
            at = middle;
        else
            end = middle;
    }
    return at;
}

void draw(uint i)
{
    uint k = note_of(i);
    Note note = notes[k];
    uint m = (i - first_of(k)) / note.n_bands;
    uint h = (i - first_of(k)) % note.n_bands;
    uint row = note.band_first + h;
    partial_note n;
    partial_band b;
    wide age, x;

    n.key_lo = note.key_lo;
    n.key_hi = note.key_hi;
    n.flags = note.flags;
    n.n_members = control.thin != 0 ? note.n_thin : note.n_members;
    n.pan_power = note.pan_power;
    b.inc.lo = bands[row].inc_lo;
    b.inc.hi = bands[row].inc_hi;
    b.hash = bands[row].hash;
    b.spread = bands[row].spread;
    b.beat = bands[row].beat;
    b.pan = bands[row].pan;
    b.width = bands[row].width;
    b.delay = bands[row].delay;
    b.core = bands[row].core;
    partial p = partial_draw(n, b, m);

    age.lo = bands[row].age_lo;
    age.hi = bands[row].age_hi;
    x = wide_times(p.inc, age);
    uint mod = LAYOUT_NO_MOD;
    if (note.n_mods != 0) {
        uint which = (note.flags & NOTE_MOD_BY_BAND) != 0 ? h : m;
        mod = control.mods_at
            + (note.mod_first + which % note.n_mods) * LAYOUT_MOD_WORDS;
    }
    table[i].phase = uvec4(x.lo, x.hi + p.phase, p.inc.lo, p.inc.hi);
    table[i].gain = vec4(p.gain_l, p.gain_rs, p.gain_rc, bands[row].ratio);
    table[i].row = uvec2(row * LAYOUT_BAND_WORDS + LAYOUT_LEVEL_AT, mod);
}

void main()
{
    uint stride = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    for (uint i = gl_GlobalInvocationID.x; i < control.n_partials; i += stride)
        draw(i);
}
