// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/control.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clients/generator/osc.h"
#include "clients/generator/report.h"
#include "clients/paths.h"
#include "clients/telling.h"
#include "graph/clock.h"
#include "graph/notify.h"
#include "graph/suggest.h"

#define FILE_MAX (1 << 20) /* bytes of a preset that comes by the network */

struct control {
    const struct log *log;
    struct osc *osc; /* NULL: none */
    struct engine *engine;
    struct feed *feed;
    struct music now;  /* what plays, or was asked for last */
    struct music next; /* what is being read */
    char source[PATH_MAX], next_source[PATH_MAX]; /* a name or a path, of both
                                                   */
    uint64_t seed;                                /* of now */
    int64_t since;                                /* ns, of now */
    bool waiting;  /* for the engine to have room for it... */
    double fade_s; /* ...with this crossfade */
    const struct jclient *jack;
    uint32_t rate; /* Hz */
};

static int op_set(void *ctx, enum param p, double value,
                  char err[OSC_ERROR_MAX])
{
    struct control *c = ctx;

    return engine_set(c->engine, p, value, err);
}

static double op_get(void *ctx, enum param p)
{
    return engine_get(((struct control *)ctx)->engine, p);
}

static const char *mode_name(const struct music *m, uint32_t i)
{
    if (i == 0)
        return "own";
    return i <= m->n_modes ? m->mode[i - 1].name : NULL;
}

static const char *op_mode(void *ctx, uint32_t i)
{
    return mode_name(&((struct control *)ctx)->now, i);
}

static const char *op_preset(void *ctx)
{
    return ((struct control *)ctx)->now.name;
}

static uint64_t op_seed(void *ctx)
{
    return ((struct control *)ctx)->seed;
}

static uint32_t op_presets(void *ctx, char *names[PATHS_NAMES_MAX])
{
    (void)ctx;
    return paths_names("music", names);
}

static void say_absent(const char *name, char err[OSC_ERROR_MAX])
{
    char *names[PATHS_NAMES_MAX + 1];
    uint32_t n = paths_names("music", names);
    int at = snprintf(err, OSC_ERROR_MAX, "found '%s', allowed are", name);
    const char *near;

    names[n] = NULL;
    near = suggest(name, (const char *const *)names);
    /* the list is what may be cut off */
    if (near)
        at = snprintf(err, OSC_ERROR_MAX,
                      "found '%s'; did you mean '%s'? Allowed are", name, near);
    for (uint32_t i = 0; i < n && at > 0 && at < OSC_ERROR_MAX; i++)
        at += snprintf(err + at, OSC_ERROR_MAX - (size_t)at, "%s %s",
                       i ? "," : "", names[i]);
    for (uint32_t i = 0; i < n; i++)
        free(names[i]);
}

/* Nothing that would be waited for, or has no end. */
static int check_file(const char *path, char err[OSC_ERROR_MAX])
{
    struct stat s;

    if (stat(path, &s) < 0) {
        int r = -errno;
        snprintf(err, OSC_ERROR_MAX, "%.400s: %s", path, strerror(errno));
        return r;
    }
    if (S_ISREG(s.st_mode) && s.st_size <= FILE_MAX)
        return 0;
    snprintf(err, OSC_ERROR_MAX, "%.400s: %s", path,
             S_ISREG(s.st_mode) ? "too large for a preset" : "not a file");
    return -EINVAL;
}

static int load(struct control *c, const char *name, char err[OSC_ERROR_MAX])
{
    char path[PATH_MAX], absent[4 * PATH_MAX], problem[CONF_ERROR_MAX];
    int r =
        paths_preset("music", name, path, sizeof(path), absent, sizeof(absent));

    if (r == -ENOENT)
        say_absent(name, err);
    else if (r < 0)
        snprintf(err, OSC_ERROR_MAX, "%.500s", absent);
    if (r < 0)
        return r;
    r = check_file(path, err);
    if (r < 0)
        return r;
    r = music_load(&c->next, path, problem);
    if (r < 0)
        snprintf(err, OSC_ERROR_MAX, "%s", problem);
    paths_keep(name, c->next_source, sizeof(c->next_source));
    return r;
}

static void changed(struct control *c)
{
    c->since = clock_now();
    feed_set_midi_map(c->feed, &engine_music(c->engine)->midi);
    log_info(c->log, "control: %s, seed %06" PRIx64, c->now.name, c->seed);
}

/* engine_change(), which may take longer than the watchdog waits. */
static int change(struct engine *e, const struct music *m, uint64_t seed,
                  double fade_s)
{
    int r;

    notify_watchdog_allow(ENGINE_SLOW_S * NS_PER_S);
    r = engine_change(e, m, seed, fade_s);
    notify_watchdog_allow(0);
    return r;
}

static int op_change(void *ctx, const char *preset, uint64_t seed,
                     double fade_s, char err[OSC_ERROR_MAX])
{
    struct control *c = ctx;
    int r = 0;

    if (preset) {
        seed = c->seed;
        r = load(c, preset, err);
        if (r == -EBUSY) /* of a file: not what busy means here */
            r = -EIO;
    } else {
        c->next = c->now;
        strcpy(c->next_source, c->source);
    }
    if (r < 0)
        return r;
    r = change(c->engine, &c->next, seed, fade_s);
    if (r < 0 && r != -EBUSY) {
        snprintf(err, OSC_ERROR_MAX, "%s", strerror(-r));
        return r;
    }
    c->now = c->next;
    strcpy(c->source, c->next_source);
    c->seed = seed;
    c->waiting = r == -EBUSY;
    c->fade_s = fade_s;
    if (!c->waiting)
        changed(c);
    return 0;
}

/* The wish that found no room: presets that are still being heard. */
static void retry(struct control *c)
{
    int r;

    if (!c->waiting)
        return;
    r = change(c->engine, &c->now, c->seed, c->fade_s);
    if (r == -EBUSY)
        return;
    c->waiting = false;
    if (r == 0)
        changed(c);
    else
        log_error(c->log, "control: %s: %s", c->now.name, strerror(-r));
}

static struct report report(const struct control *c)
{
    struct report r = {
        .preset = c->now.name,
        .title = c->now.title,
        .seed = c->seed,
        .position = feed_position(c->feed),
        .rate = c->rate,
        .ahead = feed_ahead(c->feed),
        .load = feed_load(c->feed),
        .missed = feed_missed(c->feed),
        .midi_dropped = feed_midi_dropped(c->feed),
        .midi_wrong = feed_midi_wrong(c->feed),
    };

    for (int p = 0; p < PARAM_COUNT; p++)
        r.param[p] = engine_get(c->engine, (enum param)p);
    r.mode = mode_name(&c->now, (uint32_t)r.param[PARAM_MODE]);
    engine_renderer_name(c->engine, r.renderer, sizeof(r.renderer));
    engine_stats(c->engine, &r.supply);
    r.up = jclient_alive(c->jack);
    r.client = jclient_name(c->jack);
    r.period = jclient_period(c->jack);
    jclient_stats(c->jack, &r.jack);
    return r;
}

static char *op_status(void *ctx)
{
    struct report r = report(ctx);

    return report_json(&r);
}

static const struct osc_ops ops = {
    .set = op_set,
    .get = op_get,
    .mode = op_mode,
    .change = op_change,
    .preset = op_preset,
    .seed = op_seed,
    .presets = op_presets,
    .status = op_status,
};

static int open_osc(struct control *c, const struct control_opts *o)
{
    struct osc_opts osc = {
        .log = o->log, .addr = o->addr, .ops = &ops, .ctx = c};
    char text[CLI_ADDR_TEXT_MAX];
    int err = osc_open(&c->osc, &osc);

    cli_format_addr(&o->addr, text);
    if (err && o->wanted)
        log_error(o->log, "--osc: can't listen at %s: %s", text,
                  strerror(-err));
    else if (err)
        log_warn(o->log,
                 "control: none, can't listen at %s: %s%s; --osc 127.0.0.1:0 "
                 "takes any free port, --osc none is silent about it",
                 text, strerror(-err),
                 err == -EADDRINUSE ? " (another longwave-gen?)" : "");
    return err;
}

int control_open(struct control **out, const struct control_opts *o)
{
    struct control *c = NULL;
    char text[CLI_ADDR_TEXT_MAX];
    int err = 0;

    *out = NULL;
    c = calloc(1, sizeof(*c));
    if (!c) {
        log_error(o->log, "control: memory is short");
        return -ENOMEM;
    }
    c->log = o->log;
    c->now = *o->music;
    paths_keep(o->preset, c->source, sizeof(c->source));
    c->seed = o->seed;
    c->since = clock_now();
    if (*o->addr.host && open_osc(c, o) < 0 && o->wanted) {
        err = -EADDRNOTAVAIL;
        goto out;
    }
    if (c->osc)
        log_info(o->log, "control: OSC at %s", control_addr(c, text));
    *out = c;
    c = NULL;
out:
    control_close(&c);
    return err;
}

void control_close(struct control **c)
{
    if (!*c)
        return;
    osc_close(&(*c)->osc);
    free(*c);
    *c = NULL;
}

void control_join(struct control *c, struct engine *engine, struct feed *feed,
                  const struct jclient *jack)
{
    if (!c)
        return;
    c->jack = jack;
    c->rate = jclient_rate(jack);
    c->engine = engine;
    c->feed = feed;
}

int control_fd(const struct control *c)
{
    return c && c->osc ? osc_fd(c->osc) : -1;
}

bool control_serve(struct control *c)
{
    if (!c)
        return false;
    retry(c);
    return c->osc && osc_serve(c->osc);
}

const char *control_preset(const struct control *c, uint64_t *seed)
{
    if (!c)
        return NULL;
    *seed = c->seed;
    return c->source;
}

static json_t *levels_json(const struct control *c)
{
    json_t *o = json_object();

    telling_levels(o, feed_ports, feed_gauge(c->feed), 0);
    return o;
}

static json_t *now_json(const struct control *c)
{
    const char *mode =
        mode_name(&c->now, (uint32_t)engine_get(c->engine, PARAM_MODE));
    char seed[20], detail[160];

    snprintf(seed, sizeof(seed), "%06" PRIx64, c->seed);
    snprintf(detail, sizeof(detail), "%s, seed %s%s%s", c->now.name, seed,
             mode && strcmp(mode, "own") != 0 ? ", mode " : "",
             mode && strcmp(mode, "own") != 0 ? mode : "");
    return json_pack(
        "{s:o, s:o, s:o, s:s, s:o}", "title", telling_text(c->now.title),
        "detail", telling_text(detail), "preset", telling_text(c->now.name),
        "seed", seed, "since_s",
        telling_number((double)(clock_now() - c->since) / NS_PER_S, 1000));
}

/* Names of the presets that can be asked for. */
static json_t *presets_json(void)
{
    char *names[PATHS_NAMES_MAX];
    uint32_t n = paths_names("music", names);
    json_t *all = json_array();

    for (uint32_t i = 0; i < n; i++) {
        json_array_append_new(all, telling_text(names[i]));
        free(names[i]);
    }
    return all;
}

/* Everything. */
static json_t *told(const struct control *c, struct log_tail *tail,
                    uint64_t after)
{
    struct report r = report(c);
    json_t *o = report_tree(&r);
    char addr[CLI_ADDR_TEXT_MAX];

    if (!o)
        return NULL;
    telling_put(o, "pid", json_integer(getpid()));
    telling_put(o, "osc",
                c->osc ? telling_text(control_addr(c, addr)) : json_null());
    telling_put(o, "levels", levels_json(c));
    telling_put(o, "now", now_json(c));
    telling_put(o, "presets", presets_json());
    report_offers(o, &c->now);
    telling_put(o, "log", telling_log(tail, after));
    return o;
}

char *control_tell(const struct control *c, const char *question,
                   struct log_tail *tail)
{
    struct telling t = telling_read(question);

    if (!c || !c->engine)
        return NULL;
    if (t.what == TELLING_LEVELS)
        return telling_dump(json_pack("{s:o}", "levels", levels_json(c)));
    if (t.what == TELLING_NOW)
        return telling_dump(json_pack("{s:o}", "now", now_json(c)));
    return telling_dump(told(c, tail, t.after));
}

const char *control_addr(const struct control *c, char out[CLI_ADDR_TEXT_MAX])
{
    struct cli_addr addr = {.host = ""};

    if (c && c->osc)
        osc_addr(c->osc, &addr);
    return cli_format_addr(&addr, out);
}
