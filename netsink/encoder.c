// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/encoder.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/threads.h"
#include "netsink/demand.h"
#include "netsink/effort.h"
#include "netsink/history.h"
#include "netsink/mute.h"
#include "netsink/timeline.h"
#include "netsink/track.h"

#define WAKE       (ENCODER_WAKE_MS * NS_PER_MS)
#define WAKE_HURRY (2 * NS_PER_MS)
#define COLD       (1 * NS_PER_MS) /* of what is not due, between two looks */
#define RETRY      (1 * NS_PER_S)  /* after a rung could not be begun */
#define COMPLAIN   (60 * NS_PER_S)
#define QUIET      (NS_PER_S / 2) /* without a block: the graph is gone */
#define BLOCK      8192           /* frames: JACK's longest period */

_Static_assert(ENCODER_RUNGS_MAX <= DEMAND_RUNGS_MAX, "as many rungs");

struct encoder {
    /* [init] */
    struct encoder_opts o;
    struct encoder_rung rungs[ENCODER_RUNGS_MAX];
    uint32_t lookahead;
    struct pace *pace;
    struct history *history;
    pthread_t thread;
    bool running; /* thread is there to be joined */

    pthread_mutex_t m;
    pthread_cond_t woken; /* by CLOCK_MONOTONIC */

    /* [lock:m] */
    struct demand demand;
    bool kick; /* to look at once */
    bool stop;

    /* any>enc */
    atomic_uint hurry; /* so many are in a hurry */
    atomic_bool muted;

    /* [enc] */
    struct timeline *timeline;
    struct track tracks[ENCODER_RUNGS_MAX];
    int64_t retry[ENCODER_RUNGS_MAX]; /* not before, ns */
    struct effort effort;
    uint32_t turn;      /* the rung whose cold work is next */
    uint64_t told;      /* packets that pace knows of */
    int64_t heard;      /* when the last block came, ns */
    int64_t complained; /* of the budget, ns */
    uint64_t missed;    /* passes */
    float *frames;      /* [BLOCK][n_channels] */
    struct mute mute;
    float *faded; /* a packet */

    /* enc>any, one by one: figures, nothing hangs on their order */
    _Atomic uint64_t filled, dropped, encode_ns, late;
    _Atomic uint64_t packets[ENCODER_RUNGS_MAX];
    atomic_uint complexity;
    atomic_bool graph;
    atomic_int failed;
};

static void on_packet(void *ctx, uint64_t seq, const float *frames)
{
    struct encoder *e = ctx;
    bool muted = atomic_load_explicit(&e->muted, memory_order_relaxed);

    (void)seq; /* the history counts as the timeline does: from 0 */
    history_put(e->history,
                mute_frames(&e->mute, muted, frames, TIMELINE_PACKET,
                            e->o.n_channels, e->faded));
}

/* All that the tap holds, and what time makes of nothing. */
static int drain(struct encoder *e)
{
    struct tap_block b;

    /* Looked at before the tap is: what comes in between is no silence. */
    int64_t now = clock_now();
    while (tap_read(e->o.tap, &b, e->frames, BLOCK)) {
        int err = timeline_feed(e->timeline, &b, e->frames);
        if (err)
            return err;
        e->heard = now = clock_now();
    }
    return timeline_idle(e->timeline, now);
}

/* What is new is there, encoded too, at now. */
static void tell_pace(struct encoder *e, int64_t now)
{
    const uint64_t end = timeline_next(e->timeline);

    if (end > e->told)
        pace_put(e->pace, end, now);
    e->told = end;
}

static void begin(struct encoder *e, uint32_t i, uint64_t from)
{
    if (clock_now() < e->retry[i])
        return;
    int err = track_begin(&e->tracks[i], from);
    if (err) {
        log_warn(e->o.log, "encoder: a rung can't begin: %s", strerror(-err));
        e->retry[i] = clock_now() + RETRY;
    }
}

/* Begins what is wanted, and ends what has not been for long. */
static void follow_demand(struct encoder *e)
{
    const int64_t now = clock_now();
    bool warm[ENCODER_RUNGS_MAX];
    uint64_t from[ENCODER_RUNGS_MAX];

    pthread_mutex_lock(&e->m);
    for (uint32_t i = 0; i < e->o.n_rungs; i++)
        warm[i] = demand_warm(&e->demand, i, now, &from[i]);
    pthread_mutex_unlock(&e->m);
    /* What ends makes room for what begins. */
    for (uint32_t i = 0; i < e->o.n_rungs; i++)
        if (track_active(&e->tracks[i]) && !warm[i])
            track_end(&e->tracks[i]);
    for (uint32_t i = 0; i < e->o.n_rungs; i++)
        if (!track_active(&e->tracks[i]) && warm[i])
            begin(e, i, from[i]);
}

static void complain(struct encoder *e)
{
    const int64_t now = clock_now();

    if (e->complained != 0 && now - e->complained < COMPLAIN)
        return;
    e->complained = now;
    log_warn(e->o.log, "encoder: no memory for packets: a rung is empty");
}

/* What a track said of its packet. Returns an error that is the end. */
static int settle(struct encoder *e, uint32_t i, int result)
{
    uint64_t first, end;

    atomic_store_explicit(&e->packets[i], e->tracks[i].packets,
                          memory_order_relaxed);
    if (result >= 0 || result == -EAGAIN)
        return 0;
    if (result == -ENOMEM) {
        complain(e);
        return 0;
    }
    if (result == -ESTALE) {
        history_range(e->history, &first, &end);
        track_end(&e->tracks[i]);
        begin(e, i, first);
        return 0;
    }
    return result;
}

/* What is due now, of all rungs; *put: there was some. */
static int encode_due(struct encoder *e, bool *put)
{
    for (uint32_t i = 0; i < e->o.n_rungs; i++) {
        track_set_complexity(&e->tracks[i], e->effort.complexity);
        if (!e->tracks[i].live)
            continue;
        int n = track_due(&e->tracks[i]);
        *put = *put || n > 0;
        int err = settle(e, i, n);
        if (err)
            return err;
    }
    return 0;
}

/* The next rung in turn with cold work of a kind, or n_rungs. Forward goes
   before backward: someone is waiting for it. */
static uint32_t next_cold(const struct encoder *e, bool forward)
{
    for (uint32_t k = 0; k < e->o.n_rungs; k++) {
        uint32_t i = (e->turn + k) % e->o.n_rungs;
        const struct track *t = &e->tracks[i];
        if (track_active(t) && (forward ? !t->live : t->live && !t->whole))
            return i;
    }
    return e->o.n_rungs;
}

/* For a little while at most. *more: there is more of it. */
static int encode_cold(struct encoder *e, bool *put, bool *more)
{
    const int64_t until = clock_now() + COLD;
    uint32_t idle = 0;

    *more = true;
    do {
        uint32_t i = next_cold(e, true);
        if (i == e->o.n_rungs)
            i = next_cold(e, false);
        if (i == e->o.n_rungs || idle > e->o.n_rungs) {
            *more = false;
            return 0;
        }
        int n = track_step(&e->tracks[i]);
        e->turn = i + 1;
        idle = n == -EAGAIN ? idle + 1 : 0;
        *put = *put || n > 0;
        int err = settle(e, i, n);
        if (err)
            return err;
    } while (clock_now() < until);
    return 0;
}

static void publish(struct encoder *e, int64_t now)
{
    struct timeline_stats s;

    timeline_stats(e->timeline, &s);
    atomic_store_explicit(&e->filled, s.filled, memory_order_relaxed);
    atomic_store_explicit(&e->dropped, s.dropped, memory_order_relaxed);
    atomic_store_explicit(&e->encode_ns, (uint64_t)clock_thread_cpu(),
                          memory_order_relaxed);
    atomic_store_explicit(&e->late, e->missed, memory_order_relaxed);
    atomic_store_explicit(&e->complexity, e->effort.complexity,
                          memory_order_relaxed);
    atomic_store_explicit(&e->graph, e->heard != 0 && now - e->heard < QUIET,
                          memory_order_relaxed);
}

/* A pass that was to begin at `due`; *more: another one is to follow at once.
 */
static int pass(struct encoder *e, int64_t due, bool *more)
{
    bool put = false;
    int err = drain(e);

    if (err)
        return err;
    int64_t busy = clock_thread_cpu();
    err = encode_due(e, &put);
    if (err)
        return err;
    busy = clock_thread_cpu() - busy;
    const int64_t now = clock_now(), late = put ? now - due : 0;
    e->missed += late > EFFORT_LATE;
    effort_pass(&e->effort, now, late, busy);
    tell_pace(e, now);

    /* Before what is cold: who listens live waits for it. */
    if (put)
        e->o.put(e->o.ctx);
    put = false;
    follow_demand(e);
    err = encode_cold(e, &put, more);
    if (put)
        e->o.put(e->o.ctx);
    publish(e, now);
    return err;
}

/* When to go on with what is not due. Half of the time is for others, which the
   thread's priority would leave without any: [fan] first of all. */
static int64_t cold_at(int64_t next)
{
    const int64_t at = clock_now() + COLD;

    return at < next ? at : next;
}

/* Until then, or until someone wants something. False: stop. */
static bool wait_until(struct encoder *e, int64_t then)
{
    const struct timespec t = {.tv_sec = then / NS_PER_S,
                               .tv_nsec = then % NS_PER_S};
    int err = 0;

    pthread_mutex_lock(&e->m);
    while (!e->stop && !e->kick && err != ETIMEDOUT)
        err = pthread_cond_timedwait(&e->woken, &e->m, &t);
    e->kick = false;
    const bool go = !e->stop;
    pthread_mutex_unlock(&e->m);
    return go;
}

static int64_t interval(struct encoder *e)
{
    return atomic_load_explicit(&e->hurry, memory_order_relaxed) > 0
               ? WAKE_HURRY
               : WAKE;
}

static void *run(void *arg)
{
    struct encoder *e = arg;
    int64_t next = clock_now();
    bool more = false;

    thread_enter(TH_ENC);
    effort_init(&e->effort, next);
    while (wait_until(e, more ? cold_at(next) : next)) {
        /* A grid of its own, so that late wake-ups don't add up; what was
           missed is not made up for, drain() takes everything anyway. */
        const int64_t now = clock_now(), due = next < now ? next : now;
        if (next <= now) {
            next += interval(e);
            if (next <= now)
                next = now + interval(e);
        }
        int err = pass(e, due, &more);
        if (err) {
            log_error(e->o.log, "encoder: gave up: %s", strerror(-err));
            atomic_store_explicit(&e->failed, err, memory_order_relaxed);
            break;
        }
    }
    return NULL;
}

/* Every rung can be made; what Opus' look-ahead is. */
static int try_rungs(struct encoder *e)
{
    for (uint32_t i = 0; i < e->o.n_rungs; i++) {
        const struct rung_spec *s = &e->rungs[i].spec;
        struct rung *r;
        int err = s->n_channels == e->o.n_channels ? rung_new(&r, s) : -EINVAL;
        if (err)
            return err;
        if (s->codec == RUNG_OPUS)
            e->lookahead = rung_lookahead(r);
        rung_free(&r);
        e->demand.rungs[i].minute = HUB_SECONDS * rung_bytes_per_s(s);
        e->demand.rungs[i].aside = s->codec == RUNG_OPUS;
    }
    return 0;
}

static int init_locks(struct encoder *e)
{
    pthread_condattr_t attr;

    thread_mutex_init(&e->m);
    int err = pthread_condattr_init(&attr);
    if (err)
        return -err;
    err = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (!err)
        err = pthread_cond_init(&e->woken, &attr);
    pthread_condattr_destroy(&attr);
    return -err;
}

int encoder_start(struct encoder **out, const struct encoder_opts *o)
{
    struct encoder *e = NULL;
    int err = -ENOMEM;

    *out = NULL;
    if (o->n_rungs > ENCODER_RUNGS_MAX)
        return -EINVAL;
    e = calloc(1, sizeof(*e)); /* also every atomic's initial 0 */
    if (!e)
        return err;
    err = init_locks(e);
    if (err) {
        free(e);
        return err;
    }
    e->o = *o;
    memcpy(e->rungs, o->rungs, o->n_rungs * sizeof(*o->rungs));
    atomic_init(&e->complexity, EFFORT_MAX);
    demand_init(&e->demand, o->n_rungs, ENCODER_LINGER_S * NS_PER_S);
    err = try_rungs(e);
    if (err)
        goto out;
    err = history_new(&e->history, o->n_channels, ENCODER_HISTORY_S * 50);
    if (err)
        goto out;
    err = pace_new(&e->pace);
    if (err)
        goto out;
    err = timeline_new(&e->timeline, o->n_channels, clock_now(), on_packet, e);
    if (err)
        goto out;
    timeline_set_quality(e->timeline, o->quality);
    err = -ENOMEM;
    e->frames = calloc((size_t)BLOCK * o->n_channels, sizeof(float));
    e->faded = calloc((size_t)TIMELINE_PACKET * o->n_channels, sizeof(float));
    if (!e->frames || !e->faded)
        goto out;
    for (uint32_t i = 0; i < o->n_rungs; i++)
        track_init(&e->tracks[i], &e->rungs[i].spec, e->rungs[i].hub,
                   e->history);
    err = -pthread_create(&e->thread, NULL, run, e);
    e->running = !err;
out:
    if (err)
        encoder_stop(&e);
    *out = e;
    return err;
}

/* [lock:m] */
static void kick(struct encoder *e)
{
    e->kick = true;
    pthread_cond_signal(&e->woken);
}

void encoder_stop(struct encoder **out)
{
    struct encoder *e = *out;

    if (!e)
        return;
    if (e->running) {
        pthread_mutex_lock(&e->m);
        e->stop = true;
        kick(e);
        pthread_mutex_unlock(&e->m);
        pthread_join(e->thread, NULL);
    }
    for (uint32_t i = 0; i < e->o.n_rungs; i++)
        if (e->tracks[i].hub)
            track_fini(&e->tracks[i]);
    timeline_free(&e->timeline);
    pace_free(&e->pace);
    history_free(&e->history);
    pthread_cond_destroy(&e->woken);
    pthread_mutex_destroy(&e->m);
    free(e->frames);
    free(e->faded);
    free(e);
    *out = NULL;
}

int encoder_hold(struct encoder *e, uint32_t rung, uint64_t from)
{
    const uint64_t used =
        atomic_load_explicit(&e->o.budget->common, memory_order_relaxed);

    pthread_mutex_lock(&e->m);
    int err = demand_hold(&e->demand, rung, from, (double)used,
                          (double)hub_budget_common(e->o.budget));
    if (err > 0)
        kick(e);
    pthread_mutex_unlock(&e->m);
    return err < 0 ? err : 0;
}

void encoder_release(struct encoder *e, uint32_t rung)
{
    pthread_mutex_lock(&e->m);
    demand_release(&e->demand, rung, clock_now());
    pthread_mutex_unlock(&e->m);
}

void encoder_hurry(struct encoder *e, bool on)
{
    if (!on) {
        atomic_fetch_sub_explicit(&e->hurry, 1, memory_order_relaxed);
    } else if (atomic_fetch_add_explicit(&e->hurry, 1, memory_order_relaxed) ==
               0) {
        pthread_mutex_lock(&e->m);
        kick(e); /* the wait under way is one of 5 ms */
        pthread_mutex_unlock(&e->m);
    }
}

void encoder_mute(struct encoder *e, bool muted)
{
    atomic_store_explicit(&e->muted, muted, memory_order_relaxed);
}

const struct pace *encoder_pace(const struct encoder *e)
{
    return e->pace;
}

void encoder_history(const struct encoder *e, uint64_t *first, uint64_t *end)
{
    history_range(e->history, first, end);
}

void encoder_stats(const struct encoder *e, struct encoder_stats *out)
{
    uint64_t first;

    *out = (struct encoder_stats){0};
    history_range(e->history, &first, &out->seq);
    for (uint32_t i = 0; i < e->o.n_rungs; i++)
        out->packets +=
            atomic_load_explicit(&e->packets[i], memory_order_relaxed);
    out->filled = atomic_load_explicit(&e->filled, memory_order_relaxed);
    out->dropped = atomic_load_explicit(&e->dropped, memory_order_relaxed);
    out->encode_ns = atomic_load_explicit(&e->encode_ns, memory_order_relaxed);
    out->late = atomic_load_explicit(&e->late, memory_order_relaxed);
    out->complexity =
        atomic_load_explicit(&e->complexity, memory_order_relaxed);
    out->lookahead = e->lookahead;
    out->graph = atomic_load_explicit(&e->graph, memory_order_relaxed);
    out->muted = atomic_load_explicit(&e->muted, memory_order_relaxed);
    out->failed = atomic_load_explicit(&e->failed, memory_order_relaxed);
}

void encoder_rung_stats(const struct encoder *e, uint32_t rung,
                        struct encoder_rung_stats *out)
{
    /* Asking changes nothing but the lock. */
    pthread_mutex_t *m = (pthread_mutex_t *)&e->m;

    pthread_mutex_lock(m);
    out->held = e->demand.rungs[rung].held;
    out->warm = e->demand.rungs[rung].warm;
    pthread_mutex_unlock(m);
    out->packets =
        atomic_load_explicit(&e->packets[rung], memory_order_relaxed);
    hub_range(e->rungs[rung].hub, &out->first, &out->end);
}

pthread_t encoder_thread(const struct encoder *e)
{
    return e->thread;
}
