// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/simd.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

#define FLUSH_TO_ZERO      0x8000u
#define DENORMALS_ARE_ZERO 0x0040u

static const char *const names[SIMD_COUNT] = {
    [SIMD_AUTO] = "auto", [SIMD_PORTABLE] = "portable", [SIMD_NEON] = "neon",
    [SIMD_AVX2] = "avx2", [SIMD_AVX512] = "avx512",
};

static lanes_block_fn *const kernels[SIMD_COUNT] = {
    [SIMD_PORTABLE] = lanes_block_portable,
#if defined(__x86_64__)
    [SIMD_AVX2] = lanes_block_avx2,
    [SIMD_AVX512] = lanes_block_avx512,
#elif defined(__aarch64__)
    [SIMD_NEON] = lanes_block_neon,
#endif
};

const char *renderer_simd_name(int simd)
{
    return simd >= 0 && simd < SIMD_COUNT ? names[simd] : NULL;
}

/* What the processor, and the system that saves its registers, can do. */
static bool runs_here(int simd)
{
    switch (simd) {
    case SIMD_PORTABLE:
        return true;
#if defined(__x86_64__)
    case SIMD_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case SIMD_AVX512:
        return __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl");
#elif defined(__aarch64__)
    case SIMD_NEON:
        return (getauxval(AT_HWCAP) & HWCAP_ASIMD) != 0;
#endif
    default:
        return false;
    }
}

enum renderer_simd simd_resolve(int simd)
{
    if (simd != SIMD_AUTO)
        return runs_here(simd) ? (enum renderer_simd)simd : SIMD_AUTO;
    for (int s = SIMD_COUNT - 1; s > SIMD_PORTABLE; s--)
        if (runs_here(s))
            return (enum renderer_simd)s;
    return SIMD_PORTABLE;
}

bool renderer_simd_available(int simd)
{
    return simd_resolve(simd) != SIMD_AUTO;
}

lanes_block_fn *simd_kernel(enum renderer_simd simd)
{
    return kernels[simd];
}

#if defined(__x86_64__)
unsigned simd_denormals_off(void)
{
    unsigned saved = _mm_getcsr();

    _mm_setcsr(saved | FLUSH_TO_ZERO | DENORMALS_ARE_ZERO);
    return saved;
}

void simd_denormals_restore(unsigned saved)
{
    _mm_setcsr(saved);
}
#else
unsigned simd_denormals_off(void)
{
    return 0;
}

void simd_denormals_restore(unsigned saved)
{
    (void)saved;
}
#endif
