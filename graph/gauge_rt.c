// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "graph/clock.h"
#include "graph/gauge.h"

/* Whole rows of frames, summed in variables of its own: then a compiler makes
   vectors of it. */
static void add_rows_rt(float sum[GAUGE_LANES], float top[GAUGE_LANES],
                        const float *x, uint32_t n_rows)
{
    float s[GAUGE_LANES], t[GAUGE_LANES];

    memcpy(s, sum, sizeof(s));
    memcpy(t, top, sizeof(t));
    for (uint32_t r = 0; r < n_rows; r++, x += GAUGE_LANES)
        for (uint32_t k = 0; k < GAUGE_LANES; k++) {
            float power = x[k] * x[k];
            s[k] += power;
            t[k] = power > t[k] ? power : t[k];
        }
    memcpy(sum, s, sizeof(s));
    memcpy(top, t, sizeof(t));
}

void gauge_add_rt(struct gauge *g, uint32_t port, const float *x,
                  uint32_t stride, uint32_t n)
{
    float *sum = g->sum[port], *top = g->top[port];
    uint32_t done = 0;

    if (stride == 1) {
        add_rows_rt(sum, top, x, n / GAUGE_LANES);
        done = n - n % GAUGE_LANES;
    }
    for (uint32_t i = done; i < n; i++) {
        uint32_t k = i % GAUGE_LANES;
        float power = x[(uint64_t)i * stride] * x[(uint64_t)i * stride];
        sum[k] += power;
        top[k] = power > top[k] ? power : top[k];
    }
}

static void publish_rt(struct gauge *g, uint32_t port)
{
    float *sum = g->sum[port], *top = g->top[port];
    float all = 0, peak = 0;

    for (uint32_t k = 0; k < GAUGE_LANES; k++) {
        all += sum[k];
        peak = top[k] > peak ? top[k] : peak;
        sum[k] = top[k] = 0;
    }
    atomic_store_explicit(&g->mean[port], all / (float)g->n,
                          memory_order_relaxed);
    atomic_store_explicit(&g->peak[port], peak, memory_order_relaxed);
}

void gauge_end_rt(struct gauge *g, uint32_t n, uint32_t rate, int64_t time)
{
    g->n += n;
    if (rate == 0 || g->n < rate / GAUGE_PER_S)
        return;
    for (uint32_t p = 0; p < GAUGE_PORTS_MAX; p++)
        publish_rt(g, p);
    /* until the window after the next, and as long again as one is */
    int64_t last = (int64_t)n * NS_PER_S / rate;
    int64_t window = (int64_t)g->n * NS_PER_S / rate;
    atomic_store_explicit(&g->until, time + last + 3 * window,
                          memory_order_relaxed);
    g->n = 0;
}
