// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The CPU renderer's inner loop, written once over the compiler's vectors. Each
 * cpu_LEVEL.c sets KERNEL_WIDTH, floats per vector, and KERNEL_NAME, the
 * function this is to define, and is compiled with the flags of its level.
 *
 * An oscillator is seeded from its exact phase in the middle of each block and
 * rotated from there to either side. That halves the distance over which a
 * float rotation drifts, and makes two chains without dependence on each other,
 * which hide the latency of the arithmetic. A step adds what it changes, by the
 * sine and by the cosine less 1, where low frequencies lose nothing:
 *   s' = (s + c sin w) + s (cos w - 1)
 *   c' = (c - s sin w) + c (cos w - 1)
 */
#ifndef VK_CPU_KERNEL_H
#define VK_CPU_KERNEL_H

#include <string.h>

#include "vk/lanes.h"

#define KERNEL_BYTES (4 * KERNEL_WIDTH)
#define KERNEL_HALF  (SCENE_GRID / 2)

typedef float vfloat __attribute__((vector_size(KERNEL_BYTES)));
typedef int32_t vint __attribute__((vector_size(KERNEL_BYTES)));
typedef uint32_t vuint __attribute__((vector_size(KERNEL_BYTES)));
typedef double vdouble __attribute__((vector_size(2 * KERNEL_BYTES)));
typedef uint64_t vuint64 __attribute__((vector_size(2 * KERNEL_BYTES)));

_Static_assert(LANES % KERNEL_WIDTH == 0, "whole vectors");

/* Sums of one block, per lane of a vector. */
struct sums {
    alignas(LANES_ALIGN) vfloat l[SCENE_GRID];
    vfloat r[SCENE_GRID];
};

/* Sine and cosine, and the rotation by one frame. */
struct turn {
    vfloat s, c, ws, wm;
};

static inline vfloat load_f(const float *p)
{
    vfloat v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline vuint load_u(const uint32_t *p)
{
    vuint v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline void store_u(uint32_t *p, vuint v)
{
    memcpy(p, &v, sizeof(v));
}

/* synth_sin() of vk/synth_math.h. */
static inline vfloat sine(vuint x)
{
    vuint outer = (vuint)((vint)(x ^ (x << 1)) >> 31);
    vuint y = (outer & (0x80000000u - x)) | (~outer & x);
    vfloat a = __builtin_convertvector((vint)y, vfloat) * 1.462918120e-09f;
    vfloat z = a * a;
    vfloat p = z * 2.618609642e-06f - 1.981718233e-04f;
    p = p * z + 8.333218284e-03f;
    p = p * z - 1.666667014e-01f;
    return a + a * (p * z);
}

/*
 * Cycles as a phase, 2^32 = 1 cycle, up to 2^19 cycles: added to a number so
 * large that a double's last bit is 1, they are left as an integer in its low
 * bits. By reference, since not every level can pass so long a vector.
 */
static inline vuint phase_of(const vdouble *cycles)
{
    union {
        vdouble d;
        vuint64 u;
    } x = {.d = *cycles * 0x1p32 + 0x1.8p52};
    return __builtin_convertvector(x.u & UINT64_C(0xffffffff), vuint);
}

/* The middle of the block, lanes from o on; runs the phase on. */
static inline struct turn seed(struct lanes *g, uint32_t o, uint32_t block)
{
    vuint x = load_u(g->x_hi + o), lo = load_u(g->x_lo + o);
    vuint step = load_u(g->step_lo + o);
    vuint next = lo + step;
    struct turn t;

    store_u(g->x_lo + o, next);
    store_u(g->x_hi + o, /* less a carry of -1 */
            x + load_u(g->step_hi + o) - (vuint)(next < step));
    if (g->modulated) {
        vdouble ratio = __builtin_convertvector(load_f(g->ratio + o), vdouble);
        vdouble m0 =
            __builtin_convertvector(load_f(g->mod[block] + o), vdouble);
        vdouble m1 =
            __builtin_convertvector(load_f(g->mod[block + 1] + o), vdouble);
        vdouble mid = (m0 + m1) * (0.5 * ratio);
        vdouble rise = (m1 - m0) * (1.0 / SCENE_GRID * ratio);
        vuint w = load_u(g->w + o) + phase_of(&rise);
        vfloat h = sine((vuint)((vint)w >> 1)); /* of half the angle */

        x += phase_of(&mid);
        t.ws = sine(w);
        t.wm = -2.0f * h * h;
    } else {
        t.ws = load_f(g->ws + o);
        t.wm = load_f(g->wm + o);
    }
    t.s = sine(x);
    t.c = sine(x + 0x40000000u);
    return t;
}

static inline void rotate(vfloat *s, vfloat *c, vfloat ws, vfloat wm)
{
    vfloat t = *s + *c * ws;
    vfloat u = *c - *s * ws;

    *s = t + *s * wm;
    *c = u + *c * wm;
}

/* Adds the sound of a vector of lanes to the sums. */
static inline void add_lanes(struct lanes *restrict g, uint32_t o,
                             uint32_t block, struct sums *restrict acc)
{
    struct turn t = seed(g, o, block);
    vfloat from = load_f(g->level[block] + o);
    vfloat to = load_f(g->level[block + 1] + o);
    vfloat mid = (from + to) * 0.5f;
    vfloat rise = (to - from) * (1.0f / SCENE_GRID);
    vfloat gl = load_f(g->gain_l + o);
    vfloat grs = load_f(g->gain_rs + o), grc = load_f(g->gain_rc + o);
    vfloat dl = gl * rise, drs = grs * rise, drc = grc * rise;
    /* forwards from the middle on, backwards from the frame before it */
    vfloat fs = t.s, fc = t.c, bs = t.s, bc = t.c;
    vfloat fl = gl * mid, frs = grs * mid, frc = grc * mid;
    vfloat bl = fl - dl, brs = frs - drs, brc = frc - drc;

    rotate(&bs, &bc, -t.ws, t.wm);
    for (uint32_t k = 0; k < KERNEL_HALF; k++) {
        vfloat *l = acc->l + KERNEL_HALF, *r = acc->r + KERNEL_HALF;
        l[k] += fl * fs;
        r[k] = r[k] + frs * fs + frc * fc;
        fl += dl;
        frs += drs;
        frc += drc;
        rotate(&fs, &fc, t.ws, t.wm);
        l[-1 - (int32_t)k] += bl * bs;
        r[-1 - (int32_t)k] = r[-1 - (int32_t)k] + brs * bs + brc * bc;
        bl -= dl;
        brs -= drs;
        brc -= drc;
        rotate(&bs, &bc, -t.ws, t.wm);
    }
}

static inline float sum_lanes(vfloat v)
{
    float x[KERNEL_WIDTH];

    memcpy(x, &v, sizeof(x));
    for (uint32_t half = KERNEL_WIDTH / 2; half > 0; half /= 2)
        for (uint32_t i = 0; i < half; i++)
            x[i] += x[i + half];
    return x[0];
}

/* The phase of what isn't heard runs on all the same. */
static inline void skip(struct lanes *g)
{
    for (uint32_t i = 0; i < LANES; i++) {
        uint32_t next = g->x_lo[i] + g->step_lo[i];
        g->x_hi[i] += g->step_hi[i] + (next < g->step_lo[i]);
        g->x_lo[i] = next;
    }
}

void KERNEL_NAME(struct lanes *g, uint32_t n, uint32_t block, float *l,
                 float *r)
{
    struct sums acc;

    memset(&acc, 0, sizeof(acc));
    for (uint32_t i = 0; i < n; i++) {
        if (!(g[i].heard >> block & 1u)) {
            skip(&g[i]);
            continue;
        }
        for (uint32_t o = 0; o < LANES; o += KERNEL_WIDTH)
            add_lanes(&g[i], o, block, &acc);
    }
    for (uint32_t f = 0; f < SCENE_GRID; f++) {
        l[f] = sum_lanes(acc.l[f]);
        r[f] = sum_lanes(acc.r[f]);
    }
}

#endif
