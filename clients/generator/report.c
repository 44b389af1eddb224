// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "clients/generator/midi.h"
#include "clients/generator/osc.h"
#include "clients/telling.h"

/* json_pack() takes the parts over, whatever comes of it. */
static json_t *params_json(const struct report *r)
{
    json_t *all = json_object();

    for (int p = 0; p < PARAM_COUNT; p++) {
        const char *name = param_info((enum param)p)->name;

        if (json_object_set_new(all, name, telling_number(r->param[p], 1e6))) {
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
        "state", supply_state_name(s->state), "name", telling_text(r->renderer),
        "gpu", telling_text(s->name), "choice", telling_text(s->choice),
        "trouble", telling_text(s->trouble), "chunks", chunks_json(s),
        "failovers", (json_int_t)s->failovers, "rebuilds",
        (json_int_t)s->rebuilds, "cuts", (json_int_t)s->cuts, "gpu_ms",
        telling_ms(s->gpu_ns, -1), "took_ms", telling_ms(s->took_ns, 0),
        "cpu_ms", telling_ms(s->cpu_ns, 0), "gpu_cost_ms",
        telling_ms(s->gpu_cost_ns, 0), "cpu_cost_ms",
        telling_ms(s->cpu_cost_ns, 0), "least_ahead_ms",
        telling_ms(s->least_ahead_ns, SUPPLY_NEVER));
}

json_t *report_tree(const struct report *r)
{
    char seed[20];

    snprintf(seed, sizeof(seed), "%06" PRIx64, r->seed);
    return json_pack(
        "{s:s, s:s, s:o, s:o, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:I,"
        " s:{s:I, s:I}, s:o}",
        "program", "longwave-gen", "version", LONGWAVE_VERSION, "preset",
        telling_text(r->preset), "title", telling_text(r->title), "seed", seed,
        "position_s", telling_number((double)r->position / r->rate, 1000),
        "rate_hz", (json_int_t)r->rate, "parameters", params_json(r), "mode",
        telling_text(r->mode), "renderer", renderer_json(r), "ahead_ms",
        telling_number((double)r->ahead * 1000.0 / r->rate, 1000), "load",
        telling_number(r->load, 1000), "missed_frames", (json_int_t)r->missed,
        "midi", "dropped", (json_int_t)r->midi_dropped, "wrong",
        (json_int_t)r->midi_wrong, "jack",
        telling_jack(r->up, r->client, r->period, &r->jack));
}

/* A mode is one of the preset's, of which it has so many. */
static json_t *info_json(enum param p, uint32_t n_modes)
{
    const struct param_info *i = param_info(p);

    return json_pack("{s:s, s:f, s:f, s:f, s:s, s:b, s:s}", "name", i->name,
                     "min", i->min, "max", midi_max(p, n_modes), "default",
                     i->def, "unit", i->unit, "whole", i->whole, "help",
                     i->help);
}

void report_offers(json_t *o, const struct music *music)
{
    json_t *infos = json_array(), *modes = json_array();

    for (int p = 0; p < PARAM_COUNT; p++)
        json_array_append_new(infos, info_json((enum param)p, music->n_modes));
    json_array_append_new(modes, json_string("own"));
    for (uint32_t i = 0; i < music->n_modes; i++)
        json_array_append_new(modes, telling_text(music->mode[i].name));
    telling_put(o, "parameter_info", infos);
    telling_put(o, "modes", modes);
    telling_put(o, "fade_s", json_pack("[f, f]", OSC_FADE_MIN, OSC_FADE_MAX));
}

char *report_json(const struct report *r)
{
    json_t *root = report_tree(r);
    char *text =
        root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(12))
             : NULL;

    json_decref(root);
    return text;
}
