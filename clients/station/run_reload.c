// SPDX-License-Identifier: GPL-3.0-or-later
/* SIGHUP: the station's file is read again, and what differs is done. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/resume.h"
#include "clients/station/run_priv.h"
#include "graph/clock.h"

/* All that a file asks for, made before anything is changed. */
struct reload {
    struct programs programs;
    struct station_args beginning; /* of the generator, where it has nothing to
                                      go on from */
};

static int make_beginning(struct station_args *out, const struct order *o,
                          const struct station *s)
{
    char seed[20];
    const char *const words[] = {"--preset", s->music, "--seed", seed};
    int r = 0;

    snprintf(seed, sizeof(seed), "%" PRIx64, o->seed);
    for (size_t i = 0; r == 0 && i < sizeof(words) / sizeof(words[0]); i++)
        r = station_add(out, words[i]);
    return r;
}

/* One that is leaving is found only if nobody else has its name. */
static struct client *find(struct run *r, const char *name)
{
    struct client *leaving = NULL;

    for (uint32_t i = 0; i < r->n_clients; i++) {
        struct client *c = &r->client[i];

        if (strcmp(c->program.name, name) != 0)
            continue;
        if (!c->leaving)
            return c;
        leaving = c;
    }
    return leaving;
}

static bool has(const struct programs *p, const char *name)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (strcmp(p->program[i].name, name) == 0)
            return true;
    return false;
}

/* Whether there is room for those that are new beside those that leave. */
static bool has_room(struct run *r, const struct programs *p)
{
    uint32_t n = r->n_clients;

    for (uint32_t i = 0; i < p->n; i++)
        n += find(r, p->program[i].name) == NULL;
    return n <= sizeof(r->client) / sizeof(r->client[0]);
}

static void reload_free(struct reload **l)
{
    if (!*l)
        return;
    programs_free(&(*l)->programs);
    station_args_free(&(*l)->beginning);
    free(*l);
    *l = NULL;
}

/* Errors: -ENOMEM, -E2BIG; -EBUSY, no room. */
static int reload_make(struct reload **out, struct run *r,
                       const struct station *s)
{
    struct reload *l = calloc(1, sizeof(*l));
    int e = l ? programs_make(&l->programs, r->order, s, r->bin) : -ENOMEM;

    if (e == 0)
        e = make_beginning(&l->beginning, r->order, s);
    if (e == 0 && !has_room(r, &l->programs))
        e = -EBUSY;
    if (e < 0)
        reload_free(&l);
    *out = l;
    return e;
}

static void take_program(struct run *r, struct program *p, int64_t now)
{
    struct client *c = find(r, p->name);

    if (!c) {
        c = &r->client[r->n_clients++];
        client_init(c, p, now);
        if (r->announced)
            log_info(r->log, "%s is new in the station", c->program.name);
    } else if (c->leaving) {
        log_info(r->log, "%s is to come back", c->program.name);
        client_return(c, p, now);
    } else if (!program_same(&c->program, p)) {
        log_info(r->log, "%s has other options: started again",
                 c->program.name);
        client_restart(c, p, now);
    } else {
        c->program.required = p->required;
        if (c->state == CLIENT_GIVEN_UP)
            client_restart(c, NULL, now);
    }
}

/* Makes clients of the programs, as far as they differ from those that there
   are. Nothing can go wrong any more. */
static void take_programs(struct run *r, struct reload *l)
{
    int64_t now = clock_now();
    struct client *gen;

    for (uint32_t i = 0; i < r->n_clients; i++) {
        struct client *c = &r->client[i];
        if (c->leaving || has(&l->programs, c->program.name))
            continue;
        log_info(r->log, "%s is no part of the station any more",
                 c->program.name);
        client_leave(c, now);
    }
    for (uint32_t i = 0; i < l->programs.n; i++)
        take_program(r, &l->programs.program[i], now);
    gen = find(r, "longwave-gen");
    if (!gen || gen->leaving)
        return;
    station_args_free(&gen->beginning);
    gen->beginning = l->beginning;
    l->beginning = (struct station_args){0};
}

int reload_programs(struct run *r, const struct station *s)
{
    struct reload *l;
    int e = reload_make(&l, r, s);

    if (e == 0)
        take_programs(r, l);
    reload_free(&l);
    return e;
}

/* Its successor plays that, from where the music is. */
static void change_resume(struct client *c, const char *music)
{
    char err[RESUME_ERROR_MAX], text[RESUME_TEXT_MAX];
    struct resume now;

    if (!*c->resume || resume_read(&now, c->resume, clock_now(), err) < 0)
        return;
    snprintf(now.preset, sizeof(now.preset), "%s", music);
    if (resume_write(&now, text) == 0)
        snprintf(c->resume, sizeof(c->resume), "%s", text);
}

/* Where the generator is controlled; false: nowhere. */
static bool control_addr(const struct client *gen, struct cli_addr *out)
{
    char text[CLI_ADDR_TEXT_MAX];
    const char *why;

    snprintf(text, sizeof(text), "%.*s", (int)strcspn(gen->detail, " "),
             gen->detail);
    return cli_parse_addr(text, out, &why) == 0;
}

/* By its control, so that it is a crossfade; the answer comes to run.c. */
static int ask_for_music(struct run *r, const struct client *gen,
                         const char *music)
{
    struct cli_addr addr;
    int e = control_addr(gen, &addr) ? 0 : -ENOENT;

    if (e == 0 && !r->control)
        e = remote_open(&r->control, &addr);
    return e == 0 ? remote_send(r->control, "/longwave/preset", "s", music) : e;
}

static void change_music(struct run *r, const char *music)
{
    struct client *gen = find(r, "longwave-gen");

    if (!gen || gen->leaving || strcmp(music, r->station->music) == 0)
        return;
    change_resume(gen, music);
    log_info(r->log, "the music becomes %s", music);
    if (gen->state == CLIENT_RUNNING && ask_for_music(r, gen, music) < 0) {
        log_warn(r->log, "longwave-gen has no control: started again for the "
                         "other music");
        client_restart(gen, NULL, clock_now());
    }
    /* Who is only beginning can't be asked, and would begin with the old. */
    if (gen->state == CLIENT_STARTING)
        client_restart(gen, NULL, clock_now());
    gen->settled = gen->state == CLIENT_STOPPING;
}

/* What counts for a server that is started, not for one that runs. */
static void compare_server(const struct run *r, const struct station *s)
{
    if (r->server.own &&
        (s->rate != r->station->rate || s->period != r->station->period))
        log_warn(r->log, "'jack' counts for a server that is started; this one "
                         "runs on");
}

static int load(struct run *r, struct station **s)
{
    char *err = malloc(ORDER_ERROR_MAX);
    int e = err ? order_load(r->order, s, err) : -ENOMEM;

    if (e < 0)
        log_error(r->log, "%s", err ? err : "memory is short");
    free(err);
    return e;
}

void reload(struct run *r)
{
    struct station *s = NULL;
    int e = load(r, &s);

    if (e == 0) {
        e = reload_programs(r, s);
        if (e < 0)
            log_error(r->log, "can't take the station's programs: %s",
                      e == -EBUSY ? "too many others are still ending; send "
                                    "SIGHUP again in some seconds"
                                  : strerror(-e));
    }
    if (e < 0) {
        log_error(r->log, "the station goes on as it was");
        station_free(&s);
        return;
    }
    change_music(r, s->music);
    compare_server(r, s);
    patchbay_rules(r->bay, s->rules);
    station_free(&r->station);
    r->station = s;
    log_info(r->log, "the station's file was read again");
}
