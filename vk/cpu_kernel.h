// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The CPU renderer's inner loop, written once over the compiler's vectors. Each
 * cpu_LEVEL.c sets KERNEL_WIDTH, floats per vector, KERNEL_FRAMES, how many
 * frames' sums fit the registers (8 vectors each), and KERNEL_NAME, the
 * function this is to define; it is compiled with the flags of its level.
 *
 * An oscillator is seeded from its exact phase x in the middle of each block.
 * What is k frames to either side of it follows from
 *   sin(x + kw) = sin x cos kw + cos x sin kw
 *   sin(x - kw) = sin x cos kw - cos x sin kw
 * so that one rotation, p = cos kw and q = sin kw, makes two frames and drifts
 * over half a block only. With a level of a + kb, a gain, and S and C for sine
 * and cosine in the middle, the frames are the sum and the difference of
 *   even = (a S) p + k (b C) q
 *   odd  = (a C) q + k (b S) p
 * whose factors in brackets are constant over the block, and whose k is the
 * same for all partials: it is left to the end. The loop over partials is
 * innermost, its eight sums stay in registers, and no step waits for the one
 * before it.
 *
 * A rotation by one frame adds what changes, by the sine and by the cosine less
 * 1, where low frequencies lose nothing:
 *   q' = (q + p sin w) + q (cos w - 1)
 *   p' = (p - q sin w) + p (cos w - 1)
 */
#ifndef VK_CPU_KERNEL_H
#define VK_CPU_KERNEL_H

#include <string.h>

#include "vk/lanes.h"

#ifndef KERNEL_NAME /* what every machine has, or a compiler makes up */
#define KERNEL_WIDTH  4
#define KERNEL_FRAMES 1
#define KERNEL_NAME   lanes_block_portable
#endif

#define KERNEL_BYTES (4 * KERNEL_WIDTH)
#define KERNEL_HALF  (SCENE_GRID / 2)

typedef float vfloat __attribute__((vector_size(KERNEL_BYTES)));
typedef int32_t vint __attribute__((vector_size(KERNEL_BYTES)));
typedef uint32_t vuint __attribute__((vector_size(KERNEL_BYTES)));
typedef double vdouble __attribute__((vector_size(2 * KERNEL_BYTES)));
typedef uint64_t vuint64 __attribute__((vector_size(2 * KERNEL_BYTES)));

/* Oscillators at a time: their state stays in the first-level cache. */
#define KERNEL_TILE 32

_Static_assert(LANES % KERNEL_WIDTH == 0, "whole vectors");
_Static_assert(KERNEL_TILE % (LANES / KERNEL_WIDTH) == 0, "whole groups");

/* The eight factors of an oscillator, and the sums of what they make. */
enum { A_S, A_C, B_S, B_C, CHANNEL = 4, FACTORS = 8 };

/* A vector of oscillators. */
struct osc {
    vfloat p, q, ws, wm;
    vfloat factor[FACTORS];
};

/* Sums over a block, per lane of a vector, k frames from its middle. */
struct sums {
    vfloat even[KERNEL_HALF + 1][2], odd[KERNEL_HALF + 1][2];
};

/* Sine and cosine in the middle, and the rotation by one frame. */
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

static inline void set_factors(vfloat *factor, vfloat s, vfloat c, vfloat a,
                               vfloat b)
{
    factor[A_S] = a * s;
    factor[A_C] = a * c;
    factor[B_S] = b * s;
    factor[B_C] = b * c;
}

/* Lanes from o on, at the middle of the block. */
static inline void set_up(struct osc *v, struct lanes *g, uint32_t o,
                          uint32_t block)
{
    struct turn t = seed(g, o, block);
    vfloat from = load_f(g->level[block] + o);
    vfloat to = load_f(g->level[block + 1] + o);
    vfloat a = (from + to) * 0.5f;
    vfloat b = (to - from) * (1.0f / SCENE_GRID);
    vfloat gl = load_f(g->gain_l + o);
    vfloat grs = load_f(g->gain_rs + o), grc = load_f(g->gain_rc + o);

    set_factors(v->factor, gl * t.s, gl * t.c, a, b);
    set_factors(v->factor + CHANNEL, grs * t.s + grc * t.c,
                grs * t.c - grc * t.s, a, b);
    v->ws = t.ws;
    v->wm = t.wm;
    v->q = (vfloat){0.0f};
    v->p = v->q + 1.0f;
}

/* Adds frame after frame of n oscillators, KERNEL_FRAMES at a time. */
static inline void add_tile(struct osc *restrict tile, uint32_t n,
                            struct sums *restrict acc)
{
    for (uint32_t k = 0; k <= KERNEL_HALF; k += KERNEL_FRAMES) {
        vfloat x[KERNEL_FRAMES][FACTORS];

        memset(x, 0, sizeof(x));
        for (uint32_t i = 0; i < n; i++) {
            struct osc *v = &tile[i];
            vfloat p = v->p, q = v->q;
            for (uint32_t j = 0; j < KERNEL_FRAMES; j++) {
                vfloat was = q;
                for (uint32_t c = 0; c < FACTORS; c += CHANNEL) {
                    x[j][c + A_S] += v->factor[c + A_S] * p;
                    x[j][c + A_C] += v->factor[c + A_C] * q;
                    x[j][c + B_S] += v->factor[c + B_S] * p;
                    x[j][c + B_C] += v->factor[c + B_C] * q;
                }
                q = (q + p * v->ws) + q * v->wm;
                p = (p - was * v->ws) + p * v->wm;
            }
            v->p = p;
            v->q = q;
        }
        for (uint32_t j = 0; j < KERNEL_FRAMES && k + j <= KERNEL_HALF; j++)
            for (uint32_t ch = 0; ch < 2; ch++) {
                const vfloat *from = x[j] + ch * CHANNEL;
                float away = (float)(k + j);
                acc->even[k + j][ch] += from[A_S] + from[B_C] * away;
                acc->odd[k + j][ch] += from[A_C] + from[B_S] * away;
            }
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

/* Even and odd parts as the frames they stand for. */
static inline void unfold(const struct sums *acc, uint32_t ch, float *out)
{
    out[KERNEL_HALF] = sum_lanes(acc->even[0][ch] + acc->odd[0][ch]);
    for (uint32_t k = 1; k <= KERNEL_HALF; k++) {
        float even = sum_lanes(acc->even[k][ch]);
        float odd = sum_lanes(acc->odd[k][ch]);
        out[KERNEL_HALF - k] = even - odd;
        if (k < KERNEL_HALF)
            out[KERNEL_HALF + k] = even + odd;
    }
}

void KERNEL_NAME(struct lanes *g, uint32_t n, uint32_t block, float *l,
                 float *r)
{
    struct osc tile[KERNEL_TILE];
    struct sums acc;
    uint32_t held = 0;

    memset(&acc, 0, sizeof(acc));
    for (uint32_t i = 0; i < n; i++) {
        if (!(g[i].heard >> block & 1u)) {
            skip(&g[i]);
            continue;
        }
        for (uint32_t o = 0; o < LANES; o += KERNEL_WIDTH)
            set_up(&tile[held++], &g[i], o, block);
        if (held < KERNEL_TILE)
            continue;
        add_tile(tile, held, &acc);
        held = 0;
    }
    add_tile(tile, held, &acc);
    unfold(&acc, 0, l);
    unfold(&acc, 1, r);
}

#endif
