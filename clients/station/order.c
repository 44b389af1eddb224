// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/order.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "clients/generator/music.h"
#include "clients/paths.h"

static int find_music(const char *name, char err[ORDER_ERROR_MAX])
{
    char path[PATH_MAX], problem[CONF_ERROR_MAX];
    struct music m;
    int r =
        paths_preset("music", name, path, sizeof(path), err, ORDER_ERROR_MAX);

    if (r < 0)
        return r;
    r = music_load(&m, path, problem);
    if (r < 0)
        snprintf(err, ORDER_ERROR_MAX, "%s", problem);
    return r;
}

/* What the command line says instead. */
static int take_over(const struct order *o, struct station *s)
{
    int r = 0;

    if (o->listen)
        s->listen = *o->listen;
    if (o->admin)
        s->admin = *o->admin;
    if (o->osc) {
        s->osc = *o->osc;
        s->osc_wanted = true;
    }
    if (o->music)
        snprintf(s->music, sizeof(s->music), "%s", o->music);
    if (o->renderer) { /* of an option that comes twice the last one counts */
        r = station_add(&s->generator.options, "--renderer");
        if (r == 0)
            r = station_add(&s->generator.options, o->renderer);
    }
    return r;
}

int order_load(const struct order *o, struct station **out,
               char err[ORDER_ERROR_MAX])
{
    char path[PATH_MAX], problem[CONF_ERROR_MAX];
    int r = paths_preset("stations", o->name, path, sizeof(path), err,
                         ORDER_ERROR_MAX);

    *out = NULL;
    if (r < 0)
        return r == -ENOMEM ? r : -EINVAL;
    r = station_load(out, path, problem);
    if (r < 0) {
        snprintf(err, ORDER_ERROR_MAX, "%s", problem);
        return r == -ENOMEM ? r : -EINVAL;
    }
    if (o->music && strlen(o->music) >= sizeof((*out)->music)) {
        snprintf(err, ORDER_ERROR_MAX,
                 "--preset: found %zu bytes; allowed: at most %zu",
                 strlen(o->music), sizeof((*out)->music) - 1);
        r = -EINVAL;
    }
    if (r == 0 && take_over(o, *out) < 0) {
        snprintf(err, ORDER_ERROR_MAX, "memory is short");
        r = -ENOMEM;
    }
    if (r == 0 && (*out)->generator.on)
        r = find_music((*out)->music, err);
    if (r < 0)
        station_free(out);
    return r == 0 || r == -ENOMEM ? r : -EINVAL;
}

/* Words until NULL. */
static int add(struct station_args *a, const char *const *words)
{
    int r = 0;

    while (*words && r == 0)
        r = station_add(a, *words++);
    return r;
}

static int add_all(struct station_args *a, const struct station_args *from)
{
    return from->n ? add(a, (const char *const *)from->arg) : 0;
}

/* One of ours, with what all of them are told. */
static int make_own(struct programs *out, enum program_kind kind,
                    const char *name, const struct order *o, const char *bin,
                    const struct station_program *from,
                    const char *const *options)
{
    struct program *p = &out->program[out->n];
    const char *const common[] = {"--log-level", o->log_level,
                                  o->server ? "--server" : NULL, o->server,
                                  NULL};
    char path[PATH_MAX];
    int r;

    if (!from->on)
        return 0;
    out->n++;
    p->kind = kind;
    p->required = true;
    snprintf(p->name, sizeof(p->name), "%s", name);
    snprintf(path, sizeof(path), "%s%s", bin, name);
    r = station_add(&p->argv, path);
    if (r == 0)
        r = add(&p->argv, options);
    if (r == 0)
        r = add_all(&p->argv, &from->options);
    return r == 0 ? add(&p->argv, common) : r;
}

static int make_other(struct programs *out, const struct station_client *from)
{
    struct program *p = &out->program[out->n++];

    p->kind = PROGRAM_OTHER;
    p->required = from->required;
    snprintf(p->name, sizeof(p->name), "%s", from->name);
    return add_all(&p->argv, &from->run);
}

int programs_make(struct programs *out, const struct order *o,
                  const struct station *s, const char *bin)
{
    char listen[CLI_ADDR_TEXT_MAX], admin[CLI_ADDR_TEXT_MAX],
        osc[CLI_ADDR_TEXT_MAX];
    const char *const sink[] = {"--listen", cli_format_addr(&s->listen, listen),
                                "--admin", cli_format_addr(&s->admin, admin),
                                NULL};
    const char *const master[] = {NULL};
    /* the default is only tried: without it the music plays all the same */
    const char *const gen[] = {s->osc_wanted ? "--osc" : NULL,
                               cli_format_addr(&s->osc, osc), NULL};
    int r;

    memset(out, 0, sizeof(*out));
    r = make_own(out, PROGRAM_SINK, "longwave-sink", o, bin, &s->sink, sink);
    if (r == 0)
        r = make_own(out, PROGRAM_MASTER, "longwave-master", o, bin, &s->master,
                     master);
    if (r == 0)
        r = make_own(out, PROGRAM_GEN, "longwave-gen", o, bin, &s->generator,
                     gen);
    for (uint32_t i = 0; i < s->n_clients && r == 0; i++)
        r = make_other(out, &s->client[i]);
    if (r < 0)
        programs_free(out);
    return r;
}

void programs_free(struct programs *p)
{
    while (p->n > 0)
        station_args_free(&p->program[--p->n].argv);
}

bool program_same(const struct program *a, const struct program *b)
{
    bool same = a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
                a->argv.n == b->argv.n;

    for (uint32_t i = 0; same && i < a->argv.n; i++)
        same = strcmp(a->argv.arg[i], b->argv.arg[i]) == 0;
    return same;
}
