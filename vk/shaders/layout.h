// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What C and the shaders agree on: bindings and specialisation constants. Each
 * pass has one set of four storage buffers, which is all that Vulkan promises
 * to a stage. Sizes that C knows come as specialisation constants.
 */
#ifndef VK_SHADERS_LAYOUT_H
#define VK_SHADERS_LAYOUT_H

#define LAYOUT_BUSES    4
#define LAYOUT_BINDINGS 4

/* Of every pass: struct control of vk/slot.c, block Control in control.glsl. */
#define LAYOUT_CONTROL 0

/* Pass 0, draw.comp: notes, bands -> table of partials. */
#define DRAW_NOTES 1
#define DRAW_BANDS 2
#define DRAW_TABLE 3

/* Pass 1, partials.comp: table, bands and modulators -> sums of the slices. */
#define PARTIALS_TABLE 1
#define PARTIALS_ROWS  2
#define PARTIALS_SUMS  3

/* Pass 2, sum.comp: sums of the slices -> samples and stamps. */
#define SUM_SLICES 1
#define SUM_OUT    2
#define SUM_STAMPS 3

/* constant_id of the specialisation constants of all passes. */
#define SPEC_LOCAL 0 /* invocations of a workgroup */
#define SPEC_CHUNK 1 /* frames */
#define SPEC_GRID  2 /* frames between control points */
#define SPEC_TILE  3 /* frames an invocation of pass 1 renders */
#define SPEC_COUNT 4

/* Words of a struct scene_band, and where its levels start; of a scene_mod. */
#define LAYOUT_BAND_WORDS 30
#define LAYOUT_LEVEL_AT   13
#define LAYOUT_MOD_WORDS  17

#define LAYOUT_NO_MOD 0xffffffffu

#endif
