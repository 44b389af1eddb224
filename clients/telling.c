// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/telling.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/text.h"

#define TEXT_MAX 1024

struct telling telling_read(const char *question)
{
    struct telling t = {.what = TELLING_ALL};

    if (strcmp(question, "levels") == 0)
        t.what = TELLING_LEVELS;
    else if (strcmp(question, "now") == 0)
        t.what = TELLING_NOW;
    else if (strncmp(question, "log ", 4) == 0)
        t.after = strtoull(question + 4, NULL, 10);
    return t;
}

void telling_put(json_t *o, const char *key, json_t *value)
{
    if (value)
        json_object_set_new(o, key, value);
}

json_t *telling_text(const char *text)
{
    char clean[TEXT_MAX];

    text_clean(clean, sizeof(clean), text);
    return json_string(clean);
}

json_t *telling_number(double x, double parts)
{
    return isfinite(x) ? json_real(round(x * parts) / parts) : json_null();
}

json_t *telling_ms(int64_t ns, int64_t unknown)
{
    if (ns == unknown)
        return json_null();
    return telling_number((double)ns / NS_PER_MS, 1000);
}

json_t *telling_jack(bool up, const char *name, uint32_t period,
                     const struct jclient_stats *s)
{
    return json_pack(
        "{s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}",
        "up", (int)up, "client", telling_text(name), "period_frames",
        (json_int_t)period, "xruns", (json_int_t)s->xruns, "late_cycles",
        (json_int_t)s->late, "skipped_frames", (json_int_t)s->skipped,
        "overruns", (json_int_t)s->overruns, "rejoins", (json_int_t)s->rejoins,
        "forgotten", (json_int_t)s->forgotten, "connections_waiting",
        (json_int_t)s->waiting, "dsp_ms_p99", telling_ms(s->dsp_p99_ns, -1),
        "dsp_ms_max", telling_ms(s->dsp_max_ns, -1), "dsp_load",
        telling_number(s->load, 1e5));
}

void telling_levels(json_t *o, const struct jclient_port *ports,
                    const struct gauge *g, uint32_t first)
{
    int64_t now = clock_now();

    for (uint32_t i = 0; ports[i].name; i++) {
        struct gauge_level l;
        json_t *pair = json_null();
        if (gauge_read(g, first + i, now, &l))
            pair = json_pack("[o, o]", telling_number(l.rms, 10),
                             telling_number(l.peak, 10));
        telling_put(o, ports[i].name, pair);
    }
}

json_t *telling_log(struct log_tail *t, uint64_t after)
{
    json_t *all = json_array();
    struct log_line l = {.n = after};

    while (all && t && log_tail_next(t, l.n, &l))
        json_array_append_new(
            all, json_pack("{s:I, s:I, s:s, s:s}", "n", (json_int_t)l.n,
                           "unix_ms", (json_int_t)l.unix_ms, "level",
                           log_level_names[l.level], "text", l.text));
    return all;
}

json_t *telling_begin(const char *program)
{
    return json_pack("{s:s, s:s, s:I}", "program", program, "version",
                     LONGWAVE_VERSION, "pid", (json_int_t)getpid());
}

char *telling_dump(json_t *o)
{
    char *text =
        o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;

    json_decref(o);
    return text;
}
