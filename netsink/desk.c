// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/desk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/jgate.h"
#include "graph/threads.h"
#include "netsink/desk_priv.h"

#define FDS_MAX (1 + DESK_PEERS_MAX + DESK_SETS_MAX)

/* ---- what is given out --------------------------------------------------- */

static char *latest(struct desk *d, char *const *at)
{
    char *text;

    pthread_mutex_lock(&d->lock);
    text = strdup(*at ? *at : "{}");
    pthread_mutex_unlock(&d->lock);
    return text;
}

char *desk_json(struct desk *d)
{
    return latest(d, &d->json);
}

char *desk_levels(struct desk *d)
{
    return latest(d, &d->levels);
}

struct log_tail *desk_log(struct desk *d)
{
    return d->log;
}

/* ---- changes ------------------------------------------------------------- */

static const struct desk_peer *choose(struct desk *d, const char *generator)
{
    const struct desk_peer *p = NULL;

    for (uint32_t i = 0; !*generator && !p && i < d->o.n_mounts; i++)
        if (*d->place[i].from)
            p = desk_find_peer(d, d->place[i].from);
    for (uint32_t i = 0; !p && i < d->n_peers; i++)
        if (desk_peer_is_generator(&d->peer[i]) && d->peer[i].answers &&
            (!*generator || strcmp(d->peer[i].name, generator) == 0))
            p = &d->peer[i];
    return p;
}

/* Where it began or ended one is free. */
static void begin_jobs(struct desk *d, int64_t now)
{
    struct desk_job *in[DESK_SETS_MAX];
    uint32_t n, done = 0;

    pthread_mutex_lock(&d->lock);
    n = d->n_in;
    memcpy(in, d->in, n * sizeof(in[0]));
    d->n_in = 0;
    pthread_mutex_unlock(&d->lock);
    for (uint32_t i = 0; i < n; i++) {
        const struct desk_peer *p = choose(d, in[i]->generator);
        uint32_t at = 0;

        if (desk_job_begin(in[i], p ? p->told : NULL, now)) {
            done++;
            continue;
        }
        while (d->job[at])
            at++;
        d->job[at] = in[i];
    }
    pthread_mutex_lock(&d->lock);
    d->n_jobs -= done;
    pthread_mutex_unlock(&d->lock);
}

static void step_jobs(struct desk *d, int64_t now)
{
    uint32_t done = 0;

    for (uint32_t i = 0; i < DESK_SETS_MAX; i++)
        if (d->job[i] && desk_job_step(d->job[i], now)) {
            d->job[i] = NULL;
            done++;
        }
    if (done == 0)
        return;
    /* what has changed is seen soon */
    desk_ask_soon(d, now);
    pthread_mutex_lock(&d->lock);
    d->n_jobs -= done;
    pthread_mutex_unlock(&d->lock);
}

static void end_jobs(struct desk *d)
{
    static const char why[] = "the program ends";

    for (uint32_t i = 0; i < d->n_in; i++)
        desk_job_end(d->in[i], -ECANCELED, why);
    for (uint32_t i = 0; i < DESK_SETS_MAX; i++)
        if (d->job[i])
            desk_job_end(d->job[i], -ECANCELED, why);
}

/* ---- the thread ---------------------------------------------------------- */

static bool jobs_under_way(const struct desk *d)
{
    for (uint32_t i = 0; i < DESK_SETS_MAX; i++)
        if (d->job[i])
            return true;
    return false;
}

static void wait_for_more(struct desk *d, int64_t until)
{
    struct pollfd p[FDS_MAX] = {{.fd = d->wake, .events = POLLIN}};
    int64_t left, now = clock_now();
    uint64_t count;
    nfds_t n = 1;

    for (uint32_t i = 0; i < d->n_peers; i++)
        if (d->peer[i].ask)
            p[n++] = (struct pollfd){.fd = tell_ask_fd(d->peer[i].ask),
                                     .events = POLLIN};
    for (uint32_t i = 0; i < DESK_SETS_MAX; i++)
        if (d->job[i])
            p[n++] = (struct pollfd){.fd = remote_fd(d->job[i]->remote),
                                     .events = POLLIN};
    left = until - now;
    if ((d->compose || d->compose_levels) && d->compose_by - now < left)
        left = d->compose_by - now;
    if (jobs_under_way(d) && left > DESK_TICK_NS)
        left = DESK_TICK_NS; /* they have deadlines */
    poll(p, n, left <= 0 ? 0 : (int)(left / NS_PER_MS + 1));
    if (p[0].revents && read(d->wake, &count, sizeof(count)) < 0)
        return; /* it was read already */
}

/* Whether somebody watches; that it is otherwise than before begins anew. */
static bool is_watched(struct desk *d, int64_t now)
{
    /* relaxed: the eventfd wakes us after it */
    bool watched = atomic_load_explicit(&d->watched, memory_order_relaxed);

    if (watched != d->was_watched) {
        d->n_ticks = 0;
        d->tick_at = now;
    }
    d->was_watched = watched;
    return watched;
}

static void *run(void *arg)
{
    struct desk *d = arg;

    thread_enter(TH_DESK);
    d->tick_at = clock_now();
    while (!atomic_load_explicit(&d->stop, memory_order_acquire)) {
        int64_t now = clock_now();
        bool watched = is_watched(d, now);

        if (now >= d->tick_at) {
            desk_tick(d, watched, now);
            d->tick_at += watched ? DESK_TICK_NS : DESK_SLOW_TICK_NS;
            if (d->tick_at < now) /* it could not keep up */
                d->tick_at = now + DESK_TICK_NS;
        }
        for (uint32_t i = 0; i < d->n_peers; i++)
            (void)desk_peer_step(&d->peer[i], d->log, now);
        begin_jobs(d, now);
        step_jobs(d, now);
        desk_compose(d, now);
        wait_for_more(d, d->tick_at);
    }
    end_jobs(d);
    return NULL;
}

static void wake(struct desk *d)
{
    uint64_t one = 1;
    ssize_t n = write(d->wake, &one, sizeof(one));

    (void)n; /* full is awake too */
}

void desk_watched(struct desk *d, bool watched)
{
    if (atomic_exchange_explicit(&d->watched, watched, memory_order_relaxed) !=
        watched)
        wake(d);
}

void desk_jack(struct desk *d, const struct jclient *jack)
{
    pthread_mutex_lock(&d->jack_lock);
    d->jack = jack;
    pthread_mutex_unlock(&d->jack_lock);
}

int desk_set(struct desk *d, const char *generator, const char *name,
             const char *value, double fade_s,
             void (*done)(void *arg, int err, const char *said), void *arg)
{
    struct desk_job *j;
    int err = 0;

    if (strlen(generator ? generator : "") >= sizeof(j->generator) ||
        strlen(name) >= sizeof(j->name) || strlen(value) >= sizeof(j->value))
        return -EINVAL;
    j = calloc(1, sizeof(*j));
    if (!j)
        return -ENOMEM;
    strcpy(j->generator, generator ? generator : "");
    strcpy(j->name, name);
    strcpy(j->value, value);
    j->fade_s = fade_s;
    j->done = done;
    j->arg = arg;
    pthread_mutex_lock(&d->lock);
    if (d->n_jobs == DESK_SETS_MAX) {
        err = -EBUSY;
    } else {
        d->in[d->n_in++] = j;
        d->n_jobs++;
    }
    pthread_mutex_unlock(&d->lock);
    if (err)
        free(j);
    else
        wake(d);
    return err;
}

/* ---- begin and end ------------------------------------------------------- */

static void init(struct desk *d, const struct desk_opts *o)
{
    d->o = *o;
    d->o.n_mounts = o->n_mounts < MOUNT_MAX ? o->n_mounts : MOUNT_MAX;
    d->o.mounts = NULL;
    for (uint32_t i = 0; i < d->o.n_mounts; i++) {
        const struct desk_mount *m = &o->mounts[i];
        struct desk_place *p = &d->place[i];

        snprintf(p->name, sizeof(p->name), "%s", m->name);
        p->n_ports = m->n_ports < 2 ? m->n_ports : 2;
        for (uint32_t k = 0; k < p->n_ports; k++)
            snprintf(p->port[k].name, sizeof(p->port[k].name), "%s",
                     m->port[k]);
    }
    snprintf(d->server, sizeof(d->server), "%s", jgate_server(o->server));
    thread_mutex_init(&d->lock);
    thread_mutex_init(&d->jack_lock);
    atomic_init(&d->stop, false);
    atomic_init(&d->watched, false);
    (void)desk_add_peer(d, ""); /* the station */
}

int desk_new(struct desk **out, const struct desk_opts *o)
{
    struct desk *d = calloc(1, sizeof(*d));
    int err;

    *out = NULL;
    if (!d)
        return -ENOMEM;
    init(d, o);
    err = log_tail_new(&d->log, DESK_LOG_LINES);
    d->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!err && d->wake < 0)
        err = -errno;
    if (!err)
        err = -pthread_create(&d->thread, NULL, run, d);
    if (err) {
        atomic_store(&d->stop, true); /* there is no thread */
        desk_free(&d);
    }
    *out = d;
    return err;
}

void desk_free(struct desk **out)
{
    struct desk *d = *out;

    if (!d)
        return;
    /* release: pairs with the acquire in run() */
    if (!atomic_exchange_explicit(&d->stop, true, memory_order_release)) {
        wake(d);
        pthread_join(d->thread, NULL);
    }
    for (uint32_t i = 0; i < d->n_peers; i++)
        desk_peer_fini(&d->peer[i]);
    desk_peer_fini(&d->own);
    jgraph_free(&d->graph);
    log_tail_free(&d->log);
    if (d->wake >= 0)
        close(d->wake);
    pthread_mutex_destroy(&d->lock);
    pthread_mutex_destroy(&d->jack_lock);
    free(d->json);
    free(d->levels);
    free(d);
    *out = NULL;
}
