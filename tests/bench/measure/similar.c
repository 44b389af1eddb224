// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/similar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define SEQUENCE  15 /* s */
#define LAG_MIN   60
#define LAG_GATED 120
#define LAG_MAX   3600
#define PAIRS_MIN 60

void similar_fini(struct similar *s)
{
    series_fini(&s->v);
}

void similar_add(struct similar *s, const double feature[SIMILAR_FEATURES])
{
    for (size_t i = 0; i < SIMILAR_FEATURES; i++)
        series_push(&s->v, feature[i]);
}

/* Takes the piece's mean off each feature, then scales the group to power 1. */
static void centre(double *v, size_t seconds, size_t from, size_t to)
{
    double squares = 0;

    for (size_t i = from; i < to; i++) {
        double mean = 0;
        for (size_t t = 0; t < seconds; t++)
            mean += v[t * SIMILAR_FEATURES + i] / (double)seconds;
        for (size_t t = 0; t < seconds; t++) {
            double *x = &v[t * SIMILAR_FEATURES + i];
            *x -= mean;
            squares += *x * *x / (double)seconds;
        }
    }
    for (size_t t = 0; t < seconds && squares > 0; t++)
        for (size_t i = from; i < to; i++)
            v[t * SIMILAR_FEATURES + i] /= sqrt(squares);
}

static double dot(const double *v, size_t t, size_t u)
{
    const double *a = v + t * SIMILAR_FEATURES, *b = v + u * SIMILAR_FEATURES;
    double sum = 0;

    for (size_t i = 0; i < SIMILAR_FEATURES; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Power of the sequence that begins at each second. Caller frees. */
static double *sequence_power(const double *v, size_t seconds)
{
    double *p = calloc(seconds, sizeof(*p));

    for (size_t t = 0; p && t + SEQUENCE <= seconds; t++)
        for (size_t i = t; i < t + SEQUENCE; i++)
            p[t] += dot(v, i, i);
    return p;
}

/* Mean and maximum over all pairs of sequences a lag apart. */
static double compare_at(const double *v, const double *power, size_t seconds,
                         size_t lag, double *max)
{
    size_t pairs = seconds - SEQUENCE + 1 - lag;
    double product[SEQUENCE] = {0}, all = 0;

    *max = -1;
    for (size_t t = 0; t < pairs + SEQUENCE - 1; t++) {
        double together = 0, c;
        product[t % SEQUENCE] = dot(v, t, t + lag);
        if (t + 1 < SEQUENCE)
            continue;
        for (size_t i = 0; i < SEQUENCE; i++)
            together += product[i];
        c = sqrt(power[t + 1 - SEQUENCE] * power[t + 1 - SEQUENCE + lag]);
        c = c > 0 ? together / c : 0;
        all += c;
        *max = fmax(*max, c);
    }
    return all / (double)pairs;
}

static void take(struct figures *out, size_t lag, double mean, double max)
{
    if (!(mean <= out->sim_mean)) {
        out->sim_mean = mean;
        out->sim_max = max;
        out->sim_lag = (double)lag;
    }
    if (lag >= LAG_GATED && !(mean <= out->sim_mean_2min)) {
        out->sim_mean_2min = mean;
        out->sim_lag_2min = (double)lag;
    }
    if (!(max <= out->sim_peak)) {
        out->sim_peak = max;
        out->sim_peak_lag = (double)lag;
    }
}

int similar_end(struct similar *s, struct figures *out)
{
    size_t seconds = s->v.n / SIMILAR_FEATURES;
    size_t least = seconds / 4 > PAIRS_MIN ? seconds / 4 : PAIRS_MIN;
    double *power;

    out->sim_mean = out->sim_max = out->sim_lag = NAN;
    out->sim_mean_2min = out->sim_lag_2min = NAN;
    out->sim_peak = out->sim_peak_lag = NAN;
    if (s->v.failed)
        return -ENOMEM;
    if (seconds < LAG_MIN + least + SEQUENCE - 1)
        return 0;
    centre(s->v.v, seconds, 0, SIMILAR_CHROMA);
    centre(s->v.v, seconds, SIMILAR_CHROMA, SIMILAR_FEATURES);
    power = sequence_power(s->v.v, seconds);
    if (!power)
        return -ENOMEM;
    for (size_t lag = LAG_MIN;
         lag <= LAG_MAX && lag + least + SEQUENCE - 1 <= seconds; lag++) {
        double max;
        double mean = compare_at(s->v.v, power, seconds, lag, &max);
        take(out, lag, mean, max);
    }
    free(power);
    return 0;
}
