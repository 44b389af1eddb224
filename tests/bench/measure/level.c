// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/level.h"

#include <errno.h>
#include <math.h>

#define SILENT_POWER 1e-5 /* -50 dBFS */
#define HOLE_DB      25.0 /* under the mean power of the piece */

void level_init(struct level *l, double rate)
{
    *l = (struct level){.window = (size_t)lround(rate)};
}

void level_fini(struct level *l)
{
    series_fini(&l->seconds);
}

void level_clean(struct level *l, float *out, const float *x, size_t frames)
{
    for (size_t i = 0; i < 2 * frames; i++) {
        int kind = fpclassify(x[i]);
        l->nans += kind == FP_NAN;
        l->infs += kind == FP_INFINITE;
        l->denormals += kind == FP_SUBNORMAL;
        out[i] = kind == FP_NAN || kind == FP_INFINITE ? 0.0f : x[i];
    }
}

static void add_frame(struct level *l, double left, double right)
{
    l->sum[0] += left;
    l->sum[1] += right;
    l->peak = fmax(l->peak, fmax(fabs(left), fabs(right)));
    l->power += left * left + right * right;
    if (++l->filled == l->window) {
        series_push(&l->seconds, l->power / (2 * (double)l->window));
        l->squares += l->power;
        l->power = 0;
        l->filled = 0;
    }
}

void level_add(struct level *l, const float *x, size_t frames)
{
    for (size_t i = 0; i < frames; i++)
        add_frame(l, x[2 * i], x[2 * i + 1]);
    l->frames += frames;
}

/* The longest run of whole seconds with less power than that, s. */
static double longest_under(const struct series *s, double power)
{
    size_t run = 0, best = 0;

    for (size_t i = 0; i < s->n; i++) {
        run = s->v[i] < power ? run + 1 : 0;
        best = run > best ? run : best;
    }
    return (double)best;
}

int level_end(struct level *l, struct figures *out)
{
    double n = (double)l->frames, mean = (l->squares + l->power) / (2 * n);

    out->seconds = n / (double)l->window;
    out->rms = figures_db_power(mean);
    out->peak = figures_db_amp(l->peak);
    out->crest = out->peak - out->rms;
    out->dc = figures_db_amp(fmax(fabs(l->sum[0]), fabs(l->sum[1])) / n);
    out->silence = longest_under(&l->seconds, SILENT_POWER);
    out->hole = longest_under(&l->seconds, mean * pow(10, -HOLE_DB / 10));
    out->nans = (double)l->nans;
    out->infs = (double)l->infs;
    out->denormals = (double)l->denormals;
    return l->seconds.failed ? -ENOMEM : 0;
}
