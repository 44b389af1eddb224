// SPDX-License-Identifier: GPL-3.0-or-later
/* What the desk does in each of its ticks: looks at the graph, asks, and puts
   together what has come. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/clock.h"
#include "netsink/desk_priv.h"

#define GRAPH_TICKS 5  /* of DESK_TICK_NS: between two looks at the graph */
#define ALL_TICKS   10 /* of the same: everything */
#define SLOW_TICKS  5  /* of DESK_SLOW_TICK_NS: everything */
#define COMPOSE_NS  (300 * NS_PER_MS) /* then without who is late */
#define LOST_NS     (3 * NS_PER_S)    /* a cable moved is no end of music */

/* ---- peers --------------------------------------------------------------- */

struct desk_peer *desk_find_peer(struct desk *d, const char *name)
{
    for (uint32_t i = 0; i < d->n_peers; i++)
        if (strcmp(d->peer[i].name, name) == 0)
            return &d->peer[i];
    return NULL;
}

struct desk_peer *desk_add_peer(struct desk *d, const char *name)
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
        p = desk_find_peer(d, name);
        p = p ? p : desk_add_peer(d, name);
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
        jclient_copy_name(d->jack, d->own.name, sizeof(d->own.name));
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
    const struct desk_peer *p = desk_find_peer(ctx, client);

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
    p = desk_find_peer(d, m->from);
    memset(&now, 0, sizeof(now));
    desk_copy_text(p->now, "title", now.title, sizeof(now.title));
    desk_copy_text(p->now, "detail", now.detail, sizeof(now.detail));
    if (!m->plays || strcmp(now.title, m->now.title) != 0 ||
        strcmp(now.detail, m->now.detail) != 0)
        tell_now(d, m, &now);
}

/* ---- composing ----------------------------------------------------------- */

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
    const struct desk_peer *station = desk_find_peer(d, "");
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

void desk_compose(struct desk *d, int64_t now)
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

void desk_tick(struct desk *d, bool watched, int64_t now)
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

void desk_ask_soon(struct desk *d, int64_t now)
{
    ask_all(d, DESK_ALL, now);
    d->compose = true;
    d->compose_by = now + COMPOSE_NS;
}
