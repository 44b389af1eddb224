// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/bench/synthetic.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

#define TONES   96
#define LOWEST  70.0 /* Hz */
#define HIGHEST 5000.0
#define SLOPE   (-0.75) /* amplitude per frequency, as a power: 4.5 dB/octave */
#define LEVEL   0.1

double synthetic_random(uint64_t *s)
{
    uint64_t z = *s += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static void add_tone(double *x, size_t frames, double rate, double hz,
                     double amplitude, uint64_t *random)
{
    double complex turn = cexp(I * 2 * M_PI * hz / rate);
    double complex left, right;

    left = amplitude * cexp(I * 2 * M_PI * synthetic_random(random));
    right = left * cexp(I * M_PI * (synthetic_random(random) - 0.5));
    for (size_t i = 0; i < frames; i++) {
        x[2 * i] += creal(left);
        x[2 * i + 1] += creal(right);
        left *= turn;
        right *= turn;
    }
}

float *synthetic_pad(size_t frames, double rate)
{
    double *sum = calloc(2 * frames, sizeof(*sum)), power = 0;
    float *x = malloc(2 * frames * sizeof(*x));
    uint64_t random = 1;

    for (int i = 0; i < TONES && sum && x; i++) {
        double at = (i / 2 + synthetic_random(&random)) / (TONES / 2);
        double hz = LOWEST * pow(HIGHEST / LOWEST, at);
        double beat = 0.1 + synthetic_random(&random);
        double amplitude = pow(hz, SLOPE);
        add_tone(sum, frames, rate, hz, amplitude, &random);
        add_tone(sum, frames, rate, hz + beat, amplitude, &random);
    }
    for (size_t i = 0; i < 2 * frames && sum && x; i++)
        power += sum[i] * sum[i] / (2 * (double)frames);
    for (size_t i = 0; i < 2 * frames && sum && x; i++)
        x[i] = (float)(sum[i] * LEVEL / sqrt(power));
    if (!sum) {
        free(x);
        x = NULL;
    }
    free(sum);
    return x;
}

void synthetic_note(float *x, size_t frames, double rate, size_t at, double hz,
                    double amplitude, double attack, double decay)
{
    for (size_t i = at; i < frames && (double)(i - at) < decay * rate; i++) {
        double t = (double)(i - at) / rate, y = 0;
        double rise = t < attack ? 0.5 - 0.5 * cos(M_PI * t / attack) : 1;
        for (int h = 1; h <= 8; h++)
            y += sin(2 * M_PI * hz * h * t) / h;
        y *= amplitude * rise * pow(10, -3 * t / decay) * (1 - t / decay);
        x[2 * i] += (float)y;
        x[2 * i + 1] += (float)(0.8 * y);
    }
}
