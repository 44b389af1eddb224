// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/report.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

#include "graph/clock.h"
#include "graph/text.h"

/* Figures are rounded here, so that they read as what they are. */
static double round_to(double x, double parts)
{
    return round(x * parts) / parts;
}

/* Texts of files and drivers needn't be UTF-8. */
static json_t *text_json(const char *text)
{
    char clean[SUPPLY_TEXT_MAX + ENGINE_NAME_MAX];

    text_clean(clean, sizeof(clean), text);
    return json_string(clean);
}

/* ms; null: not known */
static json_t *ms_json(int64_t ns, int64_t unknown)
{
    if (ns == unknown)
        return json_null();
    return json_real(round_to((double)ns / NS_PER_MS, 1000));
}

/* json_pack() takes the parts over, whatever comes of it. */
static json_t *params_json(const struct report *r)
{
    json_t *all = json_object();

    for (int p = 0; p < PARAM_COUNT; p++) {
        const char *name = param_info((enum param)p)->name;

        if (json_object_set_new(all, name,
                                json_real(round_to(r->param[p], 1e6)))) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

static json_t *chunks_json(const struct supply_stats *s)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "by_gpu",
                     (json_int_t)s->by_gpu, "by_cpu", (json_int_t)s->by_cpu,
                     "thinned", (json_int_t)s->thinned, "late",
                     (json_int_t)s->late, "checked", (json_int_t)s->checked,
                     "mismatched", (json_int_t)s->mismatched);
}

static json_t *renderer_json(const struct report *r)
{
    const struct supply_stats *s = &r->supply;

    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I,"
        " s:o, s:o, s:o, s:o, s:o, s:o}",
        "state", supply_state_name(s->state), "name", text_json(r->renderer),
        "gpu", text_json(s->name), "choice", text_json(s->choice), "trouble",
        text_json(s->trouble), "chunks", chunks_json(s), "failovers",
        (json_int_t)s->failovers, "rebuilds", (json_int_t)s->rebuilds, "cuts",
        (json_int_t)s->cuts, "gpu_ms", ms_json(s->gpu_ns, -1), "took_ms",
        ms_json(s->took_ns, 0), "cpu_ms", ms_json(s->cpu_ns, 0), "gpu_cost_ms",
        ms_json(s->gpu_cost_ns, 0), "cpu_cost_ms", ms_json(s->cpu_cost_ns, 0),
        "least_ahead_ms", ms_json(s->least_ahead_ns, SUPPLY_NEVER));
}

static json_t *jack_json(const struct report *r)
{
    const struct jclient_stats *s = &r->jack;

    return json_pack(
        "{s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:f}",
        "up", (int)r->up, "client", text_json(r->client), "period_frames",
        (json_int_t)r->period, "xruns", (json_int_t)s->xruns, "late_cycles",
        (json_int_t)s->late, "skipped_frames", (json_int_t)s->skipped,
        "overruns", (json_int_t)s->overruns, "rejoins", (json_int_t)s->rejoins,
        "forgotten", (json_int_t)s->forgotten, "connections_waiting",
        (json_int_t)s->waiting, "dsp_ms_p99", ms_json(s->dsp_p99_ns, -1),
        "dsp_ms_max", ms_json(s->dsp_max_ns, -1), "dsp_load",
        round_to(s->load, 1e5));
}

char *report_json(const struct report *r)
{
    char seed[20];
    json_t *root;
    char *text;

    snprintf(seed, sizeof(seed), "%06" PRIx64, r->seed);
    root = json_pack(
        "{s:s, s:s, s:o, s:o, s:s, s:f, s:I, s:o, s:o, s:o, s:f, s:f, s:I,"
        " s:{s:I, s:I}, s:o}",
        "program", "longwave-gen", "version", LONGWAVE_VERSION, "preset",
        text_json(r->preset), "title", text_json(r->title), "seed", seed,
        "position_s", round_to((double)r->position / r->rate, 1000), "rate_hz",
        (json_int_t)r->rate, "parameters", params_json(r), "mode",
        text_json(r->mode), "renderer", renderer_json(r), "ahead_ms",
        round_to((double)r->ahead * 1000.0 / r->rate, 1000), "load",
        round_to(r->load, 1000), "missed_frames", (json_int_t)r->missed, "midi",
        "dropped", (json_int_t)r->midi_dropped, "wrong",
        (json_int_t)r->midi_wrong, "jack", jack_json(r));
    text = root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(12))
                : NULL;
    json_decref(root);
    return text;
}
