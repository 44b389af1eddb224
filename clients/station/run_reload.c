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

/* How the generator begins where it has nothing to go on from. */
static int set_beginning(struct client *c, const struct order *o,
                         const struct station *s)
{
    char seed[20];
    int r;

    station_args_free(&c->beginning);
    snprintf(seed, sizeof(seed), "%" PRIx64, o->seed);
    r = station_add(&c->beginning, "--preset");
    if (r == 0)
        r = station_add(&c->beginning, s->music);
    if (r == 0)
        r = station_add(&c->beginning, "--seed");
    return r == 0 ? station_add(&c->beginning, seed) : r;
}

static struct client *find(struct run *r, const char *name)
{
    for (uint32_t i = 0; i < r->n_clients; i++)
        if (!r->client[i].leaving &&
            strcmp(r->client[i].program.name, name) == 0)
            return &r->client[i];
    return NULL;
}

static bool has(const struct programs *p, const char *name)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (strcmp(p->program[i].name, name) == 0)
            return true;
    return false;
}

static void take_program(struct run *r, struct program *p,
                         const struct station *s, int64_t now)
{
    struct client *c = find(r, p->name);

    if (!c) {
        c = &r->client[r->n_clients++];
        client_init(c, p, now);
        if (r->announced)
            log_info(r->log, "%s is new in the station", c->program.name);
        if (c->program.kind == PROGRAM_GEN)
            set_beginning(c, r->order, s); /* else its own defaults */
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

int reload_programs(struct run *r, struct station *s)
{
    int64_t now = clock_now();
    struct programs *all = calloc(1, sizeof(*all));
    int e = all ? programs_make(all, r->order, s, r->bin) : -ENOMEM;

    if (e == 0 &&
        r->n_clients + all->n > sizeof(r->client) / sizeof(r->client[0]))
        e = -EBUSY; /* many are still leaving */
    for (uint32_t i = 0; e == 0 && i < r->n_clients; i++) {
        struct client *c = &r->client[i];
        if (c->leaving || has(all, c->program.name))
            continue;
        log_info(r->log, "%s is no part of the station any more",
                 c->program.name);
        client_leave(c, now);
    }
    for (uint32_t i = 0; e == 0 && i < all->n; i++)
        take_program(r, &all->program[i], s, now);
    if (all)
        programs_free(all);
    free(all);
    return e;
}

/* Its successor plays that, from where the music is. */
static void change_resume(struct client *c, const char *music)
{
    char err[RESUME_ERROR_MAX], text[RESUME_TEXT_MAX];
    struct resume now;

    if (!*c->resume || resume_read(&now, c->resume, err) < 0)
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

static void change_music(struct run *r, const struct station *s)
{
    struct client *gen = find(r, "longwave-gen");

    if (!gen || strcmp(s->music, r->station->music) == 0)
        return;
    set_beginning(gen, r->order, s);
    change_resume(gen, s->music);
    if (gen->state != CLIENT_RUNNING)
        return;
    log_info(r->log, "the music becomes %s", s->music);
    if (ask_for_music(r, gen, s->music) < 0) {
        log_warn(r->log, "longwave-gen has no control: started again for the "
                         "other music");
        client_restart(gen, NULL, clock_now());
    }
}

void reload(struct run *r)
{
    char *err = malloc(ORDER_ERROR_MAX);
    struct station *s = NULL, *old = r->station;
    int e = err ? order_load(r->order, &s, err) : -ENOMEM;

    if (e < 0) {
        log_error(r->log, "%s", err ? err : "memory is short");
        log_error(r->log, "the station goes on as it was");
        goto out;
    }
    change_music(r, s);
    e = reload_programs(r, s);
    if (e < 0) {
        log_error(r->log, "can't take the station's programs: %s",
                  strerror(-e));
        goto out;
    }
    if (r->server.own && (s->rate != old->rate || s->period != old->period))
        log_warn(r->log, "'jack' counts for a server that is started; this one "
                         "runs on");
    patchbay_rules(r->bay, s->rules);
    r->station = s;
    s = old;
    log_info(r->log, "the station's file was read again");
out:
    station_free(&s);
    free(err);
}
