// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/station.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "clients/generator/osc.h"

/* The file as it is read; values that need more than a table come as nodes. */
struct file {
    struct station s;
    const struct conf_node *jack, *sink, *listen, *admin, *osc, *connect;
};

#define AT(field) offsetof(struct file, field)

static const struct conf_key top_keys[] = {
    {"title", CONF_TEXT, AT(s.title),
     .size_max = sizeof(((struct station *)0)->title),
     .help = "one line for people"},
    {"music", CONF_TEXT, AT(s.music),
     .size_max = sizeof(((struct station *)0)->music), .required = 1,
     .help = "music preset, name or path"},
    {"jack", CONF_NODE, AT(jack), .help = "server to start where none runs"},
    {"sink", CONF_NODE, AT(sink), .help = "encoding"},
    {"listen", CONF_NODE, AT(listen), .help = "listeners' ADDRESS:PORT"},
    {"admin", CONF_NODE, AT(admin), .help = "operator's ADDRESS:PORT"},
    {"osc", CONF_NODE, AT(osc),
     .help = "ADDRESS:PORT of the control by OSC, or none"},
    {"connect", CONF_NODE, AT(connect), .required = 1,
     .help = "list of cables, each [client:port, client:port]"},
    {NULL},
};

static const struct conf_key jack_keys[] = {
    {"rate", CONF_INT, AT(s.rate), .min = 8000, .max = 384000, .help = "Hz"},
    {"period", CONF_INT, AT(s.period), .min = 16, .max = 8192,
     .help = "frames per cycle"},
    {NULL},
};

static const struct conf_key sink_keys[] = {
    {"bitrate", CONF_INT, AT(s.bitrate), .min = 24, .max = 256,
     .help = "kbit/s"},
    {NULL},
};

static int read_addr(const struct conf *c, const struct conf_node *n,
                     const char *key, bool or_none, struct cli_addr *out,
                     char err[CONF_ERROR_MAX])
{
    const char *why = "not a text", *text = conf_text(n);
    if (or_none && text && strcmp(text, "none") == 0) {
        *out = (struct cli_addr){.host = ""};
        return 0;
    }
    if (text && cli_parse_addr(text, out, &why) == 0)
        return 0;
    conf_error(c, n, err,
               "key '%s': found '%s': %s; allowed: ADDRESS:PORT or "
               "[V6ADDRESS]:PORT, with numbers only%s",
               key, text ? text : "a list or mapping", why,
               or_none ? ", or none" : "");
    return -EINVAL;
}

static int read_port(const struct conf *c, const struct conf_node *n,
                     char out[STATION_PORT_MAX], char err[CONF_ERROR_MAX])
{
    const char *text = conf_text(n);
    const char *colon = text ? strchr(text, ':') : NULL;
    if (!colon || colon == text || !colon[1] ||
        strlen(text) >= STATION_PORT_MAX) {
        conf_error(c, n, err, "key 'connect': found '%s'; allowed: client:port",
                   text ? text : "a list or mapping");
        return -EINVAL;
    }
    memcpy(out, text, strlen(text) + 1);
    return 0;
}

static int read_cables(const struct conf *c, const struct conf_node *n,
                       struct station *s, char err[CONF_ERROR_MAX])
{
    uint32_t count = conf_count(c, n);
    if (conf_kind(n) != CONF_LIST || count > STATION_CABLES_MAX) {
        conf_error(c, n, err,
                   "key 'connect': allowed: a list of up to %d "
                   "cables, each [client:port, client:port]",
                   STATION_CABLES_MAX);
        return -EINVAL;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct conf_node *pair = conf_at(c, n, i);
        if (conf_kind(pair) != CONF_LIST || conf_count(c, pair) != 2) {
            conf_error(c, pair, err,
                       "key 'connect': allowed: pairs such as "
                       "[client:port, client:port]");
            return -EINVAL;
        }
        if (read_port(c, conf_at(c, pair, 0), s->cable[i].from, err) < 0 ||
            read_port(c, conf_at(c, pair, 1), s->cable[i].to, err) < 0)
            return -EINVAL;
    }
    s->n_cables = count;
    return 0;
}

int station_load(struct station *out, const char *path,
                 char err[CONF_ERROR_MAX])
{
    struct conf *c = NULL;
    struct file f = {.s = {.rate = 48000,
                           .period = 256,
                           .bitrate = 96,
                           .listen = {"127.0.0.1", 8000},
                           .admin = {"127.0.0.1", 8001},
                           .osc = {"127.0.0.1", OSC_PORT}}};
    int r = conf_load(&c, path, err);
    if (r == 0)
        r = conf_read(c, conf_root(c), top_keys, &f, err);
    if (r == 0 && f.jack)
        r = conf_read(c, f.jack, jack_keys, &f, err);
    if (r == 0 && f.sink)
        r = conf_read(c, f.sink, sink_keys, &f, err);
    if (r == 0 && f.listen)
        r = read_addr(c, f.listen, "listen", false, &f.s.listen, err);
    if (r == 0 && f.admin)
        r = read_addr(c, f.admin, "admin", false, &f.s.admin, err);
    if (r == 0 && f.osc)
        r = read_addr(c, f.osc, "osc", true, &f.s.osc, err);
    f.s.osc_wanted = f.osc != NULL;
    if (r == 0)
        r = read_cables(c, f.connect, &f.s, err);
    if (r == 0)
        *out = f.s;
    conf_free(&c);
    return r;
}
