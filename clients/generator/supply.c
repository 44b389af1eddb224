// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/supply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/supply_priv.h"

#define MARGIN_NS (20 * NS_PER_MS)
#define FADE_NS   (80 * NS_PER_MS)
#define SETTLE_NS (5 * NS_PER_MS)

const char *supply_state_name(enum supply_state state)
{
    static const char *const names[] = {"off", "probing", "gpu", "suspect",
                                        "cpu"};
    return names[state];
}

/* --- life ----------------------------------------------------------------- */

static int init(struct supply *s, const struct supply_opts *o)
{
    int err = 0;

    s->log = o->log;
    s->ops = o->ops;
    s->ctx = o->ctx;
    s->want = o->want;
    s->offline = o->offline;
    s->thin = o->thin;
    s->margin_ns = o->margin_ns ? o->margin_ns : MARGIN_NS;
    s->chunk_ns = SCENE_CHUNK * NS_PER_S / o->rate;
    s->fade = (uint32_t)((FADE_NS + s->chunk_ns - 1) / s->chunk_ns);
    s->fade = s->fade < 2 ? 2 : s->fade;
    s->fade = s->fade > SUPPLY_FADE_MAX ? SUPPLY_FADE_MAX : s->fade;
    s->fresh = true;
    s->random = o->seed;
    s->stats.least_ahead_ns = SUPPLY_NEVER;
    s->stats.gpu_ns = -1;
    s->slice.notes = calloc(o->limits.notes, sizeof(*s->slice.notes));
    if (!s->slice.notes)
        return -ENOMEM;
    for (uint32_t i = 0; i < SUPPLY_DEPTH && !err; i++)
        err = scene_new(&s->queue[i].scene, &o->limits);
    return err;
}

static void publish(struct supply *s)
{
    s->stats.state = s->state;
    pthread_mutex_lock(&s->lock);
    s->shown = s->stats;
    pthread_mutex_unlock(&s->lock);
}

int supply_new(struct supply **out, const struct supply_opts *o)
{
    int err = -EINVAL;
    struct supply *s = NULL;

    *out = NULL;
    if (o->rate == 0 || o->limits.notes == 0 ||
        (o->thin && o->want != SUPPLY_CPU_ONLY))
        goto out;
    err = -ENOMEM;
    s = calloc(1, sizeof(*s));
    if (!s)
        goto out;
    pthread_mutex_init(&s->lock, NULL);
    err = init(s, o);
    if (!err && o->want != SUPPLY_CPU_ONLY) {
        err = supply_gpu_open(s);
        if (o->want == SUPPLY_AUTO)
            err = 0; /* the CPU plays, and it is tried again */
    }
    if (err)
        goto out;
    publish(s);
    *out = s;
    s = NULL;
out:
    supply_free(&s);
    return err;
}

void supply_free(struct supply **s)
{
    if (!*s)
        return;
    if ((*s)->want != SUPPLY_CPU_ONLY)
        (*s)->ops->kill((*s)->ctx);
    for (uint32_t i = 0; i < SUPPLY_DEPTH; i++)
        scene_free(&(*s)->queue[i].scene);
    free((*s)->slice.notes);
    pthread_mutex_destroy(&(*s)->lock);
    free(*s);
    *s = NULL;
}

int supply_settle(struct supply *s, int64_t timeout_ns)
{
    int64_t end = supply_now(s) + timeout_ns;

    supply_gpu_tend(s);
    while (s->state == SUPPLY_PROBING && !s->ready && supply_now(s) < end) {
        s->ops->wait(s->ctx, SETTLE_NS);
        supply_gpu_tend(s);
    }
    publish(s);
    if (s->ready)
        return 0;
    return s->state == SUPPLY_OFF       ? -ENODEV
           : s->state == SUPPLY_SUSPECT ? -EIO
                                        : -ETIMEDOUT;
}

void supply_stats(struct supply *s, struct supply_stats *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->shown;
    pthread_mutex_unlock(&s->lock);
}

/* --- the queue ------------------------------------------------------------ */

/* Chunks that have to be there for a fade to begin with the next but one. */
static uint32_t hold(const struct supply *s)
{
    return s->large ? s->fade + 1 : 1;
}

static bool gpu_wanted(const struct supply *s)
{
    return s->state == SUPPLY_GPU || s->state == SUPPLY_PROBING;
}

struct scene *supply_scene(struct supply *s)
{
    uint32_t depth = gpu_wanted(s) ? hold(s) + SUPPLY_SLOTS : 1;

    return s->n < depth ? supply_entry(s, s->n)->scene : NULL;
}

void supply_submit(struct supply *s)
{
    struct entry *e = supply_entry(s, s->n++);

    e->state = gpu_wanted(s) ? ENTRY_WAITING : ENTRY_LOST;
    e->since_ns = supply_now(s);
    supply_judge_size(s, e->scene);
    if (gpu_wanted(s))
        supply_gpu_pump(s);
}

void supply_flush(struct supply *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (supply_entry(s, i)->state == ENTRY_SENT)
            s->ops->drop(s->ctx, supply_entry(s, i)->scene->first);
    s->n = 0;
    s->fresh = true;
    s->has_tail = false;
}

/* --- a chunk -------------------------------------------------------------- */

/* When the CPU has to begin with e. */
static int64_t latest(const struct supply *s, const struct entry *e,
                      int64_t deadline)
{
    const struct scene *c = e->scene;

    if (deadline == SUPPLY_NEVER)
        return SUPPLY_NEVER;
    return deadline - s->margin_ns -
           2 * supply_predict(s, s->large ? c->n_thin : c->n_partials);
}

/* What a check may take from the look-ahead. */
static int64_t budget(struct supply *s, const struct entry *e, int64_t deadline)
{
    if (deadline == SUPPLY_NEVER)
        return SUPPLY_NEVER;
    return (latest(s, e, deadline) - supply_now(s)) / 2;
}

/* The GPU's chunk is looked at before anybody hears it. */
static void check(struct supply *s, struct entry *e, int64_t deadline)
{
    int64_t now = supply_now(s);
    enum supply_verdict v = VERDICT_NONE;
    int bus;

    if (s->state != SUPPLY_GPU || e->state != ENTRY_DONE)
        return;
    bus = supply_check_join(s, e);
    if (bus < 0 && now < s->check_ns)
        return;
    v = supply_check_bus(s, e, budget(s, e, deadline), bus);
    if (v != VERDICT_NONE)
        s->check_ns = now + SUPPLY_CHECK_NS;
    if (v != VERDICT_WRONG)
        return;
    supply_gpu_suspect(s, "it renders wrongly");
    for (uint32_t i = 0; i < s->n; i++) /* nor is the rest to be believed */
        supply_entry(s, i)->state = ENTRY_LOST;
}

static float ease(float x)
{
    return x * x * (3.0f - 2.0f * x);
}

/* From `from` to `to` of full, the rest thin. Linear in time over all chunks of
   a fade, eased at its ends. */
static void blend(struct buses *full, const struct buses *thin, float from,
                  float to)
{
    for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
        float t = ((float)n + 1.0f) / SCENE_CHUNK;
        float w = ease(from + (to - from) * t);
        for (uint32_t b = 0; b < BUS_COUNT; b++)
            for (uint32_t c = 0; c < 2; c++)
                full->x[b][c][n] =
                    w * full->x[b][c][n] + (1.0f - w) * thin->x[b][c][n];
    }
}

/* Whether all that a fade needs is there: then the next chunk may be in full
   even if the GPU never says another word. */
static bool is_covered(struct supply *s)
{
    if (!s->large)
        return true;
    if (s->state != SUPPLY_GPU)
        return false;
    for (uint32_t i = 0; i < hold(s) && i < s->n; i++)
        if (supply_entry(s, i)->state != ENTRY_DONE)
            return false;
    return true;
}

/* The share of full at the end of this chunk. */
static float next_mix(struct supply *s)
{
    float step = 1.0f / (float)s->fade;
    bool up = is_covered(s);
    float to = up ? s->mix + step : s->mix - step;

    if (s->fresh)
        s->mix = to = up ? 1.0f : 0.0f;
    /* the sum of the steps isn't quite 1 */
    return to > 1.0f - step / 2.0f ? 1.0f : to < step / 2.0f ? 0.0f : to;
}

/* Full is asked for, the GPU hasn't got it, and it is too much for the CPU:
   once, if the look-ahead allows; else the change is heard. */
static void cut(struct supply *s, const struct entry *e, int64_t deadline,
                float *to)
{
    *to = 0.0f;
    if (2 * supply_predict(s, e->scene->n_partials) < budget(s, e, deadline))
        return;
    s->mix = 0.0f;
    s->stats.cuts++;
}

/* A trial: e->gpu against what the CPU has rendered of it. */
static void try_gpu(struct supply *s, struct entry *e, int64_t deadline,
                    const struct buses *full, bool paced)
{
    int64_t cost = s->cost_ns; /* before a check costs some more */
    enum supply_verdict v;

    if (s->state != SUPPLY_PROBING || e->state != ENTRY_DONE)
        return;
    v = full ? supply_compare(s, e, full)
             : supply_check_bus(s, e, budget(s, e, deadline), -1);
    if (v == VERDICT_WRONG)
        supply_gpu_suspect(s, "it renders wrongly");
    else
        supply_gpu_passed(s, paced ? cost : -1);
}

static int produce(struct supply *s, struct entry *e, int64_t deadline,
                   bool paced, struct buses *out)
{
    bool gpu = e->state == ENTRY_DONE && s->state != SUPPLY_PROBING;
    float to = next_mix(s);
    int err = 0;

    if (s->large && !gpu && (s->mix > 0.0f || to > 0.0f))
        cut(s, e, deadline, &to);
    bool full = s->mix > 0.0f || to > 0.0f;
    bool thin = s->mix < 1.0f || to < 1.0f;
    if (full && gpu)
        *out = e->gpu;
    else if (full)
        err = supply_render(s, e->scene, false, out);
    if (!err && thin)
        err = supply_render(s, e->scene, true, full ? &s->other : out);
    if (err)
        return err == -ENOMEM ? err : -EIO;
    try_gpu(s, e, deadline, full && !thin ? out : NULL, paced);
    if (full && thin)
        blend(out, &s->other, s->mix, to);
    s->mix = to;
    s->has_tail = false;
    if (to == 1.0f)
        supply_keep_tail(s, out);
    s->stats.by_gpu += full && gpu;
    s->stats.by_cpu += full && !gpu;
    s->stats.thinned += !full;
    return 0;
}

int supply_take(struct supply *s, int64_t first, int64_t deadline_ns,
                struct buses *out)
{
    struct entry *e = supply_entry(s, 0);
    int64_t now = supply_now(s), ahead;
    /* in a burst a GPU is quicker than when it sleeps in between */
    bool paced = s->offline || now - s->last_take_ns >= s->chunk_ns / 2;
    int err;

    if (s->n == 0 || e->scene->first != first)
        return -ENOENT;
    s->last_take_ns = now;
    supply_gpu_tend(s);
    supply_gpu_await(s, hold(s), latest(s, e, deadline_ns));
    check(s, e, deadline_ns);
    err = produce(s, e, deadline_ns, paced, out);
    s->head = (s->head + 1) % SUPPLY_DEPTH;
    s->n--;
    s->fresh = false;
    ahead = deadline_ns == SUPPLY_NEVER ? SUPPLY_NEVER
                                        : deadline_ns - supply_now(s);
    if (ahead < s->stats.least_ahead_ns)
        s->stats.least_ahead_ns = ahead;
    publish(s);
    return err;
}
