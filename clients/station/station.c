// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/station.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/osc.h"
#include "clients/paths.h"
#include "clients/station/station_priv.h"

/* The file as it is read; values that need more than a table come as nodes. */
struct file {
    struct station s;
    const struct conf_node *jack, *generator, *master, *sink, *listen, *admin,
        *osc, *clients, *connect, *exclusive;
};

/* One of `clients`, likewise. */
struct client_file {
    struct station_client c;
    const struct conf_node *run;
};

#define AT(field)         offsetof(struct file, field)
#define SIZE(type, field) sizeof(((struct type *)0)->field)

static const char *const switch_words[] = {"false", "true", NULL};

static const struct conf_key top_keys[] = {
    {"title", CONF_TEXT, AT(s.title), .size_max = SIZE(station, title),
     .help = "one line for people"},
    {"music", CONF_TEXT, AT(s.music), .size_max = SIZE(station, music),
     .help = "music preset, name or path"},
    {"jack", CONF_NODE, AT(jack), .help = "server to start where none runs"},
    {"generator", CONF_NODE, AT(generator),
     .help = "none, or options of longwave-gen"},
    {"master", CONF_NODE, AT(master),
     .help = "none, or options of longwave-master"},
    {"sink", CONF_NODE, AT(sink), .help = "none, or options of longwave-sink"},
    {"listen", CONF_NODE, AT(listen), .help = "listeners' ADDRESS:PORT"},
    {"admin", CONF_NODE, AT(admin), .help = "operator's ADDRESS:PORT"},
    {"osc", CONF_NODE, AT(osc),
     .help = "ADDRESS:PORT of the control by OSC, or none"},
    {"watchdog", CONF_REAL, AT(s.watchdog), .min = 0, .max = 3600,
     .help = "s of silence after which a client is restarted, 0: never"},
    {"clients", CONF_NODE, AT(clients),
     .help = "list of other programs to start and restart"},
    {"connect", CONF_NODE, AT(connect), .required = 1,
     .help = "list of cables, each [client:port, client:port], or []"},
    {"exclusive", CONF_NODE, AT(exclusive),
     .help = "clients without other cables, or graph"},
    {NULL},
};

static const struct conf_key jack_keys[] = {
    {"rate", CONF_INT, AT(s.rate), .min = 8000, .max = 384000, .help = "Hz"},
    {"period", CONF_INT, AT(s.period), .min = 16, .max = 8192,
     .help = "frames per cycle"},
    {NULL},
};

static const struct conf_key client_keys[] = {
    {"name", CONF_TEXT, offsetof(struct client_file, c.name),
     .size_max = STATION_NAME_MAX, .required = 1, .help = "for people"},
    {"run", CONF_NODE, offsetof(struct client_file, run), .required = 1,
     .help = "list: the program and its arguments"},
    {"required", CONF_ENUM, offsetof(struct client_file, c.required),
     .choices = switch_words, .help = "no station without it"},
    {NULL},
};

const struct conf_key *station_keys(uint32_t i, const char **name)
{
    static const char *const names[] = {"top",       "jack",   "clients",
                                        "generator", "master", "sink"};

    if (i >= sizeof(names) / sizeof(names[0]))
        return NULL;
    *name = names[i];
    return i == 0   ? top_keys
           : i == 1 ? jack_keys
           : i == 2 ? client_keys
                    : section_keys(names[i]);
}

int station_add(struct station_args *a, const char *word)
{
    if (a->n + 1 >= STATION_ARGS_MAX)
        return -E2BIG;
    a->arg[a->n] = strdup(word);
    if (!a->arg[a->n])
        return -ENOMEM;
    a->arg[++a->n] = NULL;
    return 0;
}

void station_args_free(struct station_args *a)
{
    while (a->n > 0)
        free(a->arg[--a->n]);
}

static int read_addr(const struct conf *c, const struct conf_node *n,
                     const char *key, bool or_none, struct cli_addr *out,
                     char err[CONF_ERROR_MAX])
{
    const char *why = "not a text", *text = n ? conf_text(n) : NULL;

    if (!n)
        return 0;
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

/* Of text that is a relative path: as seen from the folder of the file at path.
   Errors: -ENAMETOOLONG. */
static int from_file(char *out, size_t size, const char *path, const char *text)
{
    const char *slash = strrchr(path, '/');
    int dir = slash && text[0] != '/' ? (int)(slash + 1 - path) : 0;
    int n = snprintf(out, size, "%.*s%s", dir, path, text);

    return n >= 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

static int read_run(struct station_client *out, const struct conf *c,
                    const struct conf_node *n, const char *path,
                    char err[CONF_ERROR_MAX])
{
    uint32_t count = conf_kind(n) == CONF_LIST ? conf_count(c, n) : 0;
    int r = count >= 1 && count < STATION_ARGS_MAX ? 0 : -EINVAL;

    for (uint32_t i = 0; i < count && r == 0; i++) {
        const char *text = conf_text(conf_at(c, n, i));
        char program[STATION_MUSIC_MAX];

        if (!text || (i == 0 && !*text))
            r = -EINVAL;
        else if (i == 0 && strchr(text, '/'))
            r = from_file(program, sizeof(program), path, text);
        if (r == 0)
            r = station_add(&out->run,
                            i == 0 && strchr(text, '/') ? program : text);
    }
    if (r < 0 && r != -ENOMEM) {
        conf_error(c, n, err,
                   "key 'run': allowed: a list of 1 to %d texts, the program "
                   "and its arguments, as in [zita-rev1, -B]",
                   STATION_ARGS_MAX - 1);
        r = -EINVAL;
    }
    return r;
}

static bool is_taken(const struct station *s, const char *name)
{
    static const char *const ours[] = {"jackd", "longwave-gen",
                                       "longwave-master", "longwave-sink"};

    for (uint32_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (strcmp(name, ours[i]) == 0)
            return true;
    for (uint32_t i = 0; i < s->n_clients; i++)
        if (strcmp(name, s->client[i].name) == 0)
            return true;
    return false;
}

static int read_client(struct station *s, const struct conf *c,
                       const struct conf_node *n, const char *path,
                       char err[CONF_ERROR_MAX])
{
    struct client_file f = {.run = NULL};
    int r = conf_read(c, n, client_keys, &f, err);

    if (r == 0 && (!f.c.name[0] || is_taken(s, f.c.name))) {
        conf_error(c, n, err,
                   "key 'name': found '%s'; allowed: a name that no other "
                   "program of the station has",
                   f.c.name);
        r = -EINVAL;
    }
    if (r == 0)
        r = read_run(&f.c, c, f.run, path, err);
    s->client[s->n_clients++] = f.c; /* also what is half read: to be freed */
    return r;
}

static int read_clients(struct station *s, const struct conf *c,
                        const struct conf_node *n, const char *path,
                        char err[CONF_ERROR_MAX])
{
    uint32_t count = n && conf_kind(n) == CONF_LIST ? conf_count(c, n) : 0;
    int r = 0;

    if (n && (conf_kind(n) != CONF_LIST || count > STATION_CLIENTS_MAX)) {
        conf_error(c, n, err,
                   "key 'clients': allowed: a list of up to %d programs, each "
                   "{name: NAME, run: [PROGRAM, ARGUMENT...]}",
                   STATION_CLIENTS_MAX);
        return -EINVAL;
    }
    for (uint32_t i = 0; i < count && r == 0; i++)
        r = read_client(s, c, conf_at(c, n, i), path, err);
    return r;
}

/* A name, or a path that becomes one from here. */
static int read_music(struct station *s, const struct conf *c, const char *path,
                      char err[CONF_ERROR_MAX])
{
    char text[STATION_MUSIC_MAX];

    if (s->generator.on && !*s->music) {
        conf_error(c, conf_root(c), err,
                   "key 'music' is missing (music preset, name or path; not "
                   "needed with 'generator: none')");
        return -EINVAL;
    }
    if (!paths_is_path(s->music))
        return 0;
    if (from_file(text, sizeof(text), path, s->music) < 0) {
        conf_error(c, conf_root(c), err,
                   "key 'music': found a path that is too long; allowed: at "
                   "most %d bytes with the folder",
                   STATION_MUSIC_MAX - 1);
        return -EINVAL;
    }
    strcpy(s->music, text);
    return 0;
}

static int read_file(struct file *f, const struct conf *c, const char *path,
                     char err[CONF_ERROR_MAX])
{
    struct station *s = &f->s;
    int r = conf_read(c, conf_root(c), top_keys, f, err);

    if (r == 0 && f->jack)
        r = conf_read(c, f->jack, jack_keys, f, err);
    if (r == 0)
        r = section_read(&s->generator, c, f->generator, "generator", err);
    if (r == 0)
        r = section_read(&s->master, c, f->master, "master", err);
    if (r == 0)
        r = section_read(&s->sink, c, f->sink, "sink", err);
    if (r == 0)
        r = read_addr(c, f->listen, "listen", false, &s->listen, err);
    if (r == 0)
        r = read_addr(c, f->admin, "admin", false, &s->admin, err);
    if (r == 0)
        r = read_addr(c, f->osc, "osc", true, &s->osc, err);
    s->osc_wanted = f->osc != NULL;
    if (r == 0)
        r = read_music(s, c, path, err);
    if (r == 0)
        r = read_clients(s, c, f->clients, path, err);
    if (r == 0)
        r = rules_read(&s->rules, c, f->connect, f->exclusive, err);
    return r;
}

static void fini(struct station *s)
{
    station_args_free(&s->generator.options);
    station_args_free(&s->master.options);
    station_args_free(&s->sink.options);
    for (uint32_t i = 0; i < s->n_clients; i++)
        station_args_free(&s->client[i].run);
    rules_free(&s->rules);
}

int station_load(struct station **out, const char *path,
                 char err[CONF_ERROR_MAX])
{
    struct conf *c = NULL;
    struct file *f = calloc(1, sizeof(*f));
    int r = f ? 0 : -ENOMEM;

    *out = r == 0 ? calloc(1, sizeof(**out)) : NULL;
    if (!*out) {
        snprintf(err, CONF_ERROR_MAX, "%s: memory is short", path);
        r = -ENOMEM;
        goto out;
    }
    f->s = (struct station){.rate = 48000,
                            .period = 256,
                            .watchdog = 10,
                            .listen = {"127.0.0.1", 8000},
                            .admin = {"127.0.0.1", 8001},
                            .osc = {"127.0.0.1", OSC_PORT}};
    r = conf_load(&c, path, err);
    if (r == 0)
        r = read_file(f, c, path, err);
    **out = f->s;
out:
    if (r < 0)
        station_free(out);
    conf_free(&c);
    free(f);
    return r;
}

void station_free(struct station **s)
{
    if (!*s)
        return;
    fini(*s);
    free(*s);
    *s = NULL;
}
