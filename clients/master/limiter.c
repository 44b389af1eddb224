// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/master/limiter_priv.h"

#include <errno.h>
#include <float.h>
#include <math.h>

#include "graph/pinned.h"

#define RATE_MIN    8000   /* Hz */
#define RATE_MAX    384000 /* Hz */
#define CEILING_MIN (-60.0)
#define GUARD       (LIMITER_TAPS / 2) /* frames */
#define KAISER_BETA 5.0                /* side lobes of -53 dB */

/* The modified Bessel function of order 0, by its power series. */
static double bessel_i0(double x)
{
    double sum = 1, term = 1;

    for (int k = 1; term > 1e-16 * sum; k++) {
        term *= x * x / (4.0 * k * k);
        sum += term;
    }
    return sum;
}

/* Windowed sinc at t frames from the point. */
static double kernel(double t)
{
    double half = LIMITER_TAPS / 2, x = M_PI * t;
    double sinc = fabs(t) < 1e-9 ? 1 : sin(x) / x;

    return sinc * bessel_i0(KAISER_BETA * sqrt(1 - t * t / (half * half))) /
           bessel_i0(KAISER_BETA);
}

/* Each point's taps add up to 1: a steady level is read as it is. */
static void make_taps(struct limiter *l)
{
    for (uint32_t p = 0; p < l->points; p++) {
        double t[LIMITER_TAPS], sum = 0;
        for (int i = 0; i < LIMITER_TAPS; i++) {
            t[i] = kernel(i - (LIMITER_TAPS / 2 - 1) - (double)p / l->points);
            sum += t[i];
        }
        for (int i = 0; i < LIMITER_TAPS; i++)
            l->tap[p][i] = (float)(t[i] / sum);
    }
}

static uint32_t power_of_two_above(uint32_t n)
{
    uint32_t size = 1;

    while (size <= n)
        size *= 2;
    return size;
}

static void set_times(struct limiter *l, uint32_t rate)
{
    double release = rate * LIMITER_RELEASE_MS / 1000.0; /* frames */

    l->points = rate < 96000 ? 4 : rate < 192000 ? 2 : 1;
    l->look = (rate * LIMITER_LOOK_AHEAD_MS + 500) / 1000;
    l->window = l->look + 2 * GUARD - 1;
    l->latency = LIMITER_TAPS / 2 + l->look + GUARD - 2;
    for (l->stages = 0; 2u << l->stages <= l->window;)
        l->stages++;
    l->mask = power_of_two_above(l->latency + LIMITER_PAD) - 1;
    l->mean_mask = power_of_two_above(l->look) - 1;
    l->mean_scale = 1.0 / ((double)l->look * LIMITER_ONE);
    l->release = (uint32_t)lround((1 - exp(-1 / release)) * 4294967296.0);
}

static size_t delay_bytes(const struct limiter *l)
{
    return (l->mask + 1 + LIMITER_PAD) * sizeof(float);
}

static size_t n_mins(const struct limiter *l)
{
    return (2u << l->stages) - 1;
}

static int make_state(struct limiter *l)
{
    size_t n_min = n_mins(l), n_mean = l->mean_mask + 1;

    for (int c = 0; c < 2; c++)
        l->delay[c] = pinned_new(delay_bytes(l));
    l->min = pinned_new(n_min * sizeof(*l->min));
    l->mean = pinned_new(n_mean * sizeof(*l->mean));
    if (!l->delay[0] || !l->delay[1] || !l->min || !l->mean)
        return -ENOMEM;
    for (size_t i = 0; i < n_min; i++)
        l->min[i] = LIMITER_ONE;
    for (size_t i = 0; i < n_mean; i++)
        l->mean[i] = LIMITER_ONE;
    l->eased = LIMITER_ONE;
    l->sum = (uint64_t)l->look * LIMITER_ONE;
    return 0;
}

int limiter_new(struct limiter **out, const struct limiter_opts *o)
{
    struct limiter *l = NULL;
    int err = -ENOMEM;

    *out = NULL;
    if (o->rate < RATE_MIN || o->rate > RATE_MAX ||
        !(o->ceiling >= CEILING_MIN && o->ceiling <= 0))
        return -EINVAL;
    l = pinned_new(sizeof(*l));
    if (!l)
        goto out;
    set_times(l, o->rate);
    make_taps(l);
    l->ceiling = (float)pow(10, (o->ceiling - LIMITER_MARGIN_DB) / 20);
    if (o->bypass)
        l->ceiling = FLT_MAX; /* divided by itself it is 1 */
    err = make_state(l);
    if (err)
        goto out;
    *out = l;
    l = NULL;
out:
    limiter_free(&l);
    return err;
}

void limiter_free(struct limiter **l)
{
    if (!*l)
        return;
    pinned_free((*l)->delay[0], delay_bytes(*l));
    pinned_free((*l)->delay[1], delay_bytes(*l));
    pinned_free((*l)->min, n_mins(*l) * sizeof(*(*l)->min));
    pinned_free((*l)->mean, ((*l)->mean_mask + 1) * sizeof(*(*l)->mean));
    pinned_free(*l, sizeof(**l));
    *l = NULL;
}

uint32_t limiter_latency(const struct limiter *l)
{
    return l->latency;
}
