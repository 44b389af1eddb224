// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/status.h"

#include <jansson.h>
#include <math.h>

#include "graph/text.h"

/* Figures are rounded here, so that they read as what they are. */
static double round_to(double x, double parts)
{
    return round(x * parts) / parts;
}

static json_t *jack_json(const struct status *s)
{
    char name[256];

    text_clean(name, sizeof(name), jclient_name(s->jack));
    return json_pack("{s:s, s:I, s:I, s:I, s:I}", "client", name, "rate_hz",
                     (json_int_t)jclient_rate(s->jack), "period_frames",
                     (json_int_t)jclient_period(s->jack), "xruns",
                     (json_int_t)jclient_xruns(s->jack), "lost_frames",
                     (json_int_t)tap_lost(s->mount->tap));
}

static json_t *mount_json(const struct status *s, uint32_t n_listeners)
{
    const struct mount *m = s->mount;
    struct encoder_stats e;
    uint64_t first, end;

    encoder_stats(m->encoder, &e);
    hub_range(m->hub, &first, &end);
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:f, s:I}", "name",
                     m->name, "channels", (json_int_t)m->n_channels,
                     "bitrate_kbps", (json_int_t)m->kbps, "packets",
                     (json_int_t)e.packets, "seq", (json_int_t)end,
                     "filled_frames", (json_int_t)e.filled, "encode_ms_per_s",
                     round_to(s->encode_ms_per_s, 1000), "listeners",
                     (json_int_t)n_listeners);
}

static json_t *listener_json(const struct listener_stats *l)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:f, s:I, s:I, s:f, s:I}", "id",
                     (json_int_t)l->id, "address", l->address, "agent",
                     l->agent, "mount", l->mount, "container", "ogg", "seconds",
                     round_to(l->seconds, 1000), "bytes", (json_int_t)l->bytes,
                     "packets", (json_int_t)l->packets, "lag_s",
                     round_to(l->lag_s, 1000), "skips", (json_int_t)l->skips);
}

static json_t *listeners_json(const struct status *s, uint32_t n)
{
    json_t *all = json_array();
    struct listener_stats l;

    for (uint32_t i = 0; i < n; i++) {
        audience_stats(s->audience, i, &l);
        if (json_array_append_new(all, listener_json(&l))) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

char *status_json(const struct status *s)
{
    struct audience_totals t;

    audience_totals(s->audience, &t);
    /* json_pack() takes the parts over, whatever comes of it. */
    json_t *root =
        json_pack("{s:s, s:f, s:o, s:[o], s:o, s:{s:I, s:I, s:I}}", "version",
                  LONGWAVE_VERSION, "uptime_s", round_to(s->uptime_s, 1000),
                  "jack", jack_json(s), "mounts", mount_json(s, t.listeners),
                  "listeners", listeners_json(s, t.listeners), "totals",
                  "listeners", (json_int_t)t.listeners, "listeners_ever",
                  (json_int_t)t.ever, "bytes", (json_int_t)t.bytes);
    char *text =
        root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(12))
             : NULL;
    json_decref(root);
    return text;
}
