// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The oscillator's arithmetic, once for C and for GLSL, so that both renderers
 * compute the same polynomial. Pure functions, any thread, RT safe. No library
 * or GPU sine: Vulkan promises no more than 2^-11 for its own.
 */
#ifndef VK_SYNTH_MATH_H
#define VK_SYNTH_MATH_H

#ifdef VULKAN /* GLSL */
#define SYNTH_FN
#define SYNTH_UINT      uint
#define SYNTH_SIGNED(u) float(int(u))
#else
#include <stdint.h>
#define SYNTH_FN        static inline
#define SYNTH_UINT      uint32_t
#define SYNTH_SIGNED(u) ((float)(int32_t)(u))
#endif

/*
 * Sine of a phase with 2^32 = 1 cycle, error under 1.5e-7.
 * The outer half of the cycle is mirrored onto the inner one, sin(pi - a) =
 * sin(a), which leaves a quarter cycle to either side of 0. There an odd
 * polynomial of degree 9 is 8e-9 off (Remez exchange with the first coefficient
 * held at 1, each rounded to float before the next was fitted); the rest of the
 * error is float's rounding, which a + a * (...) keeps smallest.
 */
SYNTH_FN float synth_sin(SYNTH_UINT x)
{
    SYNTH_UINT outer = (x ^ (x << 1)) & 0x80000000u;
    SYNTH_UINT y = outer != 0u ? 0x80000000u - x : x;
    float a = SYNTH_SIGNED(y) * 1.462918120e-09f; /* radians, 2^-31 pi */
    float z = a * a;
    float p = 2.618609642e-06f;
    p = p * z - 1.981718233e-04f;
    p = p * z + 8.333218284e-03f;
    p = p * z - 1.666667014e-01f;
    return a + a * (p * z);
}

/* Cosine of the same. */
SYNTH_FN float synth_cos(SYNTH_UINT x)
{
    return synth_sin(x + 0x40000000u);
}

#endif
