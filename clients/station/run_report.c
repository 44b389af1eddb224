// SPDX-License-Identifier: GPL-3.0-or-later
/* A running station as JSON, the unit in each name. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clients/station/run_priv.h"
#include "clients/telling.h"
#include "graph/clock.h"
#include "graph/text.h"

#define MISSING_MAX 16 /* of who is waited for */

static double seconds(int64_t ns)
{
    return round((double)ns / NS_PER_MS) / 1000.0;
}

static json_t *clean(const char *text)
{
    char out[STATION_MUSIC_MAX];

    text_clean(out, sizeof(out), text);
    return json_string(out);
}

static json_t *client_json(const struct client *c, int64_t now)
{
    char how[32];
    json_t *o = json_pack(
        "{s:o, s:s, s:b, s:I, s:f}", "name", clean(c->program.name), "state",
        client_state_word(c->state), "required", c->program.required,
        "restarts", (json_int_t)(c->starts > 0 ? c->starts - 1 : 0),
        "state_for_s", seconds(now - c->since));

    if (c->proc) {
        json_object_set_new(o, "pid", json_integer(proc_pid(c->proc)));
        json_object_set_new(o, "says", clean(proc_status(c->proc)));
    }
    if (c->state == CLIENT_WAITING && c->due > now && c->due != RUN_NEVER)
        json_object_set_new(o, "next_start_s",
                            json_real(seconds(c->due - now)));
    if (c->code != 0) {
        json_object_set_new(o, "last_end",
                            json_string(client_code_word(c->code, how)));
        json_object_set_new(o, "last_words", clean(c->words));
    }
    return o;
}

static json_t *clients_json(const struct run *r, int64_t now)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < r->n_clients; i++)
        json_array_append_new(all, client_json(&r->client[i], now));
    return all;
}

static json_t *server_json(const struct run *r, int64_t now)
{
    const struct run_server *s = &r->server;
    json_t *o = json_pack(
        "{s:o, s:b, s:b, s:b, s:f, s:I, s:I, s:I}", "name",
        clean(run_server_name(r)), "own", s->own, "there", s->there, "answers",
        !patchbay_still(r->bay), "state_for_s", seconds(now - s->since),
        "rate_hz", (json_int_t)patchbay_rate(r->bay), "period_frames",
        (json_int_t)patchbay_period(r->bay), "restarts",
        (json_int_t)(s->own && s->starts > 0 ? s->starts - 1 : 0));

    if (s->keeper)
        json_object_set_new(o, "keeper_pid", json_integer(proc_pid(s->keeper)));
    return o;
}

static json_t *patch_json(const struct run *r)
{
    const struct plan *p =
        patchbay_joined(r->bay) ? patchbay_plan(r->bay) : NULL;
    json_t *missing = json_array();

    for (uint32_t i = 0; p && i < p->n; i++)
        if (p->cable[i].state == PLAN_WAITING && p->cable[i].missing &&
            json_array_size(missing) < MISSING_MAX)
            json_array_append_new(missing, clean(p->cable[i].missing));
    if (!p) {
        json_decref(missing);
        return json_null();
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "present",
                     (json_int_t)p->count[PLAN_PRESENT], "to_add",
                     (json_int_t)p->count[PLAN_ADD], "to_remove",
                     (json_int_t)p->count[PLAN_REMOVE], "waiting",
                     (json_int_t)p->count[PLAN_WAITING], "pulled",
                     (json_int_t)p->count[PLAN_PULLED], "foreign",
                     (json_int_t)p->count[PLAN_FOREIGN], "missing", missing);
}

/* The first or second word of what a client said when it was ready. */
static json_t *word(const struct run *r, enum program_kind kind, int i)
{
    const struct client *c = run_client(r, kind);
    const char *at = c ? c->detail : "";
    char text[PROC_DETAIL_MAX];

    while (i-- > 0)
        at += strcspn(at, " ") + (at[strcspn(at, " ")] == ' ');
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(at, " "), at);
    return *text ? clean(text) : json_null();
}

char *run_report(const struct run *r, const char *question)
{
    int64_t now = clock_now();
    json_t *o = json_pack(
        "{s:s, s:s, s:I, s:o, s:o, s:f, s:b, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o}",
        "program", "longwave", "version", LONGWAVE_VERSION, "pid",
        (json_int_t)getpid(), "file", clean(r->order->name), "title",
        clean(r->station->title), "uptime_s", seconds(now - r->began),
        "playing", r->playing, "server", server_json(r, now), "clients",
        clients_json(r, now), "patch", patch_json(r), "listen",
        word(r, PROGRAM_SINK, 0), "admin", word(r, PROGRAM_SINK, 1), "osc",
        word(r, PROGRAM_GEN, 0), "log",
        telling_log(r->log->tail, telling_read(question).after));
    char operate[RUN_URL_MAX];
    /* Only to who asks for it: the operator's page shows what else is told, to
       who may look but give no orders. */
    if (strcmp(question, RUN_OPERATE) == 0 && run_operate(r, operate))
        json_object_set_new(o, "operate", json_string(operate));
    char *text =
        o ? json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) : NULL;

    json_decref(o);
    return text;
}
