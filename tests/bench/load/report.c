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

void report_row(const struct report *r, FILE *out)
{
    const struct pool *p = &r->figures->good;
    uint64_t out_of = ended(p) + ended(&r->figures->faulty);

#define Q(h, q) ms(hist_quantile(&p->h, q))
    fprintf(out,
            "%-14.14s %5llu %5llu | %6.2f %6.2f | %6.1f %6.1f %6.1f | %6.2f "
            "%6.2f %6.2f %6.2f %6.1f | %6.2f | %7.3f | %5llu %5llu %5llu %5llu "
            "| %5.0f | ",
            r->label, (unsigned long long)r->opts->n,
            (unsigned long long)served(r), Q(connect, .5), Q(connect, .99),
            Q(first, .5), Q(first, .99), ms(p->first.max), Q(dev, .5),
            Q(dev, .95), Q(dev, .99), Q(dev, .999), ms(p->dev.max),
            Q(jitter, .95), 100 * hist_share(&p->dev, 50 * NS_PER_MS),
            (unsigned long long)p->with_hole, (unsigned long long)p->with_dry,
            (unsigned long long)errors(p), (unsigned long long)out_of,
            cadence_ms(r, p));
#undef Q
    if (r->has_usage)
        fprintf(out, "%6.1f %6.1f ", per_listener(r, cpu_all(r)), fan_out(r));
    else
        fprintf(out, "%6s %6s ", "-", "-");
    fprintf(out, "%6.1f | ",
            100 * per((double)r->figures->busiest / NS_PER_S, window_s(r)));
    if (r->has_usage)
        fprintf(out, "%6.0f\n", memory_per_listener(r, r->to.rss, r->idle.rss));
    else
        fprintf(out, "%6s\n", "-");
}

static json_t *hist_json(const struct hist *h)
{
    return json_pack("{s:I, s:f, s:f, s:f, s:f, s:f}", "n", (json_int_t)h->n,
                     "p50_ms", ms(hist_quantile(h, .5)), "p95_ms",
                     ms(hist_quantile(h, .95)), "p99_ms",
                     ms(hist_quantile(h, .99)), "p99_9_ms",
                     ms(hist_quantile(h, .999)), "max_ms", ms(h->max));
}

/* The least is what matters of these. */
static json_t *least_json(const struct hist *h)
{
    return json_pack("{s:I, s:f, s:f, s:f, s:f}", "n", (json_int_t)h->n,
                     "p0_1_ms", ms(hist_quantile(h, .001)), "p1_ms",
                     ms(hist_quantile(h, .01)), "p50_ms",
                     ms(hist_quantile(h, .5)), "max_ms", ms(h->max));
}

static json_t *ends_json(const struct pool *p)
{
    json_t *o = json_object();

    for (int i = 0; o && i < JUDGE_ENDS; i++)
        json_object_set_new(o, judge_end_names[i],
                            json_integer((json_int_t)p->ends[i]));
    return o;
}

static json_t *status_json(const struct pool *p)
{
    json_t *o = json_object();
    char name[8];

    for (int i = 0; o && i < JUDGE_STATUS_MAX; i++) {
        snprintf(name, sizeof(name), "%d", i);
        if (p->status[i] > 0)
            json_object_set_new(o, i > 0 ? name : "none",
                                json_integer((json_int_t)p->status[i]));
    }
    return o;
}

static json_t *pool_json(const struct report *r, const struct pool *p)
{
    return json_pack(
        "{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:f, s:f, s:f, "
        "s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:I, "
        "s:f, s:I, s:o, s:o}",
        "listeners", (json_int_t)p->listeners, "with_audio",
        (json_int_t)p->with_audio, "connect", hist_json(&p->connect),
        "first_audio", hist_json(&p->first), "deviation", hist_json(&p->dev),
        "jitter", hist_json(&p->jitter), "worst_deviation",
        hist_json(&p->worst), "burst", hist_json(&p->burst), "least_lead",
        least_json(&p->least), "chunks", (json_int_t)p->chunks, "chunk_ms",
        cadence_ms(r, p), "within_10_ms", hist_share(&p->dev, 10 * NS_PER_MS),
        "within_50_ms", hist_share(&p->dev, 50 * NS_PER_MS), "pages",
        (json_int_t)p->pages, "packets", (json_int_t)p->packets, "bytes",
        (json_int_t)p->bytes, "sums", (json_int_t)p->sums, "bad_sums",
        (json_int_t)p->bad_sums, "bad_order", (json_int_t)p->bad_order,
        "new_serials", (json_int_t)p->new_serials, "bad_granules",
        (json_int_t)p->bad_granules, "lost_sync", (json_int_t)p->lost,
        "overlaps", (json_int_t)p->overlaps, "holes", (json_int_t)p->holes,
        "listeners_with_hole", (json_int_t)p->with_hole, "hole_s",
        (double)p->hole / RATE, "dry_spells", (json_int_t)p->spells,
        "listeners_dry", (json_int_t)p->with_dry, "dry_s",
        (double)p->dry / NS_PER_S, "listeners_not_all_kept",
        (json_int_t)p->short_of_memory, "ends", ends_json(p), "status",
        status_json(p));
}

static json_t *usage_json(const struct report *r)
{
    json_t *threads = json_object();

    for (uint32_t i = 0; threads && i < r->to.n_threads; i++) {
        const char *name = r->to.thread[i].name;
        double cpu = (double)usage_since(&r->to, &r->from, name) / NS_PER_S;
        json_object_set_new(threads, name, json_real(cpu / window_s(r)));
    }
    return json_pack(
        "{s:f, s:f, s:f, s:f, s:f, s:o, s:I, s:I, s:I, s:I, s:f, s:f}", "cores",
        (double)cpu_all(r) / NS_PER_S / window_s(r), "apart_cores",
        (double)cpu_apart(r) / NS_PER_S / window_s(r), "idle_not_apart_cores",
        idle_cores(r), "us_per_listener_s", per_listener(r, cpu_all(r)),
        "fan_out_us_per_listener_s", fan_out(r), "thread_cores", threads,
        "rss_idle_bytes", (json_int_t)r->idle.rss, "rss_bytes",
        (json_int_t)r->to.rss, "pss_idle_bytes", (json_int_t)r->idle.pss,
        "pss_bytes", (json_int_t)r->to.pss, "rss_per_listener_bytes",
        memory_per_listener(r, r->to.rss, r->idle.rss),
        "pss_per_listener_bytes",
        memory_per_listener(r, r->to.pss, r->idle.pss));
}

int report_json(const struct report *r, FILE *out)
{
    const struct fleet_figures *f = r->figures;
    json_t *root = json_pack(
        "{s:s, s:s, s:I, s:f, s:f, s:o, s:o, s:f, s:f, s:s, s:o}", "label",
        r->label, "url", r->url, "asked", (json_int_t)r->opts->n, "ramp_per_s",
        r->opts->ramp, "seconds", window_s(r), "good", pool_json(r, &f->good),
        "faulty", pool_json(r, &f->faulty), "load_cores",
        (double)f->cpu / NS_PER_S / window_s(r), "load_busiest_core",
        (double)f->busiest / NS_PER_S / window_s(r), "connect_error",
        f->error ? strerror(f->error) : "", "server",
        r->has_usage ? usage_json(r) : json_null());
    int err = 0;

    if (!root)
        return -ENOMEM;
    if (json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) ||
        fputc('\n', out) == EOF)
        err = -EIO;
    json_decref(root);
    return err;
}
