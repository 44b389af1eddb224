// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/sink/told.h"

#include "clients/sink/inlet.h"
#include "clients/telling.h"

static json_t *levels_json(const struct told *t)
{
    json_t *o = json_object();

    for (uint32_t i = 0; i < t->n_mounts; i++) {
        const struct mount *m = &t->mounts[i];
        char name[2][INLET_PORT_MAX];
        struct jclient_port ports[3] = {{NULL}};

        for (uint32_t c = 0; c < m->n_channels; c++)
            ports[c].name = inlet_port(name[c], m->name, m->n_channels, c);
        telling_levels(o, ports, tap_gauge(m->tap), 0);
    }
    return o;
}

static json_t *mounts_json(const struct told *t)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < t->n_mounts; i++)
        json_array_append_new(
            all, json_pack("{s:s, s:I}", "name", t->mounts[i].name, "channels",
                           (json_int_t)t->mounts[i].n_channels));
    return all;
}

static json_t *everything(const struct told *t, const struct jclient *jack,
                          uint64_t after)
{
    json_t *o = telling_begin("longwave-sink");
    struct jclient_stats s;
    char name[128]; /* cut, if it is longer */

    telling_put(o, "listen", telling_text(t->listen));
    telling_put(o, "admin", telling_text(t->admin));
    telling_put(o, "mounts", mounts_json(t));
    if (jack) {
        jclient_stats(jack, &s);
        jclient_copy_name(jack, name, sizeof(name)); /* [desk] asks, too */
        telling_put(
            o, "jack",
            telling_jack(jclient_alive(jack), name, jclient_period(jack), &s));
    }
    telling_put(o, "levels", levels_json(t));
    telling_put(o, "log", telling_log(t->tail, after));
    return o;
}

char *told_text(const struct told *t, const struct jclient *jack,
                const char *question)
{
    struct telling q = telling_read(question);

    if (q.what == TELLING_LEVELS)
        return telling_dump(json_pack("{s:o}", "levels", levels_json(t)));
    return telling_dump(everything(t, jack, q.after));
}
