// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The CPU renderer. Partials are gathered into groups of one per lane, so that
 * every loop over lanes is plain and without dependencies, and the compiler
 * makes vectors of whatever width it was told of. Oscillators are seeded from
 * the exact phase at each grid point and rotated in between: over 64 frames the
 * error of a float rotation stays near -114 dB, over a whole chunk it does not.
 */
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "vk/renderer.h"
#include "vk/synth_math.h"

#define LANES      16
#define ALIGN      64 /* bytes: a cache line, and any vector */
#define GRID_RECIP (1.0f / SCENE_GRID)

struct cpu {
    struct renderer base;
    uint32_t max_partials; /* [init] */
    uint32_t max_bands;    /* [init] */
};

/* Partials of one bus for one grid block. */
struct group {
    uint32_t n;                       /* lanes in use */
    alignas(ALIGN) uint32_t x[LANES]; /* phase at the block's first frame */
    uint32_t w[LANES];                /* phase per frame, both 2^32 = 1 cycle */
    float level[LANES];               /* at the block's first frame */
    float rise[LANES];                /* of the level over the block */
    float gain_l[LANES], gain_rs[LANES], gain_rc[LANES];
};

/* Sums of one bus over one grid block, per lane. */
struct sums {
    alignas(ALIGN) float l[SCENE_GRID][LANES];
    float r[SCENE_GRID][LANES];
};

static void group_add(struct group *g, const struct scene_partial *p,
                      const float level[2], uint32_t frame)
{
    uint64_t inc = (uint64_t)p->inc_hi << 32 | p->inc_lo;
    uint64_t x = ((uint64_t)p->phase_hi << 32 | p->phase_lo) + inc * frame;
    uint32_t i = g->n++;

    g->x[i] = (uint32_t)(x >> 32);
    g->w[i] = p->inc_hi;
    g->level[i] = level[0];
    g->rise[i] = level[1] - level[0];
    g->gain_l[i] = p->gain_l;
    g->gain_rs[i] = p->gain_rs;
    g->gain_rc[i] = p->gain_rc;
}

/* Adds the group's sound to the sums and empties it. */
static void group_render(struct group *restrict g, struct sums *restrict acc)
{
    alignas(ALIGN) float s[LANES];
    alignas(ALIGN) float c[LANES];
    alignas(ALIGN) float ws[LANES];
    alignas(ALIGN) float wc[LANES];

    /* Idle lanes hold the numbers of earlier partials: silence them. */
    for (uint32_t i = g->n; i < LANES; i++)
        g->level[i] = g->rise[i] = 0.0f;
    g->n = 0;

    for (uint32_t i = 0; i < LANES; i++) {
        s[i] = synth_sin(g->x[i]);
        c[i] = synth_cos(g->x[i]);
        ws[i] = synth_sin(g->w[i]);
        wc[i] = synth_cos(g->w[i]);
    }
    for (uint32_t f = 0; f < SCENE_GRID; f++) {
        float t = (float)f * GRID_RECIP;
        float *l = acc->l[f];
        float *r = acc->r[f];
        for (uint32_t i = 0; i < LANES; i++) {
            float a = g->level[i] + g->rise[i] * t;
            float next = s[i] * wc[i] + c[i] * ws[i];
            l[i] += a * (g->gain_l[i] * s[i]);
            r[i] += a * (g->gain_rs[i] * s[i] + g->gain_rc[i] * c[i]);
            c[i] = c[i] * wc[i] - s[i] * ws[i];
            s[i] = next;
        }
    }
}

/* Sum over the lanes, which it spoils. */
static float lanes_sum(float x[LANES])
{
    for (uint32_t half = LANES / 2; half > 0; half /= 2)
        for (uint32_t i = 0; i < half; i++)
            x[i] += x[i + half];
    return x[0];
}

/* One grid block of one bus, frame being its first in the chunk. */
static void block_render(const struct scene *s, enum scene_bus bus,
                         uint32_t frame, float *l, float *r)
{
    struct group g = {0};
    struct sums acc;

    memset(&acc, 0, sizeof(acc));
    for (uint32_t i = s->bus_first[bus]; i < s->bus_first[bus + 1]; i++) {
        const struct scene_partial *p = &s->partials[i];
        const float *level = &s->bands[p->band].level[frame / SCENE_GRID];
        if (level[0] == 0.0f && level[1] == 0.0f)
            continue;
        group_add(&g, p, level, frame);
        if (g.n == LANES)
            group_render(&g, &acc);
    }
    if (g.n > 0)
        group_render(&g, &acc);
    for (uint32_t f = 0; f < SCENE_GRID; f++) {
        l[f] = lanes_sum(acc.l[f]);
        r[f] = lanes_sum(acc.r[f]);
    }
}

static int cpu_render(struct renderer *r, const struct scene *s,
                      struct buses *out)
{
    const struct cpu *c = (const struct cpu *)r;
    int ret = scene_check(s, c->max_partials, c->max_bands);

    if (ret < 0)
        return ret;
    for (uint32_t bus = 0; bus < BUS_COUNT; bus++)
        for (uint32_t frame = 0; frame < SCENE_CHUNK; frame += SCENE_GRID)
            block_render(s, bus, frame, &out->x[bus][0][frame],
                         &out->x[bus][1][frame]);
    return 0;
}

static void cpu_free(struct renderer *r)
{
    free(r);
}

static const struct renderer_ops cpu_ops = {cpu_render, cpu_free};

int renderer_open_cpu(struct renderer **out, const struct renderer_opts *o)
{
    struct cpu *c = calloc(1, sizeof(*c));

    *out = NULL;
    if (!c)
        return -ENOMEM;
    c->base = (struct renderer){.ops = &cpu_ops, .name = "CPU"};
    c->max_partials = o->max_partials;
    c->max_bands = o->max_bands;
    *out = &c->base;
    return 0;
}
