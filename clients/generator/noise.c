// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/noise.h"

#include <math.h>

/* splitmix64: step by the golden ratio, then the finaliser. */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t noise_hash(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return mix(mix(mix(mix(a) + b) + c) + d);
}

double noise_u(uint64_t h)
{
    return (double)(h >> 11) * 0x1p-53;
}

double noise_s(uint64_t h)
{
    return 2.0 * noise_u(h) - 1.0;
}

/* The sum of four uniform 16-bit pieces: bounded, which matters, since no
   partial may stray a semitone off its band. */
double noise_g(uint64_t h)
{
    uint64_t sum =
        (h & 0xffff) + (h >> 16 & 0xffff) + (h >> 32 & 0xffff) + (h >> 48);
    return 1.7320508075688772 * (((double)sum + 2.0) * 0x1p-16 - 2.0);
}

static double lattice(uint64_t seed, int64_t i)
{
    return noise_s(noise_hash(seed, (uint64_t)i, 0, 0));
}

static double between(double a, double b, double t)
{
    double fade = t * t * t * (t * (6.0 * t - 15.0) + 10.0);
    return a + (b - a) * fade;
}

double noise_value(uint64_t seed, double x)
{
    double i = floor(x);
    double a = lattice(seed, (int64_t)i);
    double b = lattice(seed, (int64_t)i + 1);
    return between(a, b, x - i);
}

/* The offset keeps the octaves' lattices from meeting at x = 0. */
#define LACUNARITY 2.03
#define OFFSET     17.3
#define GAIN       0.55
#define SEED_STEP  7919u

double noise_fractal(uint64_t seed, double x, int octaves)
{
    double sum = 0.0, power = 0.0, amp = 1.0, scale = 1.0;

    for (int i = 0; i < octaves; i++) {
        sum += amp * noise_value(seed + SEED_STEP * (uint64_t)i,
                                 scale * x + OFFSET * i);
        power += amp * amp;
        amp *= GAIN;
        scale *= LACUNARITY;
    }
    return 1.5 * sum / sqrt(power);
}

void noise_track_init(struct noise_track *t, uint64_t seed)
{
    *t = (struct noise_track){.seed = seed, .at = {INT64_MIN, INT64_MIN}};
}

double noise_track(struct noise_track *t, double x)
{
    double y[2];

    for (uint32_t i = 0; i < 2; i++) {
        double at = i == 0 ? x : LACUNARITY * x + OFFSET;
        double whole = floor(at);
        if ((int64_t)whole != t->at[i]) {
            uint64_t seed = t->seed + SEED_STEP * i;
            t->at[i] = (int64_t)whole;
            t->from[i] = lattice(seed, t->at[i]);
            t->to[i] = lattice(seed, t->at[i] + 1);
        }
        y[i] = between(t->from[i], t->to[i], at - whole);
    }
    return 1.5 * (y[0] + GAIN * y[1]) / sqrt(1.0 + GAIN * GAIN);
}
