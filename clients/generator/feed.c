// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/feed_priv.h"
#include "graph/clock.h"
#include "graph/threads.h"

#define PERIOD_MAX  8192 /* frames, the longest that JACK servers offer */
#define LOAD_CHUNKS 16   /* over which the load is averaged */
#define OVERLOAD    0.9  /* load beyond which nothing is left to catch up */
#define DEBT_S      5    /* s that are caught up by rendering, and no more */

/* Frames rendered and not yet played. */
static uint32_t filled(const struct feed *f)
{
    return ring_capacity_rt(f->ring) - ring_writable_rt(f->ring);
}

static uint32_t ahead(const struct feed *f)
{
    return atomic_load_explicit(&f->ahead, memory_order_relaxed);
}

/*
 * Passes over what there is no time to render only to drop it: when rendering
 * takes about as long as the music lasts, or after a stall of seconds. Else the
 * callback drops, and the room's tail stays whole.
 */
static void pass_over(struct feed *f)
{
    uint64_t all = atomic_load_explicit(&f->forgiven, memory_order_relaxed);
    /* acquire: pairs with the release in tell_rt() */
    uint64_t heard = atomic_load_explicit(&f->heard, memory_order_acquire);
    int64_t debt = atomic_load_explicit(&f->debt, memory_order_relaxed) -
                   (int64_t)(all - heard);
    bool over = f->load > f->overload;

    atomic_store_explicit(&f->overloaded, over, memory_order_relaxed);
    if (debt < SCENE_CHUNK || (!over && debt < (int64_t)DEBT_S * f->rate))
        return;
    uint64_t chunks = (uint64_t)debt / SCENE_CHUNK;
    engine_skip(f->engine, chunks);
    /* release: pairs with the acquire in hear_rt() */
    atomic_store_explicit(&f->forgiven, all + chunks * SCENE_CHUNK,
                          memory_order_release);
}

/* One chunk more; the ring has room for it while less than `ahead` is in it. */
static int render_chunk(struct feed *f)
{
    float mix[SCENE_CHUNK * 2];
    int64_t begun = clock_now();
    /* until the ring is full nothing is played */
    uint32_t left = f->live ? filled(f) : ahead(f);
    int64_t spare =
        (int64_t)left - atomic_load_explicit(&f->period, memory_order_relaxed);
    int64_t due = begun + spare * NS_PER_S / f->rate;
    int err = engine_chunk_by(f->engine, due, mix);

    if (err)
        return err;
    double share = (double)(clock_now() - begun) * f->rate /
                   ((double)SCENE_CHUNK * NS_PER_S);
    f->load += (share - f->load) / LOAD_CHUNKS;
    atomic_store_explicit(&f->load_milli, (uint32_t)(f->load * 1000.0),
                          memory_order_relaxed);
    ring_write_rt(f->ring, mix, SCENE_CHUNK);
    atomic_store_explicit(&f->rendered, engine_position(f->engine),
                          memory_order_relaxed);
    return 0;
}

static void *run(void *arg)
{
    struct feed *f = arg;
    int err = 0;

    thread_enter(TH_GPU);
    /* relaxed: nothing but the flag itself is handed over */
    while (!err && !atomic_load_explicit(&f->stop, memory_order_relaxed)) {
        pass_over(f);
        if (filled(f) < ahead(f))
            err = render_chunk(f);
        else /* half a chunk: late by that at most, which `ahead` covers */
            clock_sleep(SCENE_CHUNK / 2 * NS_PER_S / f->rate);
    }
    if (err)
        log_error(f->log, "rendering failed: %s", strerror(-err));
    atomic_store_explicit(&f->failed, err, memory_order_relaxed);
    return NULL;
}

static int start(struct feed *f)
{
    uint32_t most = ahead(f) > 2 * PERIOD_MAX ? ahead(f) : 2 * PERIOD_MAX;
    int err = ring_new(&f->ring, most + SCENE_CHUNK, sizeof(struct feed_frame));

    while (!err && filled(f) < ahead(f))
        err = render_chunk(f);
    if (err)
        return err;
    f->live = true;
    err = -pthread_create(&f->thread, NULL, run, f);
    f->running = !err;
    return err;
}

int feed_start(struct feed **out, const struct feed_opts *o)
{
    struct feed *f = calloc(1, sizeof(*f));
    int err = -ENOMEM;

    *out = NULL;
    if (!f)
        goto out;
    f->log = o->log;
    f->engine = o->engine;
    f->rate = o->rate;
    f->overload = o->overload > 0.0 ? o->overload : OVERLOAD;
    atomic_init(&f->ahead, o->ahead);
    atomic_init(&f->period, o->period);
    err = start(f);
    if (err)
        goto out;
    *out = f;
    f = NULL;
out:
    feed_stop(&f);
    return err;
}

void feed_stop(struct feed **f)
{
    if (!*f)
        return;
    if ((*f)->running) {
        atomic_store_explicit(&(*f)->stop, true, memory_order_relaxed);
        pthread_join((*f)->thread, NULL);
    }
    ring_free(&(*f)->ring);
    free(*f);
    *f = NULL;
}

void feed_set_period(struct feed *f, uint32_t period)
{
    uint32_t need = 2 * (period < PERIOD_MAX ? period : PERIOD_MAX);

    atomic_store_explicit(&f->period, period, memory_order_relaxed);
    if (ahead(f) < need)
        atomic_store_explicit(&f->ahead, need, memory_order_relaxed);
}

double feed_load(const struct feed *f)
{
    return atomic_load_explicit(&f->load_milli, memory_order_relaxed) / 1000.0;
}

uint64_t feed_missed(const struct feed *f)
{
    return atomic_load_explicit(&f->missed, memory_order_relaxed);
}

int64_t feed_position(const struct feed *f)
{
    return atomic_load_explicit(&f->rendered, memory_order_relaxed) - filled(f);
}

int feed_failed(const struct feed *f)
{
    return atomic_load_explicit(&f->failed, memory_order_relaxed);
}
