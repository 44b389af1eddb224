// SPDX-License-Identifier: GPL-3.0-or-later
// The control block: everything about a chunk that is not in the tables.
// struct control in vk/slot.c is the same. Slices never straddle two buses:
// slices [slice_first[b], slice_first[b + 1]) hold the partials of bus b.
layout(std430, set = 0, binding = LAYOUT_CONTROL) readonly buffer Control {
    uint draw_groups[3];     // workgroups of pass 0 and
    uint partials_groups[3]; // pass 1, read by the indirect dispatches
    uint stamp;              // number of this chunk, to be seen in the output
    uint slice;              // partials an invocation of pass 1 adds up
    uint thin;               // whether only n_thin members are rendered
    uint n_notes;
    uint n_partials;         // rendered
    uint mods_at;            // word of the first modulator among the rows
    uint bus_first[LAYOUT_BUSES + 1];
    uint slice_first[LAYOUT_BUSES + 1];
} control;
