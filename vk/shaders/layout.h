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

/* Pass 1, partials.comp: control, partials, bands -> sums of the slices. */
#define PARTIALS_CONTROL 0
#define PARTIALS_TABLE   1
#define PARTIALS_BANDS   2
#define PARTIALS_SUMS    3

/* Pass 2, sum.comp: control, sums of the slices -> samples and stamps. */
#define SUM_CONTROL 0
#define SUM_SLICES  1
#define SUM_OUT     2
#define SUM_STAMPS  3

/* constant_id of the specialisation constants of both passes. */
#define SPEC_LOCAL 0 /* invocations of a workgroup */
#define SPEC_CHUNK 1 /* frames */
#define SPEC_GRID  2 /* frames between control points */
#define SPEC_TILE  3 /* frames an invocation of pass 1 renders */
#define SPEC_SLICE 4 /* partials an invocation of pass 1 adds up */
#define SPEC_COUNT 5

#endif
