// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void series_push(struct series *s, double x)
{
    if (s->n == s->room && !s->failed) {
        size_t room = s->room ? 2 * s->room : 256;
        double *v = realloc(s->v, room * sizeof(*v));
        if (v) {
            s->v = v;
            s->room = room;
        } else {
            s->failed = true;
        }
    }
    if (s->n < s->room)
        s->v[s->n++] = x;
}

void series_fini(struct series *s)
{
    free(s->v);
    *s = (struct series){0};
}

double series_mean(const double *v, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += v[i];
    return n ? sum / (double)n : NAN;
}

double series_sd(const double *v, size_t n)
{
    double mean = series_mean(v, n), sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (v[i] - mean) * (v[i] - mean);
    return n ? sqrt(sum / (double)n) : NAN;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double series_percentile(const struct series *s, double p)
{
    double *v = s->n ? malloc(s->n * sizeof(*v)) : NULL;
    double at, x;
    size_t i;

    if (!v)
        return NAN;
    at = p * (double)(s->n - 1);
    i = (size_t)at;
    memcpy(v, s->v, s->n * sizeof(*v));
    qsort(v, s->n, sizeof(*v), compare);
    x = v[i];
    if (i + 1 < s->n)
        x += (at - (double)i) * (v[i + 1] - v[i]);
    free(v);
    return x;
}
