// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How a note's partials are drawn: once for C and for GLSL. Frequencies and
 * start phases are integers all the way, so that both renderers have the same
 * ones bit for bit, however long a note sounds; only gains are floats.
 * Pure functions, any thread, RT safe.
 *
 * Sources: hash pcg4d, Jarzynski and Olano, "Hash Functions for GPU Rendering",
 * JCGT 9(3), 2020. Detune by a sum of four uniform numbers, near-Gaussian and
 * bounded.
 */
#ifndef VK_PARTIAL_H
#define VK_PARTIAL_H

#include "vk/synth_math.h"

#ifdef VULKAN /* GLSL */
#define PARTIAL_UINT      uint
#define PARTIAL_INT       int
#define PARTIAL_STRUCT(s) s
#define PARTIAL_FN
#define PARTIAL_FLOAT(x)   float(x)
#define PARTIAL_TO_UINT(x) uint(x)
#define PARTIAL_TO_INT(x)  int(x)
#define PARTIAL_ABS        abs
#define PARTIAL_FLOOR      floor
#define PARTIAL_POW        pow
#define PARTIAL_SQRT       sqrt
#else
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#define PARTIAL_UINT       uint32_t
#define PARTIAL_INT        int32_t
#define PARTIAL_STRUCT(s)  struct s
#define PARTIAL_FN         static inline
#define PARTIAL_FLOAT(x)   ((float)(x))
#define PARTIAL_TO_UINT(x) ((uint32_t)(x))
#define PARTIAL_TO_INT(x)  ((int32_t)(x))
#define PARTIAL_ABS        fabsf
#define PARTIAL_FLOOR      floorf
#define PARTIAL_POW        powf
#define PARTIAL_SQRT       sqrtf
#endif

/* 64 bits as two words, since a GPU may have no more. */
struct wide {
    PARTIAL_UINT lo, hi;
};

struct draw4 {
    PARTIAL_UINT x, y, z, w;
};

struct partial {
    PARTIAL_STRUCT(wide) inc; /* per frame, 2^64 = 1 cycle */
    PARTIAL_UINT phase;       /* at its onset, 2^32 = 1 cycle */
    float gain_l;
    float gain_rs, gain_rc; /* right: sine and cosine part */
};

#ifdef VULKAN
wide wide_mul(uint a, uint b)
{
    wide r;
    umulExtended(a, b, r.hi, r.lo);
    return r;
}

/* a * b / 2^32, rounded down. */
int partial_mul_high(int a, int b)
{
    int hi, lo;
    imulExtended(a, b, hi, lo);
    return hi;
}
#else
PARTIAL_FN struct wide wide_mul(uint32_t a, uint32_t b)
{
    uint64_t p = (uint64_t)a * b;
    struct wide r = {(uint32_t)p, (uint32_t)(p >> 32)};
    return r;
}

PARTIAL_FN int32_t partial_mul_high(int32_t a, int32_t b)
{
    return (int32_t)((int64_t)a * b >> 32);
}
#endif

PARTIAL_FN PARTIAL_STRUCT(wide)
    wide_add(PARTIAL_STRUCT(wide) a, PARTIAL_STRUCT(wide) b)
{
    PARTIAL_STRUCT(wide) r;
    r.lo = a.lo + b.lo;
    r.hi = a.hi + b.hi + (r.lo < a.lo ? 1u : 0u);
    return r;
}

/* a * b, the low 64 bits. */
PARTIAL_FN PARTIAL_STRUCT(wide)
    wide_scale(PARTIAL_STRUCT(wide) a, PARTIAL_UINT b)
{
    PARTIAL_STRUCT(wide) r = wide_mul(a.lo, b);
    r.hi += a.hi * b;
    return r;
}

/* a * b, the low 64 bits, both 64 bits wide: inc * age. */
PARTIAL_FN PARTIAL_STRUCT(wide)
    wide_times(PARTIAL_STRUCT(wide) a, PARTIAL_STRUCT(wide) b)
{
    PARTIAL_STRUCT(wide) r = wide_mul(a.lo, b.lo);
    r.hi += a.lo * b.hi + a.hi * b.lo;
    return r;
}

PARTIAL_FN PARTIAL_STRUCT(draw4)
    partial_hash(PARTIAL_UINT x, PARTIAL_UINT y, PARTIAL_UINT z, PARTIAL_UINT w)
{
    PARTIAL_STRUCT(draw4) v;
    v.x = x * 1664525u + 1013904223u;
    v.y = y * 1664525u + 1013904223u;
    v.z = z * 1664525u + 1013904223u;
    v.w = w * 1664525u + 1013904223u;
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    v.x ^= v.x >> 16;
    v.y ^= v.y >> 16;
    v.z ^= v.z >> 16;
    v.w ^= v.w >> 16;
    v.x += v.y * v.w;
    v.y += v.z * v.x;
    v.z += v.x * v.y;
    v.w += v.y * v.z;
    return v;
}

/* 2^(x / 2^32), |x| < 2^31, as a multiple of 2^-30: the exponential's series,
   whose terms beyond the ninth are under 2^-32. */
PARTIAL_FN PARTIAL_UINT partial_exp2(PARTIAL_INT x)
{
    PARTIAL_INT r = 109; /* ln(2)^9 / 9! * 2^30 */
    r = 1419 + partial_mul_high(r, x);
    r = 16377 + partial_mul_high(r, x);
    r = 165394 + partial_mul_high(r, x);
    r = 1431680 + partial_mul_high(r, x);
    r = 10327387 + partial_mul_high(r, x);
    r = 59597083 + partial_mul_high(r, x);
    r = 257941248 + partial_mul_high(r, x);
    r = 744261118 + partial_mul_high(r, x);
    r = 1073741824 + partial_mul_high(r, x);
    return PARTIAL_TO_UINT(r);
}

/* inc * ratio / 2^30. */
PARTIAL_FN PARTIAL_STRUCT(wide)
    partial_tune(PARTIAL_STRUCT(wide) inc, PARTIAL_UINT ratio)
{
    PARTIAL_STRUCT(wide) lo = wide_mul(inc.lo, ratio);
    PARTIAL_STRUCT(wide) hi = wide_mul(inc.hi, ratio);
    PARTIAL_STRUCT(wide) r;
    /* (hi * 2^32 + lo) / 2^30, whose top word the ratio's range leaves empty */
    PARTIAL_UINT mid = hi.lo + lo.hi;
    PARTIAL_UINT top = hi.hi + (mid < hi.lo ? 1u : 0u);
    r.lo = lo.lo >> 30 | mid << 2;
    r.hi = mid >> 30 | top << 2;
    return r;
}

/* Detune of a standard deviation in cents, as scene_band.spread wants it; up to
   150 cents, so that no draw leaves half an octave. C only. */
#ifndef VULKAN
static inline uint32_t partial_spread(double cents)
{
    double sd = cents / 1200.0 / 37837.0 * 0x1p32;
    return (uint32_t)(sd + 0.5);
}
#endif

/* A draw as a number from -1 to 1. */
PARTIAL_FN float partial_signed(PARTIAL_UINT x)
{
    return PARTIAL_FLOAT(PARTIAL_TO_INT(x)) * 4.656612873e-10f; /* 2^-31 */
}

/* Cycles, of any number and sign, as a phase with 2^32 = 1 cycle. */
PARTIAL_FN PARTIAL_UINT partial_turns(float cycles)
{
    /* 24 bits are what a float has; what rounds up to a whole cycle is 0 */
    float part = cycles - PARTIAL_FLOOR(cycles);
    return PARTIAL_TO_UINT(part * 16777216.0f) << 8;
}

/* beat * draw, per frame with 2^64 = 1 cycle; draw of 2^31 is 1. */
PARTIAL_FN PARTIAL_STRUCT(wide) partial_beat(PARTIAL_INT beat, PARTIAL_INT draw)
{
    PARTIAL_UINT b = PARTIAL_TO_UINT(beat < 0 ? -beat : beat);
    PARTIAL_UINT d = PARTIAL_TO_UINT(draw < 0 ? -draw : draw);
    PARTIAL_STRUCT(wide) r = wide_mul(b, d);
    r.hi = r.hi << 1 | r.lo >> 31;
    r.lo <<= 1;
    if ((beat < 0) != (draw < 0)) {
        r.lo = ~r.lo + 1u;
        r.hi = ~r.hi + (r.lo == 0u ? 1u : 0u);
    }
    return r;
}

/* What partial_draw() reads of a note and a band: the fields of scene_note and
   scene_band of the same names. */
struct partial_note {
    PARTIAL_UINT key_lo, key_hi;
    PARTIAL_UINT flags;
    PARTIAL_UINT n_members; /* as many as are rendered: all, or thinned */
    float pan_power;
};

struct partial_band {
    PARTIAL_STRUCT(wide) inc;
    PARTIAL_UINT hash;
    PARTIAL_UINT spread;
    PARTIAL_INT beat;
    float pan, width, delay, core;
};

#define PARTIAL_TOGETHER 1u /* as enum scene_flags */
#define PARTIAL_PAIR     2u
#define PARTIAL_CASCADE  4u

/* Amplitude of member m: all alike but for a core; Hann over a cascade. */
PARTIAL_FN float partial_amp(PARTIAL_STRUCT(partial_note) n, float core,
                             PARTIAL_UINT m)
{
    float members = PARTIAL_FLOAT(n.n_members);
    if ((n.flags & PARTIAL_CASCADE) != 0u) {
        /* sin(pi (m + 1/2) / M): half a cycle over all members */
        float x = (PARTIAL_FLOAT(m) + 0.5f) / members * 2147483648.0f;
        return synth_sin(PARTIAL_TO_UINT(x)) * PARTIAL_SQRT(2.0f / members);
    }
    return PARTIAL_SQRT((m == 0u ? core : 0.0f) + (1.0f - core) / members);
}

/* Frequency of member m; d.x and d.y draw its detune, d.z its beat. */
PARTIAL_FN PARTIAL_STRUCT(wide)
    partial_inc(PARTIAL_STRUCT(partial_note) n, PARTIAL_STRUCT(partial_band) b,
                PARTIAL_UINT m, PARTIAL_STRUCT(draw4) d)
{
    /* four uniform numbers of 16 bits: +-131070, sd 37837 */
    PARTIAL_INT sum = PARTIAL_TO_INT((d.x & 0xffffu) + (d.x >> 16) +
                                     (d.y & 0xffffu) + (d.y >> 16)) -
                      131070;
    PARTIAL_STRUCT(wide) inc = b.inc;

    if ((n.flags & PARTIAL_CASCADE) != 0u) {
        /* (2m - M + 1) halves of the step */
        PARTIAL_INT halves =
            2 * PARTIAL_TO_INT(m) + 1 - PARTIAL_TO_INT(n.n_members);
        return wide_add(inc, partial_beat(b.beat * halves, 1 << 30));
    }
    if ((n.flags & PARTIAL_PAIR) != 0u)
        return wide_add(inc,
                        partial_beat(m == 0u ? -b.beat : b.beat, 0x7fffffff));
    if (m == 0u && b.core > 0.0f)
        return inc;
    inc = partial_tune(inc, partial_exp2(sum * PARTIAL_TO_INT(b.spread)));
    return wide_add(inc, partial_beat(b.beat, PARTIAL_TO_INT(d.z)));
}

/*
 * Partial of member m in a band. Place by equal-power panning, and a delay
 * between the ears as a phase offset at the right: panning alone leaves the
 * channels too alike, the delay opens them from some 300 Hz up.
 */
PARTIAL_FN PARTIAL_STRUCT(partial)
    partial_draw(PARTIAL_STRUCT(partial_note) n, PARTIAL_STRUCT(partial_band) b,
                 PARTIAL_UINT m)
{
    PARTIAL_STRUCT(partial) p;
    bool cascade = (n.flags & PARTIAL_CASCADE) != 0u;
    bool together = (n.flags & PARTIAL_TOGETHER) != 0u;
    /* own: by band and member; who: of the player, in all bands */
    PARTIAL_STRUCT(draw4)
    own = partial_hash(n.key_lo, n.key_hi, b.hash, cascade ? 0u : m);
    PARTIAL_STRUCT(draw4)
    who = partial_hash(n.key_lo ^ 0x9e3779b9u, n.key_hi,
                       together ? 0xffffffffu : b.hash, cascade ? 0u : m);
    float s = partial_signed(together ? who.z : own.y);
    float late = partial_signed(together ? who.w : own.z);
    float place = PARTIAL_POW(PARTIAL_ABS(s), n.pan_power);
    float amp = partial_amp(n, b.core, m);
    float right;
    PARTIAL_UINT angle, shift;

    place = b.pan + b.width * (s < 0.0f ? -place : place);
    place = place < -1.0f ? -1.0f : place > 1.0f ? 1.0f : place;
    /* an eighth of a cycle to either side of an eighth */
    angle = PARTIAL_TO_UINT((1.0f + place) * 536870912.0f);
    shift = partial_turns(b.delay * late);
    right = amp * synth_sin(angle);

    who.z = own.w; /* for the beat: by band, also of players */
    p.inc = partial_inc(n, b, m, who);
    p.phase = own.x + (cascade ? own.w * m : 0u);
    p.gain_l = amp * synth_cos(angle);
    p.gain_rs = right * synth_cos(shift);
    p.gain_rc = right * synth_sin(shift);
    return p;
}

#endif
