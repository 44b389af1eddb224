// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/deck.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/score.h"
#include "clients/generator/supply_means.h"
#include "graph/clock.h"

#define PI        3.14159265358979323846
#define SETTLE_NS (30 * NS_PER_S)
#define LEAVE_MAX 60.0 /* s, in which what was struck may ring out... */
#define LAST_S    5.0  /* ...and then fades */
#define TAIL      2.0  /* T60 of a room at its largest, to that of the preset */

/* A fade of everything, equal in power to its counterpart's. */
struct fade {
    int64_t from, frames; /* frames 0: none */
};

struct deck {
    /* [init] */
    struct music music;
    uint32_t rate; /* Hz */
    double t60;    /* s, the longest */
    struct scene_limits max;

    int64_t filled; /* first frame of the next scene */
    int64_t start;  /* nothing is heard before it */
    bool leaving;
    int64_t left;         /* frame from which it leaves */
    int64_t silent_since; /* frame; no note sounds since, INT64_MAX: some do */
    struct fade in, out;
    struct fade hurry; /* out, faster than out */
    struct score *score;
    struct buses *dry;
    struct reverb *reverb;
    struct supply_means *means;
    struct supply *supply;
};

static int open_supply(struct deck *d, const struct engine_opts *o)
{
    static const enum supply_want wants[] = {[ENGINE_AUTO] = SUPPLY_AUTO,
                                             [ENGINE_VULKAN] = SUPPLY_VULKAN,
                                             [ENGINE_CPU] = SUPPLY_CPU_ONLY};
    struct supply_means_opts means = {.cpu = {.log = o->log,
                                              .max = d->max,
                                              .simd = o->simd,
                                              .threads = o->threads},
                                      .worker = {.gpu = o->gpu}};
    struct supply_opts supply = {.log = o->log,
                                 .limits = d->max,
                                 .rate = o->rate,
                                 .want = wants[o->renderer],
                                 .offline = o->offline,
                                 .thin = o->thin,
                                 .margin_ns = o->margin_ns,
                                 .seed = o->seed,
                                 .ops = &supply_means_ops};
    int err = supply_means_open(&d->means, &means);

    if (err)
        return err;
    supply.ctx = d->means;
    err = supply_new(&d->supply, &supply);
    if (err || o->renderer != ENGINE_VULKAN)
        return err;
    /* who demands it wants to know whether it is there */
    err = supply_settle(d->supply, SETTLE_NS);
    if (err)
        log_error(o->log, "no usable Vulkan device (%s)", strerror(-err));
    return err ? -ENODEV : 0;
}

static int init(struct deck *d, const struct engine_opts *o,
                const struct live *live)
{
    const struct music_room *room = &d->music.room;
    int err;

    d->music = *o->music;
    d->rate = o->rate;
    d->t60 = fmax(room->t60_low, fmax(room->t60_mid, room->t60_high));
    d->silent_since = INT64_MAX;
    d->start = INT64_MIN;
    music_bounds(&d->music, &d->max);
    d->dry = calloc(1, sizeof(*d->dry));
    if (!d->dry)
        return -ENOMEM;
    err = score_new(&d->score, &d->music, o->seed, o->rate);
    if (err)
        return err;
    score_follow(d->score, live);
    err = reverb_new(&d->reverb, room, o->rate);
    return err ? err : open_supply(d, o);
}

int deck_new(struct deck **out, const struct engine_opts *o,
             const struct live *live)
{
    struct deck *d = calloc(1, sizeof(*d));
    int err = -ENOMEM;

    *out = NULL;
    if (d)
        err = init(d, o, live);
    if (err && err != -ENODEV)
        log_error(o->log, "cannot make the sound of '%s': %s", o->music->name,
                  strerror(-err));
    if (err)
        deck_free(&d);
    *out = d;
    return err;
}

void deck_free(struct deck **d)
{
    if (!*d)
        return;
    supply_free(&(*d)->supply);
    supply_means_close(&(*d)->means);
    reverb_free(&(*d)->reverb);
    score_free(&(*d)->score);
    free((*d)->dry);
    free(*d);
    *d = NULL;
}

void deck_seek(struct deck *d, int64_t n)
{
    reverb_clear(d->reverb);
    supply_flush(d->supply);
    d->filled = n > d->start ? n : d->start;
}

void deck_skip(struct deck *d, int64_t n)
{
    if (n <= d->start) /* it has not begun */
        return;
    supply_flush(d->supply);
    d->filled = n;
}

static struct fade fade_from(const struct deck *d, int64_t n, double fade_s)
{
    return (struct fade){.from = n, .frames = llround(fade_s * d->rate)};
}

void deck_enter(struct deck *d, int64_t n, double fade_s)
{
    d->start = n;
    deck_seek(d, n);
    d->in = fade_from(d, n, fade_s);
    if (fade_s <= 0.0)
        score_enter(d->score, n);
}

void deck_leave(struct deck *d, int64_t n, double fade_s, double drone_s)
{
    struct fade out = fade_from(d, n, fade_s);

    if (out.frames > 0 && d->out.frames == 0)
        d->out = out;
    else if (out.frames > 0 && d->hurry.frames == 0 &&
             n + out.frames < d->out.from + d->out.frames)
        d->hurry = out;
    if (d->leaving)
        return;
    d->leaving = true;
    d->left = n;
    score_hand_over(d->score, n);
    if (fade_s <= 0.0)
        score_leave(d->score, n, drone_s);
}

int64_t deck_filled(const struct deck *d)
{
    return d->filled;
}

int deck_fill(struct deck *d)
{
    struct scene *scene;
    int err = 0;

    while (!err && (scene = supply_scene(d->supply))) {
        err = score_chunk(d->score, d->filled, scene);
        if (err)
            break;
        if (scene_notes(scene) > 0)
            d->silent_since = INT64_MAX;
        else if (d->silent_since == INT64_MAX)
            d->silent_since = d->filled;
        supply_submit(d->supply);
        d->filled += SCENE_CHUNK;
    }
    return err;
}

/* Of a fade at frame n, 0..1. */
static double progress(const struct fade *f, int64_t n)
{
    return fmin(fmax((double)(n - f->from) / (double)f->frames, 0.0), 1.0);
}

static float gain_at(const struct deck *d, int64_t n)
{
    double gain = 1.0;

    if (d->in.frames > 0)
        gain *= sin(0.5 * PI * progress(&d->in, n));
    if (d->out.frames > 0)
        gain *= cos(0.5 * PI * progress(&d->out, n));
    if (d->hurry.frames > 0)
        gain *= cos(0.5 * PI * progress(&d->hurry, n));
    return (float)gain;
}

static void add(const struct deck *d, int64_t first, const float *own,
                float *mix, struct buses *dry)
{
    float to = gain_at(d, first), from = to;

    for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
        uint32_t x = n % SCENE_GRID;
        if (x == 0) {
            from = to;
            to = gain_at(d, first + n + SCENE_GRID);
        }
        float g = from + (to - from) * (float)x / SCENE_GRID;
        for (uint32_t c = 0; c < 2; c++) {
            mix[2 * n + c] += g * own[2 * n + c];
            for (uint32_t b = 0; b < BUS_COUNT; b++)
                dry->x[b][c][n] += g * d->dry->x[b][c][n];
        }
    }
}

int deck_chunk(struct deck *d, int64_t n, int64_t deadline_ns,
               const struct reverb_moves *moves, float *mix, struct buses *dry)
{
    float own[SCENE_CHUNK * 2];
    int err;

    if (n < d->start)
        return 0;
    err = supply_take(d->supply, n, deadline_ns, d->dry);
    if (err)
        return err == -ENOMEM ? err : -EIO;
    if (d->leaving && d->out.frames == 0 &&
        n >= d->left + (int64_t)(LEAVE_MAX * d->rate))
        d->out = fade_from(d, n, LAST_S);
    /* the scene's levels are final */
    reverb_run(d->reverb, n, moves, d->dry, own);
    add(d, n, own, mix, dry);
    return 0;
}

bool deck_over(const struct deck *d, int64_t n)
{
    if (!d->leaving)
        return false;
    if (d->out.frames > 0 && n >= d->out.from + d->out.frames)
        return true;
    if (d->hurry.frames > 0 && n >= d->hurry.from + d->hurry.frames)
        return true;
    return d->silent_since < n && n >= d->left &&
           n - d->silent_since >= (int64_t)(TAIL * d->t60 * d->rate);
}

double deck_root(const struct deck *d, int64_t n)
{
    return score_root(d->score, n);
}

int64_t deck_warm_up(const struct deck *d)
{
    return (int64_t)(d->t60 * 100.0 / 60.0 * d->rate);
}

const struct music *deck_music(const struct deck *d)
{
    return &d->music;
}

void deck_stats(const struct deck *d, struct supply_stats *out)
{
    supply_stats(d->supply, out);
}

const char *deck_cpu_name(const struct deck *d)
{
    return supply_means_cpu_name(d->means);
}
