// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/grid.h"

#include <math.h>

#define STEP    64
#define OUTLIER 64.0  /* 8 times the RMS, squared */
#define SILENT  1e-18 /* mean square; what is under it is rounding */

void grid_init(struct grid *g)
{
    *g = (struct grid){0};
}

/*
 * A step between the frames -1 and 0 of a block shows in the second differences
 * around both: d[0] and d[1] when d[i] is the one around frame i - 1.
 */
static struct grid_class *class_of(struct grid *g, size_t i)
{
    if (i < 2)
        return &g->on1024;
    return i % STEP < 2 ? &g->on64 : &g->off;
}

static void end_channel(struct grid *g, float x[GRID_BLOCK + 2])
{
    double d[GRID_BLOCK], mean = 0;

    for (size_t i = 0; i < GRID_BLOCK; i++) {
        d[i] = (double)x[i] - 2 * (double)x[i + 1] + (double)x[i + 2];
        d[i] *= d[i];
        mean += d[i] / GRID_BLOCK;
    }
    for (size_t i = 0; i < GRID_BLOCK && g->blocks && mean > SILENT; i++) {
        struct grid_class *c = class_of(g, i);
        if (d[i] > OUTLIER * mean) {
            c->outliers++;
        } else {
            c->others++;
            c->squares += d[i] / mean;
        }
    }
    x[0] = x[GRID_BLOCK];
    x[1] = x[GRID_BLOCK + 1];
}

void grid_add(struct grid *g, const float *x, size_t frames)
{
    for (size_t i = 0; i < frames; i++) {
        g->x[0][g->filled + 2] = x[2 * i];
        g->x[1][g->filled + 2] = x[2 * i + 1];
        if (++g->filled < GRID_BLOCK)
            continue;
        for (int channel = 0; channel < 2; channel++)
            end_channel(g, g->x[channel]);
        g->filled = 0;
        g->blocks++;
    }
}

static double excess(const struct grid_class *c, const struct grid_class *off)
{
    double places = (double)(off->others + off->outliers);
    double expected = places > 0 ? (double)off->outliers / places *
                                       (double)(c->others + c->outliers)
                                 : 0;

    return fmax(0, (double)c->outliers - expected - 3 * sqrt(expected));
}

static double level(const struct grid_class *c, const struct grid_class *off)
{
    if (!c->others || !off->others)
        return NAN;
    return figures_db_power(c->squares / (double)c->others) -
           figures_db_power(off->squares / (double)off->others);
}

void grid_end(const struct grid *g, struct figures *out)
{
    out->grid64 = (double)g->on64.outliers;
    out->grid1024 = (double)g->on1024.outliers;
    out->grid_else = (double)g->off.outliers;
    out->grid64_excess = excess(&g->on64, &g->off);
    out->grid1024_excess = excess(&g->on1024, &g->off);
    out->grid64_level = level(&g->on64, &g->off);
    out->grid1024_level = level(&g->on1024, &g->off);
}
