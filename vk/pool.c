// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "graph/threads.h"

struct helper {
    struct pool *pool;
    uint32_t who;
    pthread_t thread;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    /* [lock] */
    uint64_t round; /* counts pool_run() */
    uint32_t busy;  /* helpers that have not finished the round */
    bool stop;
    /* of the round: written under the lock before it begins */
    pool_fn *fn;
    void *ctx;
    uint32_t n_jobs;
    _Atomic uint32_t next; /* job */
    /* [init] */
    uint32_t n_helpers; /* started */
    struct helper *helpers;
};

/* Relaxed: a job's inputs are published by the lock, its results too. */
static void take_jobs(struct pool *p, uint32_t who)
{
    for (;;) {
        uint32_t job =
            atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
        if (job >= p->n_jobs)
            return;
        p->fn(p->ctx, who, job);
    }
}

static void *help(void *arg)
{
    struct helper *h = arg;
    struct pool *p = h->pool;
    uint64_t seen = 0;

    thread_enter(TH_GPU);
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->stop && p->round == seen)
            pthread_cond_wait(&p->work, &p->lock);
        if (p->stop)
            break;
        seen = p->round;
        pthread_mutex_unlock(&p->lock);
        take_jobs(p, h->who);
        pthread_mutex_lock(&p->lock);
        if (--p->busy == 0)
            pthread_cond_signal(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

int pool_new(struct pool **out, uint32_t helpers)
{
    struct pool *p = calloc(1, sizeof(*p));
    int ret = -ENOMEM;

    *out = NULL;
    if (!p)
        return -ENOMEM;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->done, NULL);
    p->helpers = calloc((size_t)helpers + 1, sizeof(*p->helpers));
    if (!p->helpers)
        goto out;
    while (p->n_helpers < helpers) {
        struct helper *h = &p->helpers[p->n_helpers];
        h->pool = p;
        h->who = p->n_helpers + 1;
        ret = -pthread_create(&h->thread, NULL, help, h);
        if (ret < 0)
            goto out;
        p->n_helpers++;
    }
    *out = p;
    p = NULL;
    ret = 0;
out:
    pool_free(&p);
    return ret;
}

void pool_free(struct pool **pool)
{
    struct pool *p = *pool;

    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (uint32_t i = 0; i < p->n_helpers; i++)
        pthread_join(p->helpers[i].thread, NULL);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    free(p->helpers);
    free(p);
    *pool = NULL;
}

void pool_run(struct pool *p, uint32_t n, pool_fn *fn, void *ctx)
{
    pthread_mutex_lock(&p->lock);
    p->fn = fn;
    p->ctx = ctx;
    p->n_jobs = n;
    atomic_store_explicit(&p->next, 0, memory_order_relaxed);
    p->busy = p->n_helpers;
    p->round++;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);

    take_jobs(p, 0);

    pthread_mutex_lock(&p->lock);
    while (p->busy > 0)
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}
