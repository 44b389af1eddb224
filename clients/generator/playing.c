// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/playing.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/engine.h"
#include "clients/generator/feed.h"
#include "graph/clock.h"
#include "graph/jclient.h"
#include "graph/notify.h"

#define PAUSE_NS \
    (4 * NS_PER_MS)        /* after 64 OSC packets: a flood costs little */
#define STRAY_NS NS_PER_MS /* JACK's clock wanders that far */
#define TELL_NS  (200 * NS_PER_MS) /* between two looks at what is told */

/* Tells whoever started us where the music is, when that has changed. */
static void tell_state(struct playing *p)
{
    const char *preset = control_preset(p->control, &p->o->seed);
    int64_t origin = feed_origin(player_feed(p->player));
    struct resume *r = &p->now;
    char text[RESUME_TEXT_MAX];

    p->tell_at = clock_now() + TELL_NS;
    if (origin == 0)
        return;
    if (llabs(origin - r->origin_ns) > STRAY_NS)
        r->origin_ns = origin;
    r->seed = p->o->seed;
    if (!preset)
        preset = p->o->preset;
    if (strlen(preset) >= sizeof(r->preset))
        return;
    if (preset != r->preset)
        strcpy(r->preset, preset);
    for (int i = 0; i < PARAM_COUNT; i++)
        r->param[i] = engine_get(player_engine(p->player), (enum param)i);
    if (resume_write(r, text) < 0 || strcmp(text, p->told) == 0)
        return;
    strcpy(p->told, text);
    notify_state(text);
}

/* keeper_opts.refresh: the options as they would be given to begin here. */
static void refresh(void *ctx)
{
    struct playing *p = ctx;
    const char *preset = control_preset(p->control, &p->o->seed);
    double at = (double)feed_position(player_feed(p->player)) /
                jclient_rate(player_jack(p->player));

    if (preset)
        p->o->preset = preset;
    p->o->start = fmax(at, 0.0);
    settings_read(&p->o->settings, player_engine(p->player));
}

/* keeper_opts.progress */
static uint32_t progress(void *ctx, uint64_t count[WATCHDOG_COUNTS])
{
    const struct playing *p = ctx;

    count[0] = feed_turns(player_feed(p->player));
    return 1;
}

/* keeper_opts.told */
static char *told(void *ctx, const char *question)
{
    const struct playing *p = ctx;

    return control_tell(p->control, question, p->tail);
}

/* Until a signal comes (0) or something ends by itself (-errno). */
static int watch(struct playing *p)
{
    int64_t due = clock_now();
    bool more = false;
    int err = 0;

    while (!err) {
        int64_t left = due - clock_now();

        keeper_tell(&p->keeper, p->o->server,
                    jclient_name(player_jack(p->player)));
        if (left < 0)
            left = 0;
        if (more && left > PAUSE_NS)
            left = PAUSE_NS;
        if (keeper_wait(&p->keeper, left, more ? -1 : control_fd(p->control)))
            break;
        more = control_serve(p->control);
        if (clock_now() >= due) {
            due = player_tick(p->player);
            err = player_failed(p->player);
        }
        if (!err && clock_now() >= p->tell_at)
            tell_state(p);
        if (due > p->tell_at)
            due = p->tell_at;
    }
    return err;
}

/* 8192 as "8,192", for people. */
static const char *thousands(uint32_t n, char out[16])
{
    char digits[16];
    int len = snprintf(digits, sizeof(digits), "%" PRIu32, n);
    int at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

/* The detail is for longwave: the address of the control and a sentence. */
static void say_ready(const struct playing *p)
{
    const struct jclient *jack = player_jack(p->player);
    const struct engine *e = player_engine(p->player);
    char status[256], detail[320], n[16], renderer[ENGINE_NAME_MAX];
    char addr[CLI_ADDR_TEXT_MAX];
    uint32_t partials = engine_partials(e);
    uint32_t ms = (uint32_t)((uint64_t)feed_ahead(player_feed(p->player)) *
                             1000 / jclient_rate(jack));

    engine_renderer_name(e, renderer, sizeof(renderer));
    snprintf(status, sizeof(status), "%s, up to %u partials, %u ms ahead",
             renderer, partials, ms);
    snprintf(detail, sizeof(detail), "%s %s, up to %s partials, %u ms ahead",
             control_addr(p->control, addr), renderer, thousands(partials, n),
             ms);
    log_info(p->log, "playing as %s; patch mix_L and mix_R into something",
             jclient_name(jack));
    notify_ready(status, detail);
}

/* player_opts.prepare */
static void prepare_engine(void *ctx, struct engine *engine)
{
    struct playing *p = ctx;

    char err[PARAM_ERROR_MAX];

    settings_apply(&p->o->settings, engine);
    for (int i = 0; p->o->resume && i < PARAM_COUNT; i++)
        if (p->now.param[i] != param_info((enum param)i)->def)
            engine_set(engine, (enum param)i, p->now.param[i], err);
}

/* player_opts.changed */
static void changed(void *ctx, struct engine *engine, struct feed *feed)
{
    struct playing *p = ctx;

    control_join(p->control, engine, feed, player_jack(p->player));
}

int playing_run(struct playing *p, const struct music *m, bool osc_given)
{
    const struct options *o = p->o;
    struct player_opts player = {.log = p->log,
                                 .name = o->name,
                                 .server = o->server,
                                 .ahead_ms = o->ahead,
                                 .start_s = o->start,
                                 .resumes = o->resume != NULL,
                                 .origin_ns = p->now.origin_ns,
                                 .changed = changed,
                                 .prepare = prepare_engine,
                                 .ctx = p};
    struct control_opts control = {.log = p->log,
                                   .addr = o->osc,
                                   .wanted = osc_given,
                                   .music = m,
                                   .preset = o->preset,
                                   .seed = o->seed};
    int err;

    options_engine(o, m, &player.engine);
    err = player_open(&p->player, &player);
    if (!err)
        err = control_open(&p->control, &control);
    if (!err)
        err = player_start(p->player);
    if (!err)
        err = keeper_ready(&p->keeper, m->title);
    if (err)
        goto out;
    say_ready(p);
    err = watch(p);
    notify_stopping();
out:
    control_close(&p->control);
    player_close(&p->player);
    if (err == -EHOSTDOWN || err == -EADDRNOTAVAIL)
        return EXIT_ABSENT;
    return err ? EXIT_RUNNING : EXIT_OK;
}

int playing_begin(struct playing *p, const struct log *log, struct options *o,
                  struct cli_program *program)
{
    struct keeper_opts opts = {
        .log = log,
        .program = program,
        .state = o->state,
        .name = &o->name,
        .changes = true,
        .refresh = refresh,
        .progress = progress,
        .told = told,
        .ctx = p,
    };

    p->log = log;
    p->o = o;
    return keeper_begin(&p->keeper, &opts);
}
