// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/feed_priv.h"
#include "graph/clock.h"
#include "graph/pinned.h"
#include "graph/threads.h"

#define PERIOD_MAX  8192 /* frames, the longest that JACK servers offer */
#define LOAD_CHUNKS 16   /* over which the load is averaged */
#define OVERLOAD    0.9  /* load beyond which nothing is left to catch up */
#define QUIET_NS    (10 * NS_PER_S) /* between two words on dropped MIDI */
#define DEBT_S      5 /* s that are caught up by rendering, and no more */

const struct jclient_port feed_ports[FEED_CHANNELS + 1] = {
    {"mix_L", "Mix left", "mix"},
    {"mix_R", "Mix right", "mix"},
    {"drone_L", "Drone left, dry", "drone"},
    {"drone_R", "Drone right, dry", "drone"},
    {"pad_L", "Pad left, dry", "pad"},
    {"pad_R", "Pad right, dry", "pad"},
    {"bells_L", "Bells left, dry", "bells"},
    {"bells_R", "Bells right, dry", "bells"},
    {"grains_L", "Grains left, dry", "grains"},
    {"grains_R", "Grains right, dry", "grains"},
    {NULL},
};

const struct jclient_port feed_midi_ports[2] = {
    {"control", "Control by MIDI", NULL},
    {NULL},
};

/* Frames rendered and not yet played. */
static uint32_t filled(const struct feed *f)
{
    const struct ring *first = f->ring[FEED_FIRST];

    return ring_capacity_rt(first) - ring_writable_rt(first);
}

static uint32_t ahead(const struct feed *f)
{
    return atomic_load_explicit(&f->ahead, memory_order_relaxed);
}

/* What messages that have come by now do, at most one ring of them: the last
   value of each parameter. Whether anything did. */
static bool read_midi(struct feed *f, bool moved[PARAM_COUNT],
                      double value[PARAM_COUNT])
{
    struct feed_message m;
    bool any = false;

    for (int i = 0; i < FEED_MIDI && ring_read_rt(f->midi, &m, 1) == 1; i++) {
        enum param p;
        double v;
        int r = midi_read(&f->map, m.byte, m.n, &p, &v);
        if (r < 0)
            atomic_fetch_add_explicit(&f->midi_wrong, 1, memory_order_relaxed);
        if (r <= 0)
            continue;
        any = moved[p] = true;
        value[p] = v;
    }
    return any;
}

static void take_midi(struct feed *f)
{
    bool any, moved[PARAM_COUNT] = {false};
    double value[PARAM_COUNT];
    char err[PARAM_ERROR_MAX];

    if (ring_readable_rt(f->midi) == 0)
        return;
    pthread_mutex_lock(&f->lock);
    any = read_midi(f, moved, value);
    pthread_mutex_unlock(&f->lock);
    for (int i = 0; any && i < PARAM_COUNT; i++) {
        enum param p = (enum param)i;
        if (!moved[p])
            continue;
        if (engine_set(f->engine, p, value[p], err) == 0)
            log_debug(f->log, "MIDI: %s %g", param_info(p)->name, value[p]);
        else /* the map is that of a preset before */
            log_debug(f->log, "MIDI: %s", err);
    }
}

static void say_dropped(struct feed *f)
{
    uint64_t dropped = feed_midi_dropped(f);

    if (dropped == f->told || clock_now() < f->quiet)
        return;
    log_warn(f->log,
             "%" PRIu64 " MIDI messages came faster than they can be taken "
             "and were dropped",
             dropped - f->told);
    f->told = dropped;
    f->quiet = clock_now() + QUIET_NS;
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

/* The chunk into the rings, that of the first channel last: what it has, all
   have. */
static void put(struct feed *f, const float *mix)
{
    const struct buses *dry = engine_dry(f->engine);
    float side[SCENE_CHUNK];

    for (uint32_t bus = BUS_COUNT; bus-- > 0;)
        for (uint32_t c = 2; c-- > 0;)
            ring_write_rt(f->ring[2 + 2 * bus + c], dry->x[bus][c],
                          SCENE_CHUNK);
    for (uint32_t c = 2; c-- > 0;) {
        for (uint32_t n = 0; n < SCENE_CHUNK; n++)
            side[n] = mix[2 * n + c];
        ring_write_rt(f->ring[c], side, SCENE_CHUNK);
    }
}

/* One chunk more; the rings have room for it while less than `ahead` is in
   them. */
static int render_chunk(struct feed *f)
{
    float mix[SCENE_CHUNK * 2];
    int64_t begun = clock_now();
    /* until the rings are full nothing is played */
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
    put(f, mix);
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
        atomic_fetch_add_explicit(&f->turns, 1, memory_order_relaxed);
        pass_over(f);
        take_midi(f);
        say_dropped(f);
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
    int err = ring_new(&f->midi, FEED_MIDI, sizeof(struct feed_message));

    for (uint32_t c = 0; c < FEED_CHANNELS && !err; c++)
        err = ring_new(&f->ring[c], most + SCENE_CHUNK, sizeof(float));
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
    struct feed *f = pinned_new(sizeof(*f));
    int err = -ENOMEM;

    *out = NULL;
    if (!f)
        goto out;
    pthread_mutex_init(&f->lock, NULL);
    f->log = o->log;
    f->engine = o->engine;
    f->rate = o->rate;
    f->overload = o->overload > 0.0 ? o->overload : OVERLOAD;
    if (o->midi)
        f->map = *o->midi;
    f->due = engine_position(o->engine);
    f->resumes = o->resumes;
    atomic_init(&f->origin, o->resumes ? o->origin_ns : 0);
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
    for (uint32_t c = 0; c < FEED_CHANNELS; c++)
        ring_free(&(*f)->ring[c]);
    ring_free(&(*f)->midi);
    pthread_mutex_destroy(&(*f)->lock);
    pinned_free(*f, sizeof(**f));
    *f = NULL;
}

void feed_set_period(struct feed *f, uint32_t period)
{
    uint32_t need = 2 * (period < PERIOD_MAX ? period : PERIOD_MAX);

    atomic_store_explicit(&f->period, period, memory_order_relaxed);
    if (ahead(f) < need)
        atomic_store_explicit(&f->ahead, need, memory_order_relaxed);
}

void feed_set_midi_map(struct feed *f, const struct midi_map *map)
{
    pthread_mutex_lock(&f->lock);
    f->map = *map;
    pthread_mutex_unlock(&f->lock);
}

double feed_load(const struct feed *f)
{
    return atomic_load_explicit(&f->load_milli, memory_order_relaxed) / 1000.0;
}

uint64_t feed_missed(const struct feed *f)
{
    return atomic_load_explicit(&f->missed, memory_order_relaxed);
}

uint64_t feed_midi_dropped(const struct feed *f)
{
    return atomic_load_explicit(&f->midi_dropped, memory_order_relaxed);
}

uint64_t feed_midi_wrong(const struct feed *f)
{
    return atomic_load_explicit(&f->midi_wrong, memory_order_relaxed);
}

int64_t feed_position(const struct feed *f)
{
    return atomic_load_explicit(&f->rendered, memory_order_relaxed) - filled(f);
}

int64_t feed_origin(const struct feed *f)
{
    return atomic_load_explicit(&f->origin, memory_order_relaxed);
}

uint64_t feed_turns(const struct feed *f)
{
    return atomic_load_explicit(&f->turns, memory_order_relaxed);
}

int64_t feed_due(const struct feed *f)
{
    uint64_t all = atomic_load_explicit(&f->forgiven, memory_order_relaxed);
    uint64_t heard = atomic_load_explicit(&f->heard, memory_order_relaxed);

    return feed_position(f) +
           atomic_load_explicit(&f->debt, memory_order_relaxed) -
           (int64_t)(all - heard);
}

uint32_t feed_ahead(const struct feed *f)
{
    return ahead(f);
}

const struct gauge *feed_gauge(const struct feed *f)
{
    return &f->gauge;
}

pthread_t feed_thread(const struct feed *f)
{
    return f->thread;
}

int feed_failed(const struct feed *f)
{
    return atomic_load_explicit(&f->failed, memory_order_relaxed);
}
