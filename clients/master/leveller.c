// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/master/leveller_priv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/pinned.h"
#include "graph/threads.h"

#define RATE_MIN   8000   /* Hz */
#define RATE_MAX   384000 /* Hz */
#define TARGET_MIN (-60.0)
#define RING_S     2 /* of sound: how late [lev] may be */
#define WAKE       (50 * NS_PER_MS)
/* Twice as fast as the rule moves it: it arrives, and nothing jumps. */
#define SLOPE (2 * LEVEL_SLOPE) /* dB per s */
/* Before that the short-term loudness is still that of a start in silence. */
#define SETTLED (3 * LEVEL_STEPS_PER_S) /* steps */

static double linear(double db)
{
    return pow(10, db / 20);
}

static double decibels(double x)
{
    return x > 0 ? 20 * log10(x) : -HUGE_VAL;
}

static double lufs(int (*measure)(ebur128_state *, double *), ebur128_state *e)
{
    double x;

    return measure(e, &x) == EBUR128_SUCCESS ? x : -HUGE_VAL;
}

/* The output's figures, at the end of a step. */
static void publish(struct leveller *l)
{
    struct leveller_meters m = {
        .momentary = lufs(ebur128_loudness_momentary, l->out),
        .short_term = lufs(ebur128_loudness_shortterm, l->out),
        .integrated = lufs(ebur128_loudness_global, l->out),
        .gain_db = l->level.gain_db,
    };
    double peak[2] = {0, 0};
    float lowest = 1;

    for (unsigned c = 0; c < 2; c++)
        ebur128_true_peak(l->out, c, &peak[c]);
    m.true_peak = decibels(fmax(peak[0], peak[1]));
    for (uint32_t i = 0; i < LEVEL_STEPS_PER_S; i++)
        lowest = fminf(lowest, l->lowest[i]);
    m.reduction = lowest < 1 ? -decibels((double)lowest) : 0;

    pthread_mutex_lock(&l->lock);
    l->meters = m;
    pthread_mutex_unlock(&l->lock);
}

static void end_step(struct leveller *l)
{
    if (l->steps < SETTLED)
        l->steps++;
    if (!l->bypass && l->steps == SETTLED) {
        double db =
            level_step(&l->level, lufs(ebur128_loudness_shortterm, l->in));
        int32_t wanted = (int32_t)lround(linear(db) * LEVELLER_ONE);
        atomic_store_explicit(&l->wanted, wanted, memory_order_relaxed);
    }
    publish(l);
    l->done = 0;
    l->at = (l->at + 1) % LEVEL_STEPS_PER_S;
    l->lowest[l->at] = 1;
}

/* n frames of l->block, within one step. */
static int measure(struct leveller *l, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct leveller_frame *f = &l->block[i];
        memcpy(l->pairs[0][i], f->in, sizeof(f->in));
        memcpy(l->pairs[1][i], f->out, sizeof(f->out));
        l->lowest[l->at] = fminf(l->lowest[l->at], f->reduction);
    }
    /* Memory is the one thing it can lack. */
    if (ebur128_add_frames_float(l->in, l->pairs[0][0], n) ||
        ebur128_add_frames_float(l->out, l->pairs[1][0], n))
        return -ENOMEM;
    l->done += n;
    if (l->done == l->step)
        end_step(l);
    return 0;
}

int leveller_drain(struct leveller *l)
{
    int err = 0;

    while (!err) {
        uint32_t n = l->step - l->done;
        n = ring_read_rt(l->frames, l->block,
                         n < LEVELLER_BLOCK ? n : LEVELLER_BLOCK);
        if (n == 0)
            break;
        err = measure(l, n);
    }
    return err;
}

static void *run(void *arg)
{
    struct leveller *l = arg;
    int err = 0;

    thread_enter(TH_LEV);
    /* relaxed: nothing but the flag itself is handed over */
    while (!err && !atomic_load_explicit(&l->stop, memory_order_relaxed)) {
        atomic_fetch_add_explicit(&l->turns, 1, memory_order_relaxed);
        err = leveller_drain(l);
        clock_sleep(WAKE);
    }
    if (err)
        log_error(l->log, "measuring failed: %s", strerror(-err));
    atomic_store_explicit(&l->failed, err, memory_order_relaxed);
    return NULL;
}

static void init(struct leveller *l, const struct leveller_opts *o)
{
    l->log = o->log;
    l->bypass = o->bypass;
    l->step = o->rate / LEVEL_STEPS_PER_S;
    l->slope = (int32_t)lround((linear(SLOPE) - 1) / o->rate * LEVELLER_ONE);
    l->gain = (int32_t)lround(linear(o->gain_db) * LEVELLER_ONE);
    for (uint32_t i = 0; i < LEVEL_STEPS_PER_S; i++)
        l->lowest[i] = 1;
    l->meters = (struct leveller_meters){
        .momentary = -HUGE_VAL,
        .short_term = -HUGE_VAL,
        .integrated = -HUGE_VAL,
        .true_peak = -HUGE_VAL,
    };
    level_init(&l->level, o->target);
    l->level.gain_db = l->meters.gain_db = o->gain_db;
    pthread_mutex_init(&l->lock, NULL);
    atomic_init(&l->wanted, l->gain);
    atomic_init(&l->missed, 0);
    atomic_init(&l->turns, 0);
    atomic_init(&l->stop, false);
    atomic_init(&l->failed, 0);
}

int leveller_new(struct leveller **out, const struct leveller_opts *o)
{
    struct leveller *l = NULL;
    int err = -ENOMEM;

    *out = NULL;
    if (o->rate < RATE_MIN || o->rate > RATE_MAX ||
        !(o->target >= TARGET_MIN && o->target <= 0) ||
        !(fabs(o->gain_db) <= LEVEL_RANGE_DB))
        return -EINVAL;
    l = pinned_new(sizeof(*l));
    if (!l)
        goto out;
    init(l, o);
    /* The histogram bounds the memory of a station that never stops. */
    l->in = ebur128_init(2, o->rate, EBUR128_MODE_S);
    l->out = ebur128_init(2, o->rate,
                          EBUR128_MODE_S | EBUR128_MODE_I |
                              EBUR128_MODE_TRUE_PEAK | EBUR128_MODE_HISTOGRAM);
    if (!l->in || !l->out)
        goto out;
    err = ring_new(&l->frames, RING_S * o->rate, sizeof(struct leveller_frame));
    if (err)
        goto out;
    *out = l;
    l = NULL;
out:
    leveller_free(&l);
    return err;
}

int leveller_start(struct leveller *l)
{
    int err = -pthread_create(&l->thread, NULL, run, l);

    l->running = !err;
    return err;
}

pthread_t leveller_thread(const struct leveller *l)
{
    return l->thread;
}

void leveller_free(struct leveller **out)
{
    struct leveller *l = *out;

    if (!l)
        return;
    if (l->running) {
        atomic_store_explicit(&l->stop, true, memory_order_relaxed);
        pthread_join(l->thread, NULL);
    }
    if (l->in)
        ebur128_destroy(&l->in);
    if (l->out)
        ebur128_destroy(&l->out);
    ring_free(&l->frames);
    pthread_mutex_destroy(&l->lock);
    pinned_free(l, sizeof(*l));
    *out = NULL;
}

struct leveller_meters leveller_meters(struct leveller *l)
{
    struct leveller_meters m;

    pthread_mutex_lock(&l->lock);
    m = l->meters;
    pthread_mutex_unlock(&l->lock);
    return m;
}

uint64_t leveller_missed(const struct leveller *l)
{
    return atomic_load_explicit(&l->missed, memory_order_relaxed);
}

uint64_t leveller_turns(const struct leveller *l)
{
    return atomic_load_explicit(&l->turns, memory_order_relaxed);
}

int leveller_failed(const struct leveller *l)
{
    return atomic_load_explicit(&l->failed, memory_order_relaxed);
}
