// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/feed_priv.h"
#include "graph/clock.h"
#include "graph/threads.h"

#define OWED_S 5 /* of music that is dropped at most to keep pace */

/* Frames rendered and not yet played. */
static uint32_t filled(const struct feed *f)
{
    return ring_capacity_rt(f->ring) - ring_writable_rt(f->ring);
}

/* One chunk more; the ring has room for it while less than `ahead` is in it. */
static int render_chunk(struct feed *f)
{
    float mix[SCENE_CHUNK * 2];
    int err = engine_chunk(f->engine, mix);

    if (!err)
        ring_write_rt(f->ring, mix, SCENE_CHUNK);
    return err;
}

static void *run(void *arg)
{
    struct feed *f = arg;
    int err = 0;

    thread_enter(TH_GPU);
    /* relaxed: nothing but the flag itself is handed over */
    while (!err && !atomic_load_explicit(&f->stop, memory_order_relaxed)) {
        if (filled(f) < f->ahead)
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
    int err =
        ring_new(&f->ring, f->ahead + SCENE_CHUNK, sizeof(struct feed_frame));

    while (!err && filled(f) < f->ahead)
        err = render_chunk(f);
    if (err)
        return err;
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
    f->ahead = o->ahead;
    f->owed_max = OWED_S * o->rate;
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

uint64_t feed_missed(const struct feed *f)
{
    return atomic_load_explicit(&f->missed, memory_order_relaxed);
}

int feed_failed(const struct feed *f)
{
    return atomic_load_explicit(&f->failed, memory_order_relaxed);
}
