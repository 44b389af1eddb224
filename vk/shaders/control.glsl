// SPDX-License-Identifier: GPL-3.0-or-later
// The control block: everything about a chunk that is not in the tables.
// struct control in vk/vulkan.c is the same. Slices never straddle two buses:
// slices [slice_first[b], slice_first[b + 1]) hold the partials of bus b.
layout(std430, set = 0, binding = PARTIALS_CONTROL) readonly buffer Control {
    uint groups[3]; // workgroups of pass 1, read by the indirect dispatch
    uint stamp;     // number of this chunk, to be seen in the output
    uint bus_first[LAYOUT_BUSES + 1];
    uint slice_first[LAYOUT_BUSES + 1];
} control;
