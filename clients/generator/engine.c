// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/engine.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/reverb.h"
#include "clients/generator/score.h"
#include "graph/clock.h"
#include "vk/renderer.h"

#define TRIAL_CHUNKS 4

struct engine {
    const struct log *log;
    uint32_t rate;    /* Hz */
    int64_t warm_up;  /* frames until the room has forgotten its past */
    int64_t position; /* absolute frame of the next chunk */
    bool on_vulkan;
    struct renderer_opts renderer_opts;
    struct score *score;
    struct scene *scene;
    struct buses *dry;
    struct reverb *reverb;
    struct renderer *renderer;
};

/* From here on the CPU renders, as many of each note's members as it can. */
static int use_cpu(struct engine *e)
{
    renderer_free(&e->renderer);
    e->on_vulkan = false;
    e->renderer_opts.thin = true;
    return renderer_open_cpu(&e->renderer, &e->renderer_opts);
}

static int render(struct engine *e)
{
    int err = renderer_render(e->renderer, e->scene, e->dry);

    if (err < 0 && e->on_vulkan) {
        log_warn(e->log, "%s failed (%s); going on with the CPU",
                 renderer_name(e->renderer), strerror(-err));
        err = use_cpu(e);
        if (!err)
            err = renderer_render(e->renderer, e->scene, e->dry);
    }
    return err < 0 && err != -ENOMEM ? -EIO : err;
}

/* Whether the device keeps pace with time, on the music's first chunk; the best
   of some trials, since other programs may have been in the way. One that
   doesn't is a device in name only. */
static bool fast_enough(struct engine *e)
{
    int64_t chunk_ns = SCENE_CHUNK * NS_PER_S / e->rate;
    int64_t best = INT64_MAX;
    int err = score_chunk(e->score, 0, e->scene);

    for (int i = 0; i < TRIAL_CHUNKS && !err; i++) {
        int64_t start = clock_now();
        err = renderer_render(e->renderer, e->scene, e->dry);
        int64_t took = clock_now() - start;
        best = took < best ? took : best;
    }
    return !err && best < chunk_ns;
}

static int choose(struct engine *e, enum engine_renderer want)
{
    int err;

    if (want == ENGINE_CPU)
        return use_cpu(e);
    err = renderer_open_vulkan(&e->renderer, &e->renderer_opts);
    if (err) {
        if (want == ENGINE_AUTO)
            return use_cpu(e);
        log_error(e->log, "no usable Vulkan device (%s)", strerror(-err));
        return err == -ENOMEM ? err : -ENODEV;
    }
    e->on_vulkan = true;
    if (want == ENGINE_AUTO && !fast_enough(e)) {
        log_info(e->log, "%s is too slow for this music; the CPU renders",
                 renderer_name(e->renderer));
        return use_cpu(e);
    }
    return 0;
}

static int init(struct engine *e, const struct engine_opts *o)
{
    const struct music *m = o->music;
    double t60 = fmax(m->room.t60_low, fmax(m->room.t60_mid, m->room.t60_high));
    struct scene_limits max;
    int err;

    e->log = o->log;
    e->rate = o->rate;
    e->warm_up = (int64_t)(t60 * 100.0 / 60.0 * o->rate);
    music_bounds(m, &max);
    e->renderer_opts = (struct renderer_opts){
        .log = o->log, .max = max, .timeout_ns = o->timeout_ns};
    e->dry = calloc(1, sizeof(*e->dry));
    if (!e->dry)
        return -ENOMEM;
    err = scene_new(&e->scene, &max);
    if (!err)
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
        err = choose(e, o->renderer);
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
    renderer_free(&(*e)->renderer);
    reverb_free(&(*e)->reverb);
    score_free(&(*e)->score);
    scene_free(&(*e)->scene);
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
    e->position = chunk_start(target - before);
    while (e->position < target) {
        int err = engine_chunk(e, mix);
        if (err)
            return err;
    }
    return 0;
}

int64_t engine_position(const struct engine *e)
{
    return e->position;
}

int engine_chunk(struct engine *e, float *mix)
{
    int err = score_chunk(e->score, e->position, e->scene);

    if (!err)
        err = render(e);
    if (err)
        return err == -ENOMEM ? err : -EIO;
    /* the scene's levels are final */
    reverb_run(e->reverb, e->position, 1.0f, e->dry, mix);
    e->position += SCENE_CHUNK;
    return 0;
}

void engine_bus(const struct engine *e, enum scene_bus bus, float *out)
{
    for (uint32_t n = 0; n < SCENE_CHUNK; n++)
        for (uint32_t c = 0; c < 2; c++)
            out[2 * n + c] = e->dry->x[bus][c][n];
}

const char *engine_renderer_name(const struct engine *e)
{
    return renderer_name(e->renderer);
}

uint32_t engine_partials(const struct engine *e)
{
    const struct renderer_opts *o = &e->renderer_opts;
    return o->thin ? o->max.thin : o->max.partials;
}
