// SPDX-License-Identifier: GPL-3.0-or-later
// A partial as pass 0 leaves it for pass 1. struct vulkan_partial in
// vk/vulkan.h is the same.
struct Drawn {
    uvec4 phase;  // phase at the chunk's first frame, lo and hi; inc, lo and hi
    vec4 gain;    // gain_l, gain_rs, gain_rc; how often modulators count
    uvec2 row;    // words of its band's first level and of its modulator
};
