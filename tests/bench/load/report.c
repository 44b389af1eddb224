// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load/report.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "graph/clock.h"

#define RATE 48000.0

static double ms(int64_t ns)
{
    return (double)ns / NS_PER_MS;
}

static double window_s(const struct report *r)
{
    return (double)(r->opts->rules.to - r->opts->rules.from) / NS_PER_S;
}

/* Listeners that had audio, with a fault or without. */
static double served(const struct report *r)
{
    return (double)(r->figures->good.with_audio +
                    r->figures->faulty.with_audio);
}

static double per(double x, double by)
{
    return by > 0 ? x / by : 0;
}

/* us of CPU per second and listener. */
static double per_listener(const struct report *r, int64_t cpu)
{
    return per((double)cpu / 1000, served(r) * window_s(r));
}

static int64_t cpu_all(const struct report *r)
{
    return r->to.cpu - r->from.cpu;
}

static int64_t cpu_apart(const struct report *r)
{
    return usage_since(&r->to, &r->from, r->apart);
}

/* Cores that aren't apart, without listeners. */
static double idle_cores(const struct report *r)
{
    int64_t cpu = r->idle.cpu - r->before.cpu -
                  usage_since(&r->idle, &r->before, r->apart);
    return per((double)cpu, (double)r->idle_ns);
}

static double fan_out(const struct report *r)
{
    double cores =
        per((double)(cpu_all(r) - cpu_apart(r)) / NS_PER_S, window_s(r));
    return per((cores - idle_cores(r)) * 1e6, served(r));
}

static double memory_per_listener(const struct report *r, uint64_t with,
                                  uint64_t idle)
{
    return per((double)with - (double)idle, served(r));
}

/* Mean time between chunks, ms. */
static double cadence_ms(const struct report *r, const struct pool *p)
{
    return per(1000 * window_s(r) * (double)p->with_audio, (double)p->chunks);
}

static uint64_t errors(const struct pool *p)
{
    return p->bad_sums + p->bad_order + p->new_serials + p->bad_granules +
           p->lost + p->overlaps;
}

/* Ended, and not because it was over or agreed. */
static uint64_t ended(const struct pool *p)
{
    return p->listeners - p->ends[JUDGE_OPEN] - p->ends[JUDGE_LEFT];
}

void report_head(FILE *out)
{
    fprintf(out,
            "%-14s %5s %5s | %6s %6s | %6s %6s %6s | %6s %6s %6s %6s %6s | "
            "%6s | %7s | %5s %5s %5s %5s | %5s | %6s %6s %6s | %6s\n",
            "", "asked", "audio", "conn", "", "first", "", "", "dev", "", "",
            "", "", "jitter", "within", "with", "went", "", "", "chunk",
            "CPU us", "fan-", "load's", "RSS");
    fprintf(out,
            "%-14s %5s %5s | %6s %6s | %6s %6s %6s | %6s %6s %6s %6s %6s | "
            "%6s | %7s | %5s %5s %5s %5s | %5s | %6s %6s %6s | %6s\n",
            "ms", "", "", "p50", "p99", "p50", "p99", "max", "p50", "p95",
            "p99", "p99.9", "max", "p95", "50 ms %", "holes", "dry", "wrong",
            "ended", "every", "each/s", "out", "core %", "B each");
}

/* What the listeners of a pool got. */
static void put_pool(const struct report *r, const struct pool *p,
                     const char *label, FILE *out)
{
#define Q(h, q) ms(hist_quantile(&p->h, q))
    fprintf(out,
            "%-14.14s %5llu %5llu | %6.2f %6.2f | %6.1f %6.1f %6.1f | %6.2f "
            "%6.2f %6.2f %6.2f %6.1f | %6.2f | %7.3f | %5llu %5llu %5llu %5llu "
            "| %5.0f | ",
            label, (unsigned long long)p->listeners,
            (unsigned long long)p->with_audio, Q(connect, .5), Q(connect, .99),
            Q(first, .5), Q(first, .99), ms(p->first.max), Q(dev, .5),
            Q(dev, .95), Q(dev, .99), Q(dev, .999), ms(p->dev.max),
            Q(jitter, .95), 100 * hist_share(&p->dev, 50 * NS_PER_MS),
            (unsigned long long)p->with_hole, (unsigned long long)p->with_dry,
            (unsigned long long)errors(p), (unsigned long long)ended(p),
            cadence_ms(r, p));
#undef Q
}

/* What all of them cost. */
static void put_costs(const struct report *r, FILE *out)
{
    double load =
        100 * per((double)r->figures->busiest / NS_PER_S, window_s(r));

    if (r->has_usage)
        fprintf(out, "%6.1f %6.1f %6.1f | %6.0f\n", per_listener(r, cpu_all(r)),
                fan_out(r), load,
                memory_per_listener(r, r->to.rss, r->idle.rss));
    else
        fprintf(out, "%6s %6s %6.1f | %6s\n", "-", "-", load, "-");
}

void report_row(const struct report *r, FILE *out)
{
    const struct fleet_figures *f = r->figures;

    if (f->good.listeners > 0 || f->faulty.listeners == 0) {
        put_pool(r, &f->good, r->label, out);
        put_costs(r, out);
    }
    if (f->faulty.listeners > 0) {
        put_pool(r, &f->faulty, "  with fault", out);
        put_costs(r, out);
    }
}

/* Jansson takes NULL for what could not be made, and nothing is put. */
static void put(json_t *o, const char *name, json_t *value)
{
    json_object_set_new(o, name, value);
}

static void put_n(json_t *o, const char *name, uint64_t n)
{
    put(o, name, json_integer((json_int_t)n));
}

static void put_x(json_t *o, const char *name, double x)
{
    put(o, name, json_real(x));
}

static void put_ms(json_t *o, const char *name, const struct hist *h)
{
    json_t *q = json_object();

    put_n(q, "n", h->n);
    put_x(q, "p1_ms", ms(hist_quantile(h, .01)));
    put_x(q, "p50_ms", ms(hist_quantile(h, .5)));
    put_x(q, "p95_ms", ms(hist_quantile(h, .95)));
    put_x(q, "p99_ms", ms(hist_quantile(h, .99)));
    put_x(q, "p99_9_ms", ms(hist_quantile(h, .999)));
    put_x(q, "max_ms", ms(h->max));
    put(o, name, q);
}

static json_t *ends_json(const struct pool *p)
{
    json_t *o = json_object();

    for (int i = 0; i < JUDGE_ENDS; i++)
        put_n(o, judge_end_names[i], p->ends[i]);
    return o;
}

static json_t *status_json(const struct pool *p)
{
    json_t *o = json_object();
    char name[12];

    for (int i = 0; i < JUDGE_STATUS_MAX; i++) {
        snprintf(name, sizeof(name), "%d", i);
        if (p->status[i] > 0)
            put_n(o, i > 0 ? name : "none", p->status[i]);
    }
    return o;
}

static void put_times(json_t *o, const struct report *r, const struct pool *p)
{
    put_ms(o, "connect", &p->connect);
    put_ms(o, "first_audio", &p->first);
    put_ms(o, "deviation", &p->dev);
    put_ms(o, "jitter", &p->jitter);
    put_ms(o, "worst_deviation", &p->worst);
    put_ms(o, "burst", &p->burst);
    put_ms(o, "least_lead", &p->least);
    put_ms(o, "behind", &p->behind);
    put_n(o, "chunks", p->chunks);
    put_x(o, "chunk_ms", cadence_ms(r, p));
    put_x(o, "within_10_ms", hist_share(&p->dev, 10 * NS_PER_MS));
    put_x(o, "within_50_ms", hist_share(&p->dev, 50 * NS_PER_MS));
    put_n(o, "dry_spells", p->spells);
    put_n(o, "listeners_dry", p->with_dry);
    put_x(o, "dry_s", (double)p->dry / NS_PER_S);
    put_n(o, "listeners_not_all_kept", p->short_of_memory);
}

static json_t *pool_json(const struct report *r, const struct pool *p)
{
    json_t *o = json_object();

    put_n(o, "listeners", p->listeners);
    put_n(o, "with_audio", p->with_audio);
    put_times(o, r, p);
    put_n(o, "pages", p->pages);
    put_n(o, "packets", p->packets);
    put_n(o, "bytes", p->bytes);
    put_n(o, "sums", p->sums);
    put_n(o, "bad_sums", p->bad_sums);
    put_n(o, "bad_order", p->bad_order);
    put_n(o, "new_serials", p->new_serials);
    put_n(o, "bad_granules", p->bad_granules);
    put_n(o, "lost_sync", p->lost);
    put_n(o, "overlaps", p->overlaps);
    put_n(o, "holes", p->holes);
    put_n(o, "listeners_with_hole", p->with_hole);
    put_x(o, "hole_s", (double)p->hole / RATE);
    put(o, "ends", ends_json(p));
    put(o, "status", status_json(p));
    return o;
}

static json_t *threads_json(const struct report *r)
{
    json_t *o = json_object();

    for (uint32_t i = 0; i < r->to.n_threads; i++) {
        const char *name = r->to.thread[i].name;
        put_x(o, name,
              (double)usage_since(&r->to, &r->from, name) / NS_PER_S /
                  window_s(r));
    }
    return o;
}

static json_t *usage_json(const struct report *r)
{
    json_t *o = json_object();

    put_x(o, "cores", (double)cpu_all(r) / NS_PER_S / window_s(r));
    put_x(o, "apart_cores", (double)cpu_apart(r) / NS_PER_S / window_s(r));
    put_x(o, "idle_not_apart_cores", idle_cores(r));
    put_x(o, "us_per_listener_s", per_listener(r, cpu_all(r)));
    put_x(o, "fan_out_us_per_listener_s", fan_out(r));
    put(o, "thread_cores", threads_json(r));
    put_n(o, "rss_idle_bytes", r->idle.rss);
    put_n(o, "rss_bytes", r->to.rss);
    put_n(o, "pss_idle_bytes", r->idle.pss);
    put_n(o, "pss_bytes", r->to.pss);
    put_x(o, "rss_per_listener_bytes",
          memory_per_listener(r, r->to.rss, r->idle.rss));
    put_x(o, "pss_per_listener_bytes",
          memory_per_listener(r, r->to.pss, r->idle.pss));
    return o;
}

int report_json(const struct report *r, FILE *out)
{
    const struct fleet_figures *f = r->figures;
    json_t *o = json_object();
    int err = 0;

    put(o, "label", json_string(r->label));
    put(o, "url", json_string(r->url));
    put_n(o, "asked", r->opts->n);
    put_x(o, "ramp_per_s", r->opts->ramp);
    put_x(o, "seconds", window_s(r));
    put(o, "good", pool_json(r, &f->good));
    put(o, "faulty", pool_json(r, &f->faulty));
    put_x(o, "load_cores", (double)f->cpu / NS_PER_S / window_s(r));
    put_x(o, "load_busiest_core", (double)f->busiest / NS_PER_S / window_s(r));
    put(o, "connect_error", json_string(f->error ? strerror(f->error) : ""));
    if (r->has_usage)
        put(o, "server", usage_json(r));
    if (!o || json_dumpf(o, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) ||
        fputc('\n', out) == EOF)
        err = o ? -EIO : -ENOMEM;
    json_decref(o);
    return err;
}
