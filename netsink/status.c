// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/status.h"

#include <jansson.h>
#include <math.h>
#include <time.h>

#include "graph/clock.h"
#include "netsink/head.h"
#include "netsink/status_json.h"

/* Unix s of a moment of CLOCK_MONOTONIC. */
static int64_t unix_time(const struct figures *f, int64_t at)
{
    return (int64_t)time(NULL) - (f->now - at) / NS_PER_S;
}

static const char *container(enum stream_kind kind)
{
    static const char *const names[] = {
        [STREAM_OGG] = "ogg", [STREAM_MP4] = "mp4", [STREAM_WAV] = "wav"};
    return names[kind];
}

static json_t *jack_json(const struct figures *f)
{
    const struct jclient_stats *s = &f->jack.stats;
    uint64_t lost = 0;
    json_t *o = json_object();

    for (uint32_t i = 0; i < f->n_mounts; i++)
        lost += tap_lost(f->mounts[i].tap);
    put_bool(o, "up", f->jack.up);
    put_text(o, "client", f->jack.name);
    put_int(o, "rate_hz", f->jack.rate);
    put_int(o, "period_frames", f->jack.period);
    put_int(o, "xruns", s->xruns);
    put_int(o, "lost_frames", lost);
    put_int(o, "late_cycles", s->late);
    put_int(o, "skipped_frames", s->skipped);
    put_int(o, "overruns", s->overruns);
    put_int(o, "rejoins", s->rejoins);
    put_int(o, "forgotten", s->forgotten);
    put_int(o, "connections_waiting", s->waiting);
    put_ms(o, "dsp_ms_p99", s->dsp_p99_ns);
    put_ms(o, "dsp_ms_max", s->dsp_max_ns);
    put_real(o, "dsp_load", s->load);
    return o;
}

static json_t *spread_json(const struct hist *h)
{
    json_t *o = json_object();

    put_ms(o, "p50", hist_quantile(h, 0.5));
    put_ms(o, "p95", hist_quantile(h, 0.95));
    put_ms(o, "p99", hist_quantile(h, 0.99));
    put_ms(o, "p999", hist_quantile(h, 0.999));
    put_ms(o, "max", hist_quantile(h, 1));
    return o;
}

/* What its listeners had, ever. */
static json_t *fan_json(const struct fan_stats *s)
{
    json_t *o = json_object(), *classes = json_object(), *ends = json_object();

    for (int i = 0; i < LATENCY_CLASSES; i++)
        put_int(classes, latency_classes[i].name, s->by_class[i]);
    for (int i = 0; i <= LISTENER_NO_MEMORY; i++)
        put_int(ends, gone_why((enum listener_end)i), s->ends[i]);
    put(o, "classes", classes);
    put_int(o, "bytes", s->bytes);
    put_int(o, "burst_bytes", s->bursts);
    put_int(o, "chunks", s->chunks);
    put_real(o, "on_time_share",
             s->chunks > 0 ? (double)s->on_time / (double)s->chunks : 1);
    put(o, "deviation_ms", spread_json(&s->deviation));
    put(o, "jitter_ms", spread_json(&s->jitter));
    put_int(o, "skips", s->skips);
    put_int(o, "skipped_packets", s->skipped);
    put_int(o, "switches", s->switches);
    put(o, "ends", ends);
    return o;
}

/* Those of the ladder, and those that somebody wants. */
static json_t *rungs_json(const struct mount *m)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < m->n_rungs; i++) {
        struct encoder_rung_stats s;
        char name[32];

        encoder_rung_stats(m->encoder, i, &s);
        if (i >= m->n_ladder && !s.warm)
            continue;
        json_t *o = json_object();
        rung_name(&m->rungs[i].spec, name, sizeof(name));
        put_text(o, "name", name);
        put_int(o, "held", s.held);
        put_bool(o, "warm", s.warm);
        put_int(o, "packets", s.packets);
        put_int(o, "first_seq", s.first);
        put_int(o, "end_seq", s.end);
        put_last(all, o);
    }
    return all;
}

static json_t *mount_json(const struct figures *f, uint32_t i)
{
    const struct mount *m = &f->mounts[i];
    struct encoder_stats e;
    json_t *o = json_object();

    encoder_stats(m->encoder, &e);
    put_text(o, "name", m->name);
    put_int(o, "channels", m->n_channels);
    put_int(o, "bitrate_kbps", m->rungs[m->usual].spec.kbps);
    put_bool(o, "graph", e.graph);
    put_bool(o, "muted", e.muted);
    put_int(o, "seq", e.seq);
    put_int(o, "packets", e.packets);
    put_int(o, "filled_frames", e.filled);
    put_int(o, "dropped_frames", e.dropped);
    put_real(o, "encode_ms_per_s", f->encode_ms_per_s[i]);
    put_int(o, "encode_late", e.late);
    put_int(o, "complexity", e.complexity);
    put_text(o, "failed", e.failed ? strerror(-e.failed) : "");
    put_int(o, "listeners", f->fan[i].listeners);
    put(o, "rungs", rungs_json(m));
    put(o, "fan", fan_json(&f->fan[i]));
    return o;
}

static json_t *history_json(const struct mount *m,
                            const struct listener_stats *l)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < l->n_rungs; i++) {
        json_t *o = json_object();
        char name[32];

        rung_name(&m->rungs[l->rungs[i].rung].spec, name, sizeof(name));
        put_int(o, "seq", l->rungs[i].seq);
        put_text(o, "rung", name);
        put_last(all, o);
    }
    return all;
}

/* What both those on air and those gone have. */
static json_t *session_json(const struct figures *f, uint64_t number,
                            const char *address, const char *agent,
                            const struct mount *m, enum stream_kind kind,
                            enum latency latency, int64_t begun, int64_t end)
{
    json_t *o = json_object();

    put_int(o, "id", number);
    put_text(o, "address", address);
    put_text(o, "agent", agent);
    put_text(o, "mount", m->name);
    put_text(o, "container", container(kind));
    put_text(o, "latency", latency_classes[latency].name);
    put_int(o, "started_unix_s", (uint64_t)unix_time(f, begun));
    put_real(o, "seconds", (double)(end - begun) / NS_PER_S);
    return o;
}

json_t *status_listener(const struct figures *f, const struct session *ses)
{
    static const struct listener_stats none;
    const struct listener_stats *l = figures_listener(f, ses->number);
    char rung[32];
    json_t *o =
        session_json(f, ses->number, ses->address, ses->agent, ses->mount,
                     ses->stream.o.kind, ses->latency, ses->begun, f->now);

    if (!l)
        l = &none;
    const struct rung_spec *spec =
        &ses->mount->rungs[l->id ? l->rung : ses->stream.rung].spec;
    rung_name(spec, rung, sizeof(rung));
    put_text(o, "rung", rung);
    put_int(o, "rung_kbps", spec->codec == RUNG_OPUS ? spec->kbps : 0);
    put_bool(o, "pinned", ses->pinned);
    put(o, "rungs", history_json(ses->mount, l));
    put_int(o, "resumes", ses->connections - 1);
    put_int(o, "bytes", ses->past_bytes + l->bytes);
    put_int(o, "packets", ses->past_packets + l->packets);
    put_int(o, "chunks", l->chunks);
    put_real(o, "lag_s", l->lag_s);
    put_real(o, "lead_s", l->lead_s);
    put_int(o, "skips", ses->past_skips + l->skips);
    put_int(o, "skipped_packets", l->skipped);
    put_int(o, "switches", ses->past_switches + l->switches);
    put_ms(o, "deviation_p50_ms", l->deviation_p50);
    put_ms(o, "deviation_p99_ms", l->deviation_p99);
    put_ms(o, "deviation_max_ms", l->deviation_max);
    put_ms(o, "jitter_p95_ms", l->jitter_p95);
    put_ms(o, "rtt_ms", l->rtt);
    return o;
}

static json_t *listeners_json(const struct figures *f)
{
    const struct sessions *s = audience_sessions(f->audience);
    const struct session *ses = session_next(s, NULL);
    json_t *all = json_array();

    for (uint32_t i = 0; ses && i < STATUS_LISTENERS; i++) {
        put_last(all, status_listener(f, ses));
        ses = session_next(s, ses);
    }
    return all;
}

static json_t *ended_json(const struct figures *f)
{
    const struct gone_list *g = audience_gone(f->audience);
    json_t *all = json_array();

    for (uint32_t i = 0; i < g->n; i++) {
        const struct gone *x = &g->all[i];
        json_t *o = session_json(f, x->number, x->address, x->agent, x->mount,
                                 x->kind, x->latency, x->begun, x->ended);
        put_int(o, "ended_unix_s", (uint64_t)unix_time(f, x->ended));
        put_int(o, "resumes", x->connections - 1);
        put_int(o, "bytes", x->bytes);
        put_int(o, "packets", x->packets);
        put_int(o, "skips", x->skips);
        put_int(o, "switches", x->switches);
        put_text(o, "why", gone_why(x->why));
        put_last(all, o);
    }
    return all;
}

static json_t *guard_json(const struct guard_stats *g)
{
    json_t *o = json_object();

    put_int(o, "open", g->open);
    put_int(o, "accepted", g->accepted);
    put_int(o, "cut_late", g->late);
    put_int(o, "cut_per_address", g->per_address);
    put_int(o, "cut_over", g->over);
    put_int(o, "cut_no_descriptors", g->no_fds);
    return o;
}

static json_t *sse_json(const struct sse_stats *s)
{
    json_t *o = json_object();

    put_int(o, "subscribers", s->subscribers);
    put_int(o, "subscribers_ever", s->ever);
    put_int(o, "refused", s->refused);
    put_int(o, "cut_slow", s->slow);
    return o;
}

static json_t *totals_json(const struct figures *f)
{
    struct audience_totals t;
    uint64_t bytes = 0;
    json_t *o = json_object(), *refused = json_object();

    audience_totals(f->audience, &t);
    for (uint32_t i = 0; i < f->n_mounts; i++)
        bytes += f->fan[i].bytes;
    for (int i = 0; i < REFUSED_KINDS; i++)
        put_int(refused, audience_refusal_names[i], t.refused[i]);
    put_int(o, "listeners", t.listeners);
    put_int(o, "listeners_ever", sessions_ever(audience_sessions(f->audience)));
    put_int(o, "bytes", bytes);
    put_int(o, "sessions_waiting",
            sessions_kept(audience_sessions(f->audience)));
    put_int(o, "resumes", t.resumes);
    put_int(o, "restarts", t.restarts);
    put(o, "refused", refused);
    put_int(o, "packet_bytes",
            atomic_load_explicit(&f->budget->used, memory_order_relaxed));
    put_int(o, "packet_bytes_max", f->budget->max);
    put_int(o, "fan_loops", f->n_loops);
    put_real(o, "fan_cpu_s", f->fan_cpu_s);
    return o;
}

static json_t *figure_json(const struct usage_figure *u)
{
    json_t *o = json_object();

    put_real(o, "now", u->now);
    put_real(o, "minute_mean", u->minute_mean);
    put_real(o, "minute_max", u->minute_max);
    put_real(o, "hour_mean", u->hour_mean);
    put_real(o, "hour_max", u->hour_max);
    return o;
}

static json_t *usage_json(const struct figures *f)
{
    struct usage_summary u;
    json_t *o = json_object(), *threads = json_array();

    usage_summary(f->usage, &u);
    put(o, "cpu_cores", figure_json(&u.cpu));
    put(o, "encode_cores", figure_json(&u.encode));
    put(o, "memory_bytes", figure_json(&u.memory));
    put(o, "sent_bytes_per_s", figure_json(&u.sent));
    put_real(o, "cpu_s", u.cpu_total);
    for (uint32_t i = 0; i < u.n_threads; i++) {
        json_t *t = json_object();
        put_text(t, "name", u.threads[i].name);
        put_real(t, "cpu_s", u.threads[i].total);
        put(t, "cpu_cores", figure_json(&u.threads[i].cpu));
        put_last(threads, t);
    }
    put(o, "threads", threads);
    return o;
}

json_t *status_brief(const struct figures *f)
{
    json_t *root = json_object(), *mounts = json_array(),
           *connections = json_object(), *events = json_object();

    for (uint32_t i = 0; i < f->n_mounts; i++)
        put_last(mounts, mount_json(f, i));
    put(connections, "listeners", guard_json(&f->listen));
    put(connections, "operator", guard_json(&f->admin));
    put(events, "listeners", sse_json(&f->events));
    put(events, "operator", sse_json(&f->watchers));
    put_text(root, "version", LONGWAVE_VERSION);
    put_real(root, "uptime_s", f->uptime_s);
    put_int(root, "epoch_unix_ms", (uint64_t)f->epoch);
    put(root, "jack", jack_json(f));
    put(root, "mounts", mounts);
    put(root, "ended", ended_json(f));
    put(root, "totals", totals_json(f));
    put(root, "connections", connections);
    put(root, "events", events);
    put_int(root, "wrong_tokens", f->wrong_tokens);
    put(root, "usage", usage_json(f));
    return root;
}

char *status_json(const struct figures *f, const char *query)
{
    json_t *root = status_brief(f);
    (void)query;

    put(root, "listeners", listeners_json(f));
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(12));
    json_decref(root);
    return text;
}
