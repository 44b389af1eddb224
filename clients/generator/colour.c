// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/colour.h"

#include <complex.h>
#include <math.h>

#include "clients/generator/noise.h"

#define PI 3.14159265358979323846

/* What a draw is for; part of how a seed sounds. */
enum draw { DRAW_BRIGHT = 2000, DRAW_VOWEL };

struct colour_moves colour_moves(const struct live *live, int64_t n)
{
    return (struct colour_moves){
        .brightness = live_curve(live, PARAM_BRIGHTNESS, n),
        .motion = live_curve(live, PARAM_MOTION, n),
    };
}

double colour_cutoff(const struct music_layer *l, uint64_t seed, double t,
                     const struct colour_moves *moves)
{
    double octaves = 0.0;

    if (l->bright > 0.0)
        octaves = noise_fractal(noise_hash(seed, DRAW_BRIGHT, 0, 0),
                                t * l->bright_rate, 2);
    return l->cutoff *
           exp2(l->bright * moves->motion * octaves + moves->brightness);
}

void colour_vowel(const struct music_layer *l, uint64_t voice, double t,
                  struct colour *out)
{
    /* u o a e i: the first three formants of a low voice (Peterson and Barney
       1952), Hz */
    static const double table[5][COLOUR_FORMANTS] = {{300, 870, 2240},
                                                     {570, 840, 2410},
                                                     {730, 1090, 2440},
                                                     {530, 1840, 2480},
                                                     {290, 2200, 2950}};
    double x, t3;
    uint32_t i;

    if (l->formant <= 0.0)
        return;
    x = l->vowel + 1.6 * noise_fractal(noise_hash(voice, DRAW_VOWEL, 0, 0),
                                       t * l->formant_rate, 2);
    x = fmin(fmax(x, 0.0), 4.0);
    i = x < 4.0 ? (uint32_t)x : 3;
    x -= i;
    t3 = x * x * (3.0 - 2.0 * x);
    for (uint32_t j = 0; j < COLOUR_FORMANTS; j++)
        out->formant[j] = table[i][j] + (table[i + 1][j] - table[i][j]) * t3;
}

static double formants(const struct colour *c, double f)
{
    static const double amp[COLOUR_FORMANTS] = {1.0, 0.6, 0.28};
    static const double bandwidth[COLOUR_FORMANTS] = {110, 140, 200}; /* Hz */
    double sum = 0.06;

    for (uint32_t j = 0; j < COLOUR_FORMANTS; j++) {
        double x = (f - c->formant[j]) / bandwidth[j];
        sum += amp[j] / (1.0 + x * x);
    }
    return sum;
}

double colour_gain(const struct music_layer *l, const struct colour *c,
                   double f, double log_f)
{
    double gain;

    if (c->cutoff <= 0.0)
        return 0.0;
    gain = 1.0 / (1.0 + exp(l->order * (log_f - log(c->cutoff))));
    if (l->highpass > 0.0) {
        double x = l->highpass / f;
        gain /= 1.0 + x * x * x;
    }
    if (l->formant >= 1.0)
        gain *= formants(c, f);
    else if (l->formant > 0.0)
        gain *= pow(formants(c, f), l->formant);
    return gain;
}

/* |H|^2 of a biquad with a0 = 1 at z. */
static double biquad_power(const double b[3], const double a[2],
                           double complex z)
{
    double complex num = b[0] + b[1] / z + b[2] / (z * z);
    double complex den = 1.0 + a[0] / z + a[1] / (z * z);
    double m = cabs(num / den);
    return m * m;
}

double colour_weight(double f)
{
    /* BS.1770-4, tables 1 and 2, for 48 kHz */
    static const double shelf_b[3] = {1.53512485958697, -2.69169618940638,
                                      1.19839281085285};
    static const double shelf_a[2] = {-1.69065929318241, 0.73248077421585};
    static const double pass_b[3] = {1.0, -2.0, 1.0};
    static const double pass_a[2] = {-1.99004745483398, 0.99007225036621};
    double complex z = cexp(2.0 * PI * I * fmin(f, 20000.0) / 48000.0);

    return fmax(biquad_power(shelf_b, shelf_a, z) *
                    biquad_power(pass_b, pass_a, z),
                1.0);
}
