// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Randomness as functions: hashes of counters and smooth noise of time, the
 * same on every machine and at every moment. Pure; any thread.
 * Source: splitmix64 finaliser (Steele, Lea, Flood 2014); value noise after
 * Perlin with a quintic fade.
 */
#ifndef GENERATOR_NOISE_H
#define GENERATOR_NOISE_H

#include <stdint.h>

/* 64 well-mixed bits of (a, b, c, d). */
uint64_t noise_hash(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* Of a hash: uniform in [0, 1); uniform in [-1, 1); near-Gaussian with unit
   variance, bounded to +-3.46. */
double noise_u(uint64_t h);
double noise_s(uint64_t h);
double noise_g(uint64_t h);

/* Smooth noise at x, one lattice point per unit: within [-1, 1). */
double noise_value(uint64_t seed, double x);

/* Fractal noise of octaves 1..4: mean 0; with 2 octaves a standard deviation of
   about 0.76 and at most 2.03. */
double noise_fractal(uint64_t seed, double x, int octaves);

/* noise_fractal() of 2 octaves for an x that moves slowly: the same values,
   with the lattice points around it remembered. */
struct noise_track {
    uint64_t seed;
    int64_t at[2];
    double from[2], to[2];
};

void noise_track_init(struct noise_track *t, uint64_t seed);
double noise_track(struct noise_track *t, double x);

#endif
