// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "graph/clock.h"

#define N_OF(all) (sizeof(all) / sizeof((all)[0]))

/* Upper ends of the histograms' buckets, s; the 20 and 50 ms that are promised
   are among them. */
static const double bounds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                0.01,   0.02,    0.05,   0.1,   0.25,   0.5,
                                1,      2.5,     5,      10};

struct out {
    FILE *file;
    const struct figures *f;
};

static void family(const struct out *o, const char *name, const char *type,
                   const char *help)
{
    fprintf(o->file, "# HELP longwave_%s %s\n# TYPE longwave_%s %s\n", name,
            help, name, type);
}

/* A sample; fmt makes the labels: "" or "{mount=\"live\"}". */
static void sample(const struct out *o, const char *name, double value,
                   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void sample(const struct out *o, const char *name, double value,
                   const char *fmt, ...)
{
    va_list args;

    fprintf(o->file, "longwave_%s", name);
    va_start(args, fmt);
    vfprintf(o->file, fmt, args);
    va_end(args);
    fprintf(o->file, " %.16g\n", value);
}

static void single(const struct out *o, const char *name, const char *type,
                   const char *help, double value)
{
    family(o, name, type, help);
    sample(o, name, value, "%s", "");
}

/* One sample for each mount. */
static void of_mounts(const struct out *o, const char *name, const char *type,
                      const char *help,
                      double (*get)(const struct figures *f, uint32_t mount))
{
    family(o, name, type, help);
    for (uint32_t i = 0; i < o->f->n_mounts; i++)
        sample(o, name, get(o->f, i), "{mount=\"%s\"}", o->f->mounts[i].name);
}

static double get_chunks(const struct figures *f, uint32_t i)
{
    return (double)f->fan[i].chunks;
}

static double get_on_time(const struct figures *f, uint32_t i)
{
    return (double)f->fan[i].on_time;
}

static double get_bytes(const struct figures *f, uint32_t i)
{
    return (double)f->fan[i].bytes;
}

static double get_bursts(const struct figures *f, uint32_t i)
{
    return (double)f->fan[i].bursts;
}

static double get_skips(const struct figures *f, uint32_t i)
{
    return (double)f->fan[i].skips;
}

static double get_skipped(const struct figures *f, uint32_t i)
{
    return (double)f->fan[i].skipped;
}

static double get_switches(const struct figures *f, uint32_t i)
{
    return (double)f->fan[i].switches;
}

static void of_fan(const struct out *o)
{
    static const struct {
        const char *name, *help;
        double (*get)(const struct figures *f, uint32_t mount);
    } all[] = {
        {"chunks_total", "Chunks written to listeners.", get_chunks},
        {"chunks_on_time_total", "Chunks within 50 ms of their schedule.",
         get_on_time},
        {"sent_bytes_total", "Bytes sent to listeners.", get_bytes},
        {"burst_bytes_total", "Bytes of them sent ahead at the begin.",
         get_bursts},
        {"skips_total", "Jumps forward of listeners too far behind.",
         get_skips},
        {"skipped_packets_total", "Packets left out by those.", get_skipped},
        {"switches_total", "Changes of a listener's rung.", get_switches},
    };

    for (size_t i = 0; i < N_OF(all); i++)
        of_mounts(o, all[i].name, "counter", all[i].help, all[i].get);
}

static void of_listeners(const struct out *o)
{
    const struct figures *f = o->f;

    family(o, "listeners", "gauge", "Listeners on air.");
    for (uint32_t i = 0; i < f->n_mounts; i++) {
        for (int c = 0; c < LATENCY_CLASSES; c++)
            sample(o, "listeners", f->fan[i].by_class[c],
                   "{mount=\"%s\",class=\"%s\"}", f->mounts[i].name,
                   latency_classes[c].name);
    }
    family(o, "listener_ends_total", "counter", "Connections that ended.");
    for (uint32_t i = 0; i < f->n_mounts; i++) {
        for (int w = 0; w <= LISTENER_NO_MEMORY; w++)
            sample(o, "listener_ends_total", (double)f->fan[i].ends[w],
                   "{mount=\"%s\",why=\"%s\"}", f->mounts[i].name,
                   gone_why((enum listener_end)w));
    }
}

static void histogram(const struct out *o, const char *name, const char *mount,
                      const struct hist *h)
{
    for (size_t i = 0; i < N_OF(bounds); i++) {
        double share = hist_share(h, llround(bounds[i] * NS_PER_S));
        fprintf(o->file, "longwave_%s_bucket{mount=\"%s\",le=\"%g\"} %.16g\n",
                name, mount, bounds[i], round(share * (double)h->n));
    }
    fprintf(o->file,
            "longwave_%s_bucket{mount=\"%s\",le=\"+Inf\"} %" PRIu64 "\n"
            "longwave_%s_sum{mount=\"%s\"} %.9g\n"
            "longwave_%s_count{mount=\"%s\"} %" PRIu64 "\n",
            name, mount, h->n, name, mount, hist_sum(h) / NS_PER_S, name, mount,
            h->n);
}

static void of_time(const struct out *o)
{
    const struct figures *f = o->f;

    family(o, "deviation_seconds", "histogram",
           "How late after its schedule a chunk was written.");
    for (uint32_t i = 0; i < f->n_mounts; i++)
        histogram(o, "deviation_seconds", f->mounts[i].name,
                  &f->fan[i].deviation);
    family(o, "jitter_seconds", "histogram",
           "Difference between the deviations of successive chunks.");
    for (uint32_t i = 0; i < f->n_mounts; i++)
        histogram(o, "jitter_seconds", f->mounts[i].name, &f->fan[i].jitter);
}

static void of_sessions(const struct out *o)
{
    const struct sessions *s = audience_sessions(o->f->audience);
    struct audience_totals t;

    audience_totals(o->f->audience, &t);
    single(o, "sessions_total", "counter", "Sessions ever.",
           (double)sessions_ever(s));
    single(o, "sessions_waiting", "gauge",
           "Sessions whose listener may come back.", sessions_kept(s));
    single(o, "resumes_total", "counter",
           "Connections that went on at the byte where they were.",
           (double)t.resumes);
    single(o, "restarts_total", "counter",
           "Connections that came back too late for that.", (double)t.restarts);
    family(o, "refused_total", "counter", "Listeners refused.");
    for (int i = 0; i < REFUSED_KINDS; i++)
        sample(o, "refused_total", (double)t.refused[i], "{why=\"%s\"}",
               audience_refusal_names[i]);
}

static void of_server(const struct out *o, const char *name,
                      const struct guard_stats *g)
{
    sample(o, "connections_cut_total", (double)g->late,
           "{server=\"%s\",why=\"late\"}", name);
    sample(o, "connections_cut_total", (double)g->per_address,
           "{server=\"%s\",why=\"address\"}", name);
    sample(o, "connections_cut_total", (double)g->over,
           "{server=\"%s\",why=\"over\"}", name);
    sample(o, "connections_cut_total", (double)g->no_fds,
           "{server=\"%s\",why=\"descriptors\"}", name);
}

static void of_connections(const struct out *o)
{
    const struct figures *f = o->f;

    family(o, "connections_total", "counter", "Connections accepted.");
    sample(o, "connections_total", (double)f->listen.accepted,
           "{server=\"listeners\"}");
    sample(o, "connections_total", (double)f->admin.accepted,
           "{server=\"operator\"}");
    family(o, "connections_open", "gauge", "Connections without a request.");
    sample(o, "connections_open", f->listen.open, "{server=\"listeners\"}");
    sample(o, "connections_open", f->admin.open, "{server=\"operator\"}");
    family(o, "connections_cut_total", "counter",
           "Connections ended before they had a request.");
    of_server(o, "listeners", &f->listen);
    of_server(o, "operator", &f->admin);
}

static void of_events(const struct out *o)
{
    const struct figures *f = o->f;
    const struct {
        const char *server;
        const struct sse_stats *s;
    } all[] = {{"listeners", &f->events}, {"operator", &f->watchers}};

    family(o, "event_subscribers", "gauge", "Who is told events.");
    for (size_t i = 0; i < N_OF(all); i++)
        sample(o, "event_subscribers", all[i].s->subscribers, "{server=\"%s\"}",
               all[i].server);
    family(o, "event_subscribers_lost_total", "counter",
           "Who was refused, or cut for being slow.");
    for (size_t i = 0; i < N_OF(all); i++) {
        sample(o, "event_subscribers_lost_total", (double)all[i].s->refused,
               "{server=\"%s\",why=\"full\"}", all[i].server);
        sample(o, "event_subscribers_lost_total", (double)all[i].s->slow,
               "{server=\"%s\",why=\"slow\"}", all[i].server);
    }
    single(o, "wrong_tokens_total", "counter",
           "Orders with a wrong token of the operator's.",
           (double)f->wrong_tokens);
}

/* One sample for each mount's encoder. */
static void of_encoder(const struct out *o, const char *name, const char *type,
                       const char *help,
                       double (*get)(const struct encoder_stats *e))
{
    family(o, name, type, help);
    for (uint32_t i = 0; i < o->f->n_mounts; i++) {
        struct encoder_stats e;

        encoder_stats(o->f->mounts[i].encoder, &e);
        sample(o, name, get(&e), "{mount=\"%s\"}", o->f->mounts[i].name);
    }
}

static double get_encode(const struct encoder_stats *e)
{
    return (double)e->encode_ns / NS_PER_S;
}

static double get_late(const struct encoder_stats *e)
{
    return (double)e->late;
}

static double get_complexity(const struct encoder_stats *e)
{
    return e->complexity;
}

static double get_filled(const struct encoder_stats *e)
{
    return (double)e->filled;
}

static double get_dropped(const struct encoder_stats *e)
{
    return (double)e->dropped;
}

static double get_seq(const struct encoder_stats *e)
{
    return (double)e->seq;
}

static double get_graph(const struct encoder_stats *e)
{
    return e->graph;
}

static double get_lost(const struct figures *f, uint32_t i)
{
    return (double)tap_lost(f->mounts[i].tap);
}

static void of_encoders(const struct out *o)
{
    of_encoder(o, "packets_total", "counter",
               "Packets of the timeline, 20 ms each.", get_seq);
    of_encoder(o, "graph_up", "gauge", "1: frames come in from JACK.",
               get_graph);
    of_encoder(o, "encode_cpu_seconds_total", "counter",
               "CPU time of the mount's encoder.", get_encode);
    of_encoder(o, "encode_late_total", "counter",
               "Passes of the encoder that missed their deadline.", get_late);
    of_encoder(o, "encode_complexity", "gauge", "Opus' complexity, 0 to 10.",
               get_complexity);
    of_encoder(o, "filled_frames_total", "counter",
               "Frames of silence put in for lost ones, at 48 kHz.",
               get_filled);
    of_encoder(o, "dropped_frames_total", "counter",
               "Frames that came too late.", get_dropped);
    of_mounts(o, "lost_frames_total", "counter",
              "Frames that JACK did not deliver or the encoder did not take.",
              get_lost);
}

/* Rungs of the ladder, and those that somebody wants. */
static void of_rungs(const struct out *o, const char *name, const char *type,
                     const char *help,
                     double (*get)(const struct encoder_rung_stats *s))
{
    family(o, name, type, help);
    for (uint32_t i = 0; i < o->f->n_mounts; i++) {
        const struct mount *m = &o->f->mounts[i];
        for (uint32_t r = 0; r < m->n_rungs; r++) {
            struct encoder_rung_stats s;
            char rung[32];

            encoder_rung_stats(m->encoder, r, &s);
            if (r >= m->n_ladder && !s.warm)
                continue;
            rung_name(&m->rungs[r].spec, rung, sizeof(rung));
            sample(o, name, get(&s), "{mount=\"%s\",rung=\"%s\"}", m->name,
                   rung);
        }
    }
}

static double get_held(const struct encoder_rung_stats *s)
{
    return s->held;
}

static double get_warm(const struct encoder_rung_stats *s)
{
    return s->warm;
}

static double get_packets(const struct encoder_rung_stats *s)
{
    return (double)s->packets;
}

static void of_usage(const struct out *o)
{
    struct usage_summary u;

    usage_summary(o->f->usage, &u);
    single(o, "process_cpu_seconds_total", "counter", "CPU time in all.",
           u.cpu_total);
    single(o, "process_resident_memory_bytes", "gauge", "Memory resident.",
           u.memory.now);
    family(o, "thread_cpu_seconds_total", "counter",
           "CPU time by the names of threads.");
    for (uint32_t i = 0; i < u.n_threads; i++) {
        char name[USAGE_NAME];

        /* What would end a label's value has no place in it. */
        for (uint32_t k = 0; k < sizeof(name); k++) {
            name[k] = u.threads[i].name[k];
            if (name[k] == '"' || name[k] == '\\')
                name[k] = '?';
        }
        sample(o, "thread_cpu_seconds_total", u.threads[i].total,
               "{thread=\"%s\"}", name);
    }
}

static void of_jack(const struct out *o)
{
    const struct figures_jack *j = &o->f->jack;
    const struct jclient_stats *s = &j->stats;

    single(o, "jack_up", "gauge", "1: we are a client of a JACK server.",
           j->up);
    single(o, "jack_xruns_total", "counter",
           "Times that JACK went on without us.", s->xruns);
    single(o, "jack_late_cycles_total", "counter",
           "Cycles that came too late, or after some that never came.",
           s->late);
    single(o, "jack_skipped_frames_total", "counter",
           "Frames of cycles that never came.", (double)s->skipped);
    single(o, "jack_overruns_total", "counter",
           "Cycles that our callback took longer for than they last.",
           s->overruns);
    single(o, "jack_rejoins_total", "counter",
           "Servers joined after the first.", s->rejoins);
    single(o, "jack_forgotten_total", "counter",
           "Rejoins since the server ran on without us.", s->forgotten);
    single(o, "jack_dsp_load", "gauge",
           "Share of the period that our callback takes, a second's mean.",
           s->load);
    single(o, "jack_dsp_seconds_p99", "gauge",
           "Of our callback, in 99 cycles of 100.",
           (double)s->dsp_p99_ns / NS_PER_S);
    single(o, "jack_dsp_seconds_max", "gauge", "Of our callback, at most.",
           (double)s->dsp_max_ns / NS_PER_S);
}

static void write_all(const struct out *o)
{
    const struct figures *f = o->f;

    family(o, "info", "gauge", "1, with the version.");
    sample(o, "info", 1, "{version=\"%s\"}", LONGWAVE_VERSION);
    single(o, "uptime_seconds", "gauge", "Since the start.", f->uptime_s);
    of_jack(o);
    of_listeners(o);
    of_fan(o);
    of_time(o);
    of_sessions(o);
    of_connections(o);
    of_events(o);
    of_encoders(o);
    of_rungs(o, "rung_listeners", "gauge", "Listeners who hold a rung.",
             get_held);
    of_rungs(o, "rung_encoded", "gauge", "1: the rung is being encoded.",
             get_warm);
    of_rungs(o, "rung_packets_total", "counter", "Packets encoded.",
             get_packets);
    single(
        o, "packet_memory_bytes", "gauge",
        "Memory taken by the last minute of packets.",
        (double)atomic_load_explicit(&f->budget->used, memory_order_relaxed));
    single(o, "packet_memory_max_bytes", "gauge", "What may be taken.",
           (double)f->budget->max);
    single(o, "fan_cpu_seconds_total", "counter",
           "CPU time of the loops that write to listeners.", f->fan_cpu_s);
    of_usage(o);
}

char *metrics_text(const struct figures *f, const char *query)
{
    char *text = NULL;
    size_t size;
    struct out o = {open_memstream(&text, &size), f};
    (void)query;

    if (!o.file)
        return NULL;
    write_all(&o);
    if (fclose(o.file)) {
        free(text);
        return NULL;
    }
    return text;
}
