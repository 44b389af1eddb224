// SPDX-License-Identifier: GPL-3.0-or-later
/* Something with what encoders find hard: partials, beats, plucks, noise. Each
   frame can be had by its number alone. For tests. */
#ifndef TESTS_UNIT_NETSINK_MUSIC_H
#define TESTS_UNIT_NETSINK_MUSIC_H

#include <math.h>
#include <stdint.h>

static inline float music(uint64_t frame, uint32_t channel)
{
    static const double hz[] = {110, 165, 220, 277.2, 330, 1108, 2217};
    const double t = (double)frame / 48000;
    const double pluck = fmod(t, 0.37), far = channel * 1.3;
    uint64_t z = (2 * frame + channel + 1) * 0x9e3779b97f4a7c15u;
    double x = 0;

    for (uint32_t i = 0; i < 7; i++)
        x += sin(2 * M_PI * (hz[i] + far) * t + i) / (1 + i * 0.3);
    x *= 0.06 * (1 + 0.5 * sin(2 * M_PI * 0.7 * t));
    x += 0.3 * exp(-9 * pluck) * sin(2 * M_PI * 880 * pluck);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z ^= z >> 27;
    x += 0.01 * ((double)(z >> 40) / 8388608 - 1);
    return (float)x;
}

/* Packet seq of the timeline: [960][n_channels]. */
static inline void music_packet(float *frames, uint64_t seq,
                                uint32_t n_channels)
{
    for (uint32_t i = 0; i < 960; i++)
        for (uint32_t c = 0; c < n_channels; c++)
            frames[i * n_channels + c] = music(seq * 960 + i, c);
}

#endif
