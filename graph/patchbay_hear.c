// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What JACK announces. It comes some time after it is so: a wanted cable that
 * has vanished without a word of a cut or of its ports is therefore held for a
 * while (patchbay_act.c), until the word comes: else a cable pulled by hand
 * would be made again before we hear that it was pulled.
 */
#include <stdlib.h>
#include <string.h>

#include "graph/patchbay_priv.h"

#define QUIET_NS (15 * NS_PER_MS) /* of ports that come, before a look */
#define BUSY_NS  (60 * NS_PER_MS) /* and no later than so after the first */

static void note_came(struct came *c, uint32_t id)
{
    if (c->n == c->room) {
        uint32_t room = c->room ? 2 * c->room : 64;
        uint32_t *more = realloc(c->id, room * sizeof(*more));
        if (!more) {
            c->all = true;
            return;
        }
        c->id = more;
        c->room = room;
    }
    c->id[c->n++] = id;
}

bool bay_has_come(const struct patchbay *p, const char *port)
{
    bool yes = p->came.all;

    for (uint32_t i = 0; i < p->came.n && !yes; i++) {
        const char *name = stay_port_name(p->stay, p->came.id[i]);
        yes = name && strcmp(name, port) == 0;
    }
    return yes;
}

static void hear_cut(struct patchbay *p, const struct stay_event *e,
                     int64_t now)
{
    const char *from = stay_port_name(p->stay, e->a);
    const char *to = stay_port_name(p->stay, e->b);

    if (!from || !to)
        return;
    log_debug(p->log, "patchbay: %s from %s was announced as parted", from, to);
    if (pulled_has(p->parting, from, to)) {
        pulled_remove(p->parting, from, to);
        return;
    }
    if (!ours_has(p->ours, from, to) && !tries_held(p->tries, from, to) &&
        !(p->seen && bay_find_present(p->graph, p->plan, from, to)))
        return;
    tries_drop(p->tries, from, to);
    if (pulls_cut(p->pulls, from, to, e->a, e->b, now) < 0)
        log_warn(p->log, "patchbay: out of memory");
}

static void hear_joined(struct patchbay *p, const struct stay_event *e,
                        int64_t now)
{
    const char *from = stay_port_name(p->stay, e->a);
    const char *to = stay_port_name(p->stay, e->b);

    if (!from || !to)
        return;
    log_debug(p->log, "patchbay: %s to %s was announced as joined", from, to);
    if (pulled_has(p->joining, from, to))
        pulled_remove(p->joining, from, to);
    else
        ours_joined(p->ours, from, to, now);
    pulled_remove(p->parting, from, to);
    pulls_joined(p->pulls, from, to);
}

static void hear_came(struct patchbay *p, uint32_t id, int64_t now)
{
    note_came(&p->came, id);
    tries_hurry(p->tries);
    if (!p->busy_since)
        p->busy_since = now;
    p->quiet_at = now + QUIET_NS < p->busy_since + BUSY_NS
                      ? now + QUIET_NS
                      : p->busy_since + BUSY_NS;
}

void bay_hear(struct patchbay *p, int64_t now)
{
    struct stay_event e;

    while (stay_event(p->stay, &e)) {
        p->dirty = true;
        p->again_at = now + bay_settle_ns(p);
        if (e.kind == STAY_PARTED)
            hear_cut(p, &e, now);
        else if (e.kind == STAY_JOINED)
            hear_joined(p, &e, now);
        else if (e.kind == STAY_PORT_GONE)
            pulls_port_gone(p->pulls, e.a, now);
        else if (e.kind == STAY_PORT_CAME)
            hear_came(p, e.a, now);
    }
    if (stay_lost(p->stay)) {
        /* what was cut may have been a client's going: none counts */
        p->dirty = p->came.all = true;
        tries_hurry(p->tries);
        pulled_clear(p->parting);
        pulled_clear(p->joining);
    }
}

void bay_notice(struct patchbay *p, int64_t now)
{
    const struct jgraph_link *l = jgraph_links(p->graph);

    for (uint32_t i = 0; i < jgraph_n_links(p->graph); i++) {
        const char *from = jgraph_port(p->graph, l[i].from)->name;
        const char *to = jgraph_port(p->graph, l[i].to)->name;
        if (pulled_has(pulls_now(p->pulls), from, to))
            pulls_seen(p->pulls, from, to, now);
    }
}
