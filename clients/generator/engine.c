// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/engine.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/reverb.h"
#include "clients/generator/score.h"
#include "clients/generator/supply_means.h"
#include "graph/clock.h"

#define SETTLE_NS (30 * NS_PER_S)

struct engine {
    const struct log *log;
    const struct music *music;
    double wanted[PARAM_COUNT];
    uint32_t rate;    /* Hz */
    int64_t warm_up;  /* frames until the room has forgotten its past */
    int64_t position; /* absolute frame of the next chunk */
    int64_t filled;   /* of the next scene */
    struct scene_limits max;
    struct score *score;
    struct buses *dry;
    struct reverb *reverb;
    struct supply_means *means;
    struct supply *supply;
};

static int open_supply(struct engine *e, const struct engine_opts *o)
{
    static const enum supply_want wants[] = {[ENGINE_AUTO] = SUPPLY_AUTO,
                                             [ENGINE_VULKAN] = SUPPLY_VULKAN,
                                             [ENGINE_CPU] = SUPPLY_CPU_ONLY};
    struct supply_means_opts means = {.cpu = {.log = o->log,
                                              .max = e->max,
                                              .simd = o->simd,
                                              .threads = o->threads},
                                      .worker = {.gpu = o->gpu}};
    struct supply_opts supply = {.log = o->log,
                                 .limits = e->max,
                                 .rate = o->rate,
                                 .want = wants[o->renderer],
                                 .offline = o->offline,
                                 .thin = o->thin,
                                 .margin_ns = o->margin_ns,
                                 .seed = o->seed,
                                 .ops = &supply_means_ops};
    int err = supply_means_open(&e->means, &means);

    if (err)
        return err;
    supply.ctx = e->means;
    err = supply_new(&e->supply, &supply);
    if (err || o->renderer != ENGINE_VULKAN)
        return err;
    /* who demands it wants to know whether it is there */
    err = supply_settle(e->supply, SETTLE_NS);
    if (err)
        log_error(o->log, "no usable Vulkan device (%s)", strerror(-err));
    return err ? -ENODEV : 0;
}

static int init(struct engine *e, const struct engine_opts *o)
{
    const struct music *m = o->music;
    double t60 = fmax(m->room.t60_low, fmax(m->room.t60_mid, m->room.t60_high));
    int err;

    e->log = o->log;
    e->music = m;
    for (int p = 0; p < PARAM_COUNT; p++)
        e->wanted[p] = param_info((enum param)p)->def;
    e->rate = o->rate;
    e->warm_up = (int64_t)(t60 * 100.0 / 60.0 * o->rate);
    music_bounds(m, &e->max);
    e->dry = calloc(1, sizeof(*e->dry));
    if (!e->dry)
        return -ENOMEM;
    err = score_new(&e->score, m, o->seed, o->rate);
    if (!err)
        err = reverb_new(&e->reverb, &m->room, o->rate);
    return err;
}

int engine_new(struct engine **out, const struct engine_opts *o)
{
    struct engine *e = NULL;
    int err = -EINVAL;

    *out = NULL;
    if (o->rate == 0)
        goto out;
    err = -ENOMEM;
    e = calloc(1, sizeof(*e));
    if (!e)
        goto out;
    err = init(e, o);
    if (!err)
        err = open_supply(e, o);
    if (err)
        goto out;
    *out = e;
    e = NULL;
out:
    if (err && err != -ENODEV)
        log_error(o->log, "cannot make the sound engine: %s", strerror(-err));
    engine_free(&e);
    return err;
}

void engine_free(struct engine **e)
{
    if (!*e)
        return;
    supply_free(&(*e)->supply);
    supply_means_close(&(*e)->means);
    reverb_free(&(*e)->reverb);
    score_free(&(*e)->score);
    free((*e)->dry);
    free(*e);
    *e = NULL;
}

/* The chunk that contains frame n starts there. */
static int64_t chunk_start(int64_t n)
{
    int64_t over = n % SCENE_CHUNK;
    return n - (over < 0 ? over + SCENE_CHUNK : over);
}

int engine_seek(struct engine *e, int64_t n, double seconds)
{
    float mix[SCENE_CHUNK * 2];
    int64_t target = chunk_start(n);
    int64_t before = (int64_t)fmin(seconds * e->rate, (double)e->warm_up);

    reverb_clear(e->reverb);
    supply_flush(e->supply);
    e->position = e->filled = chunk_start(target - before);
    while (e->position < target) {
        int err = engine_chunk(e, mix);
        if (err)
            return err;
    }
    return 0;
}

void engine_skip(struct engine *e, uint64_t n)
{
    if (n == 0)
        return;
    supply_flush(e->supply);
    e->position += (int64_t)n * SCENE_CHUNK;
    e->filled = e->position;
}

int64_t engine_position(const struct engine *e)
{
    return e->position;
}

/* As many scenes ahead as the supply wants. */
static int fill(struct engine *e)
{
    struct scene *scene;
    int err = 0;

    while (!err && (scene = supply_scene(e->supply))) {
        err = score_chunk(e->score, e->filled, scene);
        if (err)
            break;
        supply_submit(e->supply);
        e->filled += SCENE_CHUNK;
    }
    return err;
}

int engine_chunk_by(struct engine *e, int64_t deadline_ns, float *mix)
{
    int err = fill(e);

    if (!err)
        err = supply_take(e->supply, e->position, deadline_ns, e->dry);
    if (err)
        return err == -ENOMEM ? err : -EIO;
    /* the scene's levels are final */
    reverb_run(e->reverb, e->position, NULL, e->dry, mix);
    e->position += SCENE_CHUNK;
    return 0;
}

int engine_chunk(struct engine *e, float *mix)
{
    return engine_chunk_by(e, SUPPLY_NEVER, mix);
}

void engine_bus(const struct engine *e, enum scene_bus bus, float *out)
{
    for (uint32_t n = 0; n < SCENE_CHUNK; n++)
        for (uint32_t c = 0; c < 2; c++)
            out[2 * n + c] = e->dry->x[bus][c][n];
}

void engine_stats(const struct engine *e, struct supply_stats *out)
{
    supply_stats(e->supply, out);
}

void engine_renderer_name(const struct engine *e, char *out, size_t size)
{
    struct supply_stats s;

    supply_stats(e->supply, &s);
    snprintf(out, size, "%s",
             s.state == SUPPLY_GPU ? s.name : supply_means_cpu_name(e->means));
}

uint32_t engine_partials(const struct engine *e)
{
    struct supply_stats s;

    supply_stats(e->supply, &s);
    return s.state != SUPPLY_GPU && s.thinned > 0 ? e->max.thin
                                                  : e->max.partials;
}

/* contract only: the body follows */
int engine_set(struct engine *e, enum param p, double value,
               char err[PARAM_ERROR_MAX])
{
    int r = param_check(p, value, err);

    if (r == 0 && p == PARAM_MODE && value > e->music->n_modes) {
        snprintf(err, PARAM_ERROR_MAX, "mode: found %g, '%s' has %u modes",
                 value, e->music->name, e->music->n_modes);
        r = -ERANGE;
    }
    if (r == 0)
        e->wanted[p] = value;
    return r;
}

double engine_get(const struct engine *e, enum param p)
{
    return e->wanted[p];
}

int engine_change(struct engine *e, const struct music *m, uint64_t seed,
                  double fade_s)
{
    (void)seed;
    (void)fade_s;
    e->music = m;
    return 0;
}

const struct music *engine_music(const struct engine *e)
{
    return e->music;
}
