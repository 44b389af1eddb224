// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/click.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/measure/predict.h"

#define HOP    (CLICK_FRAME / 2)
#define JUDGED (CLICK_FRAME / 4) /* first frame of the middle half */
#define SIGMAS 8.0
#define SIGMA  1.4826 /* of a normal distribution, over its median magnitude */
#define FLOOR  2e-4   /* -74 dBFS, of a lone wrong sample */
#define SILENT 1e-14  /* mean power of a frame, -140 dBFS */
#define GUARD  8      /* frames beside a click that are not asked about it */
#define SIDE   64     /* frames on each side that are */
/* Of the running median: most of it lies beside what a wrong sample leaves. */
#define KERNEL  (2 * PREDICT_ORDER + 3)
#define MERGE_S 0.01

void click_init(struct click *c, double rate)
{
    *c = (struct click){.rate = rate,
                        .floor = FLOOR,
                        .first = NAN,
                        .merge = (uint64_t)(MERGE_S * rate)};
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(const double *v, size_t n)
{
    double sorted[HOP];

    memcpy(sorted, v, n * sizeof(*v));
    qsort(sorted, n, sizeof(*v), compare);
    return sorted[n / 2];
}

/* How far e[i] is over what its surroundings make likely; a click from 1 on. */
static double unlikely(const double *e, int i, double typical)
{
    double before = median(e + i - GUARD - SIDE, SIDE);
    double after = median(e + i + GUARD, SIDE);
    double most = fmax(typical, fmax(before, after));
    double peak = e[i] - median(e + i - KERNEL / 2, KERNEL);

    return peak / ((SIGMAS * SIGMA + 1) * most);
}

static void note(struct click *c, uint64_t at)
{
    if (c->clicks && at - c->last < c->merge) {
        c->last = at;
        return;
    }
    if (!c->clicks++)
        c->first = (double)at / c->rate;
    c->last = at;
}

static double power(const double *x)
{
    double sum = 0;

    for (int i = 0; i < CLICK_FRAME; i++)
        sum += x[i] * x[i];
    return sum / CLICK_FRAME;
}

/* The middle of one channel's frame: marks the places of clicks. */
static void judge(struct click *c, const double *x, bool found[HOP])
{
    double e[CLICK_FRAME], typical;

    if (power(x) < SILENT)
        return;
    predict_residual(x, CLICK_FRAME, e);
    typical = median(e + JUDGED, HOP);
    for (int i = 0; i < HOP; i++) {
        double much, here = e[JUDGED + i];
        if (here < c->floor || here < SIGMAS * SIGMA * typical / 2)
            continue;
        much = unlikely(e, JUDGED + i, typical);
        c->worst = fmax(c->worst, much);
        found[i] |= much >= 1;
    }
}

static void end_frame(struct click *c)
{
    bool found[HOP] = {false};

    for (int channel = 0; channel < 2; channel++)
        judge(c, c->x[channel], found);
    for (uint64_t i = 0; i < HOP; i++)
        if (found[i])
            note(c, c->start + JUDGED + i);
    for (int channel = 0; channel < 2; channel++)
        memmove(c->x[channel], c->x[channel] + HOP,
                (CLICK_FRAME - HOP) * sizeof(double));
    c->filled = CLICK_FRAME - HOP;
    c->start += HOP;
}

void click_add(struct click *c, const float *x, size_t frames)
{
    for (size_t i = 0; i < frames; i++) {
        c->x[0][c->filled] = x[2 * i];
        c->x[1][c->filled] = x[2 * i + 1];
        if (++c->filled == CLICK_FRAME)
            end_frame(c);
    }
}

void click_end(const struct click *c, struct figures *out)
{
    out->clicks = (double)c->clicks;
    out->click_first = c->first;
    out->click_worst = c->worst;
}
