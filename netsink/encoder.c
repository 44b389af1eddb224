// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/encoder.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/threads.h"
#include "netsink/rung.h"
#include "netsink/timeline.h"

#define WAKE  (5 * NS_PER_MS)
#define BLOCK 1024 /* frames read from the tap at a time */

struct encoder {
    /* [init] */
    struct encoder_opts o;
    pthread_t thread;
    bool running; /* thread is there to be joined */

    /* [enc] */
    struct timeline *timeline;
    struct rung *rung;
    float *frames; /* [BLOCK][n_channels] */
    int err;       /* of a packet, for the end of the block */

    /* main>enc */
    atomic_bool stop;

    /* enc>any, one by one: figures, nothing hangs on their order */
    _Atomic uint64_t packets;
    _Atomic uint64_t filled;
    _Atomic uint64_t encode_ns;
    atomic_int failed;
};

static void on_packet(void *ctx, uint64_t seq, const float *frames)
{
    struct encoder *e = ctx;
    uint8_t data[HUB_PACKET_MAX];

    if (e->err)
        return;
    int len = rung_encode(e->rung, frames, data);
    e->err = len < 0 ? len : hub_put(e->o.hub, seq, data, (uint32_t)len);
    if (!e->err)
        atomic_fetch_add_explicit(&e->packets, 1, memory_order_relaxed);
}

static bool stopped(struct encoder *e)
{
    return atomic_load_explicit(&e->stop, memory_order_relaxed);
}

/* All that the tap holds. */
static int drain(struct encoder *e)
{
    struct tap_block b;

    while (!stopped(e) && tap_read(e->o.tap, &b, e->frames, BLOCK)) {
        int err = timeline_feed(e->timeline, b.position, e->frames, b.n_frames);
        if (!err)
            err = e->err;
        if (err)
            return err;
    }
    return 0;
}

static void publish(struct encoder *e)
{
    atomic_store_explicit(&e->filled, timeline_filled(e->timeline),
                          memory_order_relaxed);
    atomic_store_explicit(&e->encode_ns, (uint64_t)clock_thread_cpu(),
                          memory_order_relaxed);
}

static void *run(void *arg)
{
    struct encoder *e = arg;
    int64_t next = clock_now();

    thread_enter(TH_ENC);
    while (!stopped(e)) {
        int err = drain(e);
        publish(e);
        if (err) {
            log_error(e->o.log, "encoder: gave up: %s", strerror(-err));
            atomic_store_explicit(&e->failed, err, memory_order_relaxed);
            break;
        }
        /* A grid of its own, so that late wake-ups don't add up; what was
           missed is not made up for, drain() takes everything anyway. */
        int64_t now = clock_now();
        next += WAKE;
        if (next > now)
            clock_sleep(next - now);
        else
            next = now;
    }
    return NULL;
}

int encoder_start(struct encoder **out, const struct encoder_opts *o)
{
    struct encoder *e = calloc(1, sizeof(*e));
    int err = -ENOMEM;

    *out = NULL;
    if (!e)
        goto out;
    e->o = *o;
    atomic_init(&e->stop, false);
    atomic_init(&e->packets, 0);
    atomic_init(&e->filled, 0);
    atomic_init(&e->encode_ns, 0);
    atomic_init(&e->failed, 0);
    err = timeline_new(&e->timeline, o->rate, o->n_channels, on_packet, e);
    if (err)
        goto out;
    err = rung_new(&e->rung, o->n_channels, o->kbps);
    if (err)
        goto out;
    e->frames = calloc((size_t)BLOCK * o->n_channels, sizeof(float));
    if (!e->frames) {
        err = -ENOMEM;
        goto out;
    }
    err = -pthread_create(&e->thread, NULL, run, e);
    e->running = !err;
out:
    if (err)
        encoder_stop(&e);
    *out = e;
    return err;
}

void encoder_stop(struct encoder **e)
{
    if (!*e)
        return;
    if ((*e)->running) {
        atomic_store_explicit(&(*e)->stop, true, memory_order_relaxed);
        pthread_join((*e)->thread, NULL);
    }
    timeline_free(&(*e)->timeline);
    rung_free(&(*e)->rung);
    free((*e)->frames);
    free(*e);
    *e = NULL;
}

void encoder_stats(const struct encoder *e, struct encoder_stats *out)
{
    out->packets = atomic_load_explicit(&e->packets, memory_order_relaxed);
    out->filled = atomic_load_explicit(&e->filled, memory_order_relaxed);
    out->encode_ns = atomic_load_explicit(&e->encode_ns, memory_order_relaxed);
    out->lookahead = rung_lookahead(e->rung);
    out->failed = atomic_load_explicit(&e->failed, memory_order_relaxed);
}
