// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/hourly_fill.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"

#define MB 1e6

static double ms(int64_t ns)
{
    return (double)ns / NS_PER_MS;
}

/* What all mounts' listeners had since the column before. */
static void put_spreads(struct hourly *h, struct hourly_before *before,
                        const struct figures *f)
{
    struct hist *d = calloc(2, sizeof(*d)), *j = d ? d + 1 : NULL;

    if (!d)
        return;
    for (uint32_t i = 0; i < f->n_mounts; i++) {
        hist_merge(d, &f->fan[i].deviation);
        hist_merge(j, &f->fan[i].jitter);
    }
    struct hist deviation = *d, jitter = *j;
    hist_subtract(d, &before->deviation);
    hist_subtract(j, &before->jitter);
    before->deviation = deviation;
    before->jitter = jitter;
    if (before->any && d->n > 0) {
        hourly_put(h, "deviation_ms_p50", ms(hist_quantile(d, .5)));
        hourly_put(h, "deviation_ms_p95", ms(hist_quantile(d, .95)));
        hourly_put(h, "deviation_ms_p99", ms(hist_quantile(d, .99)));
    }
    if (before->any && j->n > 0)
        hourly_put(h, "jitter_ms_p95", ms(hist_quantile(j, .95)));
    free(d);
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void put_lag(struct hourly *h, const struct figures *f)
{
    double *lag = f->n_listeners ? calloc(f->n_listeners, sizeof(*lag)) : NULL;

    if (!lag)
        return;
    for (uint32_t i = 0; i < f->n_listeners; i++)
        lag[i] = f->listeners[i]->lag_s;
    qsort(lag, f->n_listeners, sizeof(*lag), by_size);
    hourly_put(h, "lag_s_p95",
               lag[(uint32_t)ceil(.95 * (double)f->n_listeners) - 1]);
    free(lag);
}

/* How much a counter grew, if there was a column before. */
static void put_growth(struct hourly *h, const struct hourly_before *before,
                       const char *name, uint64_t now, uint64_t *was)
{
    if (before->any)
        hourly_put(h, name, (double)(now - *was));
    *was = now;
}

static void put_counts(struct hourly *h, struct hourly_before *before,
                       const struct figures *f)
{
    uint64_t skips = 0, switches = 0;
    double encode = 0;
    uint32_t listeners = 0;

    for (uint32_t i = 0; i < f->n_mounts; i++) {
        skips += f->fan[i].skips;
        switches += f->fan[i].switches;
        listeners += f->fan[i].listeners;
        encode += f->encode_ms_per_s[i];
    }
    hourly_put(h, "listeners", listeners);
    hourly_put(h, "encode_ms_per_s", encode);
    put_growth(h, before, "xruns", f->jack.stats.xruns, &before->xruns);
    put_growth(h, before, "skips", skips, &before->skips);
    put_growth(h, before, "switches", switches, &before->switches);
    if (f->jack.up)
        hourly_put(h, "dsp_load", f->jack.stats.load);
}

static void put_usage(struct hourly *h, const struct figures *f)
{
    struct usage_summary u;

    usage_summary(f->usage, &u);
    hourly_put(h, "cpu", u.cpu.now);
    hourly_put(h, "rss_mb", u.memory.now / MB);
    hourly_put(h, "mbit", u.sent.now * 8 / 1e6);
}

static void put_number(struct hourly *h, const char *name, const json_t *v)
{
    if (json_is_number(v))
        hourly_put(h, name, json_number_value(v));
}

/* The chunks that the GPU made in this column, by what one takes. */
static void put_gpu(struct hourly *h, struct hourly_before *before,
                    const json_t *renderer)
{
    const json_t *took = json_object_get(renderer, "gpu_ms");
    const json_t *made =
        json_object_get(json_object_get(renderer, "chunks"), "by_gpu");
    uint64_t n = (uint64_t)json_integer_value(made), was = before->by_gpu;

    if (!json_is_integer(made))
        return;
    before->by_gpu = n;
    if (before->any && n > was && json_is_number(took))
        hourly_put(h, "gpu_share",
                   (double)(n - was) * json_number_value(took) / 1e3 /
                       HOURLY_STEP_S);
}

static void put_client(struct hourly *h, struct hourly_before *before,
                       const json_t *client)
{
    const char *name = json_string_value(json_object_get(client, "name"));
    const json_t *told = json_object_get(client, "told");
    char series[HOURLY_NAME];

    if (!name)
        return;
    snprintf(series, sizeof(series), "cpu_%.*s", HOURLY_NAME - 5, name);
    put_number(h, series, json_object_get(client, "cpu_share"));
    put_number(h, "lufs_m", json_object_get(told, "lufs_m"));
    put_number(h, "true_peak", json_object_get(told, "true_peak_dbtp"));
    put_gpu(h, before, json_object_get(told, "renderer"));
}

static void put_desk(struct hourly *h, struct hourly_before *before,
                     const char *text)
{
    json_t *desk = text ? json_loads(text, 0, NULL) : NULL;
    const json_t *client;
    size_t i;

    json_array_foreach(json_object_get(desk, "clients"), i, client)
        put_client(h, before, client);
    json_decref(desk);
}

void hourly_fill(struct hourly *h, struct hourly_before *before,
                 const struct figures *f, const char *desk)
{
    put_spreads(h, before, f);
    put_lag(h, f);
    put_counts(h, before, f);
    put_usage(h, f);
    put_desk(h, before, desk);
    before->any = true;
}
