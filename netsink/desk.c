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
#include "graph/text.h"
#include "graph/threads.h"
#include "netsink/desk_priv.h"

#define TICK_NS      (100 * NS_PER_MS) /* while somebody watches */
#define SLOW_TICK_NS NS_PER_S          /* while nobody does */
#define GRAPH_TICKS  5  /* of the first: between two looks at the graph */
#define ALL_TICKS    10 /* of the first: everything */
#define SLOW_TICKS   5  /* of the second: everything */
#define COMPOSE_NS   (300 * NS_PER_MS) /* then without who is late */
#define LOST_NS      (3 * NS_PER_S)    /* a cable moved is no end of music */
#define FDS_MAX      (1 + DESK_PEERS_MAX + DESK_SETS_MAX)

/* ---- what is given out --------------------------------------------------- */

static void publish(struct desk *d, char **at, json_t *o)
{
    char *text =
        o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(8)) : NULL;

    json_decref(o);
    if (!text)
        return;
    pthread_mutex_lock(&d->lock);
    free(*at);
    *at = text;
    pthread_mutex_unlock(&d->lock);
}

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

/* ---- peers --------------------------------------------------------------- */

static struct desk_peer *find_peer(struct desk *d, const char *name)
{
    for (uint32_t i = 0; i < d->n_peers; i++)
        if (strcmp(d->peer[i].name, name) == 0)
            return &d->peer[i];
    return NULL;
}

static struct desk_peer *add_peer(struct desk *d, const char *name)
{
    struct desk_peer *p;

    if (d->n_peers == DESK_PEERS_MAX)
        return NULL;
    p = &d->peer[d->n_peers++];
    *p = (struct desk_peer){.line = 0};
    snprintf(p->name, sizeof(p->name), "%s", name);
    return p;
}

/* Those in the graph, and those that answer though they are in none now. */
static void match_peers(struct desk *d)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < d->n_peers; i++)
        d->peer[i].in_graph = false;
    for (uint32_t i = 0; d->graph && i < jgraph_n_clients(d->graph); i++) {
        char name[DESK_NAME_MAX];
        struct desk_peer *p;

        desk_graph_client(d->graph, i, name);
        if (strcmp(name, d->own.name) == 0)
            continue;
        p = find_peer(d, name);
        p = p ? p : add_peer(d, name);
        if (p)
            p->in_graph = true;
    }
    for (uint32_t i = 0; i < d->n_peers; i++) {
        struct desk_peer *p = &d->peer[i];
        if (p->in_graph || !*p->name || p->ask || p->answers)
            d->peer[n++] = *p;
        else
            desk_peer_fini(p);
    }
    d->n_peers = n;
}

static void take_own(struct desk *d, const char *question,
                     enum desk_question asked)
{
    char *text;

    pthread_mutex_lock(&d->jack_lock);
    text = d->o.tell ? d->o.tell(d->o.tell_ctx, d->jack, question) : NULL;
    pthread_mutex_unlock(&d->jack_lock);
    d->own.pid = getpid();
    if (text)
        desk_peer_take(&d->own, text, asked, NULL);
    free(text);
}

/* ---- the graph ----------------------------------------------------------- */

/* sweep: also where JACK said nothing of a change. */
static void look_at_graph(struct desk *d, bool sweep)
{
    struct jgraph *g = NULL;
    uint32_t changes = 0;
    bool same = true;
    int r = 0;

    pthread_mutex_lock(&d->jack_lock);
    if (d->jack && jclient_alive(d->jack)) {
        snprintf(d->own.name, sizeof(d->own.name), "%s", jclient_name(d->jack));
        changes = jclient_changes(d->jack);
        same = d->graph_known && changes == d->changes && !sweep;
        if (!same)
            r = jclient_graph(d->jack, &g);
    } else {
        same = !d->graph;
    }
    pthread_mutex_unlock(&d->jack_lock);
    if (r == -EAGAIN) /* the one we have, until the next look */
        d->graph_known = false;
    if (same || r == -EAGAIN)
        return;
    jgraph_free(&d->graph);
    d->graph = g;
    d->changes = changes;
    d->graph_known = g != NULL;
    match_peers(d);
    d->compose = true;
}

static bool is_generator(void *ctx, const char *client)
{
    const struct desk_peer *p = find_peer(ctx, client);

    return p && p->now && desk_peer_is_generator(p);
}

/* Fills from: the generator upstream of that mount, or "". */
static void find_source(struct desk *d, struct desk_place *m)
{
    char name[2][DESK_NAME_MAX + sizeof(m->port[0].name)];
    const char *ports[2];
    uint32_t i;

    *m->from = '\0';
    if (!d->graph)
        return;
    for (i = 0; i < m->n_ports; i++) {
        snprintf(name[i], sizeof(name[i]), "%s:%s", d->own.name,
                 m->port[i].name);
        ports[i] = name[i];
    }
    i = desk_graph_upstream(d->graph, ports, m->n_ports, is_generator, d);
    if (i != JGRAPH_NONE)
        desk_graph_client(d->graph, i, m->from);
}

static void tell_now(struct desk *d, struct desk_place *m,
                     const struct desk_now *now)
{
    m->plays = now != NULL;
    if (now)
        m->now = *now;
    if (d->o.now)
        d->o.now(d->o.now_ctx, m->name, now);
}

static void look_at_place(struct desk *d, struct desk_place *m, int64_t at)
{
    const struct desk_peer *p;
    struct desk_now now;

    find_source(d, m);
    if (!*m->from) {
        if (m->lost_at == 0)
            m->lost_at = at;
        if (m->plays && at - m->lost_at >= LOST_NS)
            tell_now(d, m, NULL);
        return;
    }
    m->lost_at = 0;
    p = find_peer(d, m->from);
    memset(&now, 0, sizeof(now));
    desk_copy_text(p->now, "title", now.title, sizeof(now.title));
    desk_copy_text(p->now, "detail", now.detail, sizeof(now.detail));
    if (!m->plays || strcmp(now.title, m->now.title) != 0 ||
        strcmp(now.detail, m->now.detail) != 0)
        tell_now(d, m, &now);
}

/* ---- composing ----------------------------------------------------------- */

static json_t *clients_json(const struct desk *d)
{
    json_t *all = json_array();

    if (d->own.told)
        json_array_append_new(all, desk_peer_json(&d->own, &d->procs));
    for (uint32_t i = 0; i < d->n_peers; i++)
        if (d->peer[i].ours && *d->peer[i].name)
            json_array_append_new(all, desk_peer_json(&d->peer[i], &d->procs));
    return all;
}

static void compose(struct desk *d)
{
    const struct desk_peer *station = find_peer(d, "");
    json_t *told = station && station->answers ? station->told : NULL;

    d->compose = false;
    publish(d, &d->json,
            json_pack("{s:O?, s:o, s:o, s:o}", "station", told, "clients",
                      clients_json(d), "graph", desk_graph_json(d->graph),
                      "processes", desk_procs_json(&d->procs)));
}

static void compose_levels(struct desk *d)
{
    json_t *all = json_object();

    d->compose_levels = false;
    desk_peer_put_levels(&d->own, all);
    for (uint32_t i = 0; i < d->n_peers; i++)
        if (d->peer[i].answers && *d->peer[i].name)
            desk_peer_put_levels(&d->peer[i], all);
    publish(d, &d->levels, all);
}

/* Whether somebody who has answered so far may yet. */
static bool is_awaited(const struct desk *d)
{
    for (uint32_t i = 0; i < d->n_peers; i++)
        if (d->peer[i].ask && d->peer[i].answers)
            return true;
    return false;
}

static void compose_what_is_due(struct desk *d, int64_t now)
{
    if (!d->compose && !d->compose_levels)
        return;
    if (is_awaited(d) && now < d->compose_by)
        return;
    if (d->compose)
        compose(d);
    if (d->compose_levels)
        compose_levels(d);
}

/* ---- ticks --------------------------------------------------------------- */

static void look_at_procs(struct desk *d, int64_t now)
{
    desk_procs_begin(&d->procs);
    desk_procs_add(&d->procs, getpid(), now);
    for (uint32_t i = 0; i < d->n_peers; i++)
        desk_procs_add(&d->procs, d->peer[i].pid, now);
    desk_procs_end(&d->procs);
}

static void ask_all(struct desk *d, enum desk_question what, int64_t now)
{
    for (uint32_t i = 0; i < d->n_peers; i++) {
        struct desk_peer *p = &d->peer[i];
        bool known = p->ours && p->answers;

        if (what == DESK_NOW && known && !desk_peer_is_generator(p))
            continue;
        if (what == DESK_LEVELS && known && !p->levels)
            continue;
        desk_peer_ask(p, d->server, what, now);
    }
}

/* Our own log's lines are there at once. */
static void take_own_log(struct desk *d)
{
    struct log_line l = {.n = d->own_line};

    while (d->o.log->tail && log_tail_next(d->o.log->tail, l.n, &l)) {
        d->own_line = l.n;
        log_tail_put(d->log, l.unix_ms, l.level, l.who, l.text);
    }
}

static void tick_all(struct desk *d, int64_t now)
{
    take_own(d, "", DESK_ALL);
    ask_all(d, DESK_ALL, now);
    look_at_procs(d, now);
    d->compose = true;
    d->compose_by = now + COMPOSE_NS;
}

static void tick(struct desk *d, bool watched, int64_t now)
{
    uint64_t n = d->n_ticks++;
    bool all = n % (watched ? ALL_TICKS : SLOW_TICKS) == 0;

    take_own_log(d);
    if (!watched || n % GRAPH_TICKS == 0)
        look_at_graph(d, all);
    if (all)
        tick_all(d, now);
    else if (watched)
        take_own(d, "levels", DESK_LEVELS);
    if (!all)
        ask_all(d, watched ? DESK_LEVELS : DESK_NOW, now);
    if (watched) {
        d->compose_levels = true;
        if (!d->compose)
            d->compose_by = now + COMPOSE_NS;
    }
    if (!watched || n % ALL_TICKS == ALL_TICKS / 2)
        for (uint32_t i = 0; i < d->o.n_mounts; i++)
            look_at_place(d, &d->place[i], now);
}

/* ---- changes ------------------------------------------------------------- */

static const struct desk_peer *choose(struct desk *d, const char *generator)
{
    const struct desk_peer *p = NULL;

    for (uint32_t i = 0; !*generator && !p && i < d->o.n_mounts; i++)
        if (*d->place[i].from)
            p = find_peer(d, d->place[i].from);
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
    ask_all(d, DESK_ALL, now);
    d->compose = true;
    d->compose_by = now + COMPOSE_NS;
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
    if (jobs_under_way(d) && left > TICK_NS)
        left = TICK_NS; /* they have deadlines */
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
            tick(d, watched, now);
            d->tick_at += watched ? TICK_NS : SLOW_TICK_NS;
            if (d->tick_at < now) /* it could not keep up */
                d->tick_at = now + TICK_NS;
        }
        for (uint32_t i = 0; i < d->n_peers; i++)
            (void)desk_peer_step(&d->peer[i], d->log, now);
        begin_jobs(d, now);
        step_jobs(d, now);
        compose_what_is_due(d, now);
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
    (void)add_peer(d, ""); /* the station */
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
