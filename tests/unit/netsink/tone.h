// SPDX-License-Identifier: GPL-3.0-or-later
/* Sines, and how well one is found in a signal. For tests. */
#ifndef TESTS_UNIT_NETSINK_TONE_H
#define TESTS_UNIT_NETSINK_TONE_H

#include <math.h>
#include <stdint.h>

static inline float tone(double hz, double rate, uint64_t k)
{
    return (float)(0.5 * sin(2 * M_PI * hz * (double)k / rate));
}

/* What a least-squares fit of a sine of hz (any phase, any level) to x[0],
   x[step], ... leaves over, as a signal-to-noise ratio in dB. amplitude: of the
   fit, or NULL. */
static inline double tone_snr(const float *x, uint32_t n, uint32_t step,
                              double hz, double rate, double *amplitude)
{
    double ss = 0, sc = 0, cc = 0, xs = 0, xc = 0, rest = 0, all = 0;

    for (uint32_t i = 0; i < n; i++) {
        double w = 2 * M_PI * hz * i / rate, s = sin(w), c = cos(w);
        ss += s * s;
        sc += s * c;
        cc += c * c;
        xs += x[i * step] * s;
        xc += x[i * step] * c;
    }
    double det = ss * cc - sc * sc;
    double a = (xs * cc - xc * sc) / det, b = (xc * ss - xs * sc) / det;
    for (uint32_t i = 0; i < n; i++) {
        double w = 2 * M_PI * hz * i / rate;
        double fit = a * sin(w) + b * cos(w), err = x[i * step] - fit;
        all += fit * fit;
        rest += err * err;
    }
    if (amplitude)
        *amplitude = sqrt(a * a + b * b);
    return 10 * log10(all / (rest > 1e-30 ? rest : 1e-30));
}

#endif
