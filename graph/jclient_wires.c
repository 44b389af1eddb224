// SPDX-License-Identifier: GPL-3.0-or-later
/* The connections of a client: what was announced and seen of them, and what
   waits to be made again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/jclient_priv.h"

#define SWEEP_NS NS_PER_S /* notifications can be missed */
/* Between two tries at what waits: a port that has just come may belong to a
   client that can't be connected yet. */
#define TRY_FIRST_NS (20 * NS_PER_MS)
#define TRY_MAX_NS   NS_PER_S
/* While the server's changes are not done, as where another client hangs amid
   one, libjack waits for them, a period or two for each port. */
#define LOOK_NS (50 * NS_PER_MS)

/* The i-th port, audio in, audio out, MIDI in; NULL after the last. */
static jack_port_t *port(const struct jclient_link *l, uint32_t i)
{
    if (i < l->n_in)
        return l->in[i];
    i -= l->n_in;
    if (i < l->n_out)
        return l->out[i];
    i -= l->n_out;
    return i < l->n_midi_in ? l->midi_in[i] : NULL;
}

static bool exists(void *ctx, const char *name)
{
    const struct jclient_link *l = ctx;

    return jack_port_by_name(l->jack, name) != NULL;
}

static void say_short(const struct jclient *c)
{
    log_debug(c->o.log, "memory is short: a connection may be missing after "
                        "the server's next start");
}

/* --- what is announced ---------------------------------------------------- */

/* NULL where the port has gone. */
static const char *name_of(const struct jclient_link *l, uint32_t id)
{
    jack_port_t *p = jack_port_by_id(l->jack, id);
    const char *name = p ? jack_port_name(p) : NULL;

    return name && *name ? name : NULL;
}

/* Our number of a port, by its full name; UINT32_MAX: it is not ours. */
static uint32_t number(const struct jclient_link *l, const char *name)
{
    jack_port_t *p;

    for (uint32_t i = 0; (p = port(l, i)); i++)
        if (strcmp(jack_port_name(p), name) == 0)
            return i;
    return UINT32_MAX;
}

/* Between our port and another one. */
static void hear_wire(struct jclient *c, const struct jclient_notice *n,
                      uint32_t own_id, uint32_t other_id)
{
    const char *own = name_of(c->link, own_id);
    const char *other = name_of(c->link, other_id);
    uint32_t i = own && other ? number(c->link, own) : UINT32_MAX;

    if (i == UINT32_MAX)
        return;
    if (n->kind == JCLIENT_PARTED)
        wires_parted(&c->wires, i, other, other_id, n->at);
    else if (wires_joined(&c->wires, i, other))
        say_short(c);
}

static void try_at_once(struct jclient *c)
{
    c->connect_at = 0;
    c->patience = TRY_FIRST_NS;
}

static void hear(struct jclient *c, const struct jclient_notice *n)
{
    const char *name;

    switch (n->kind) {
    case JCLIENT_JOINED:
    case JCLIENT_PARTED: /* both, for who is connected to itself */
        hear_wire(c, n, n->a, n->b);
        hear_wire(c, n, n->b, n->a);
        break;
    case JCLIENT_CAME:
        name = name_of(c->link, n->a);
        if (name && wires_wait_for(&c->wires, name))
            try_at_once(c);
        break;
    case JCLIENT_WENT:
        wires_port_gone(&c->wires, n->a);
        break;
    }
}

void jclient_hear(struct jclient *c)
{
    struct jclient_link *l = c->link;
    int64_t end = jclient_link_gone(l);
    struct jclient_notice n;

    while (ring_read_rt(l->notices, &n, 1) == 1)
        if (end == 0 || n.at < end) /* else it is the server's own end */
            hear(c, &n);
}

bool jclient_look(struct jclient *c, int64_t now)
{
    const struct jclient_link *l = c->link;
    int64_t until = clock_now() + LOOK_NS;
    jack_port_t *p;

    for (; (p = port(l, c->look_from)); c->look_from++) {
        if (clock_now() >= until)
            return false;
        const char **names = jack_port_get_connections(p);
        if (wires_see(&c->wires, c->look_from, names, now))
            say_short(c);
        jack_free(names);
    }
    c->look_from = 0;
    return true;
}

/* --- what waits ----------------------------------------------------------- */

/* Work: what [main] wants to be told and connected. */
static void work_on(void *link)
{
    struct jclient_link *l = link;

    if (l->latency_due)
        jclient_tell_latency(l);
    for (uint32_t i = 0; i < l->n_pairs; i++) {
        struct jclient_pair *x = &l->pair[i];
        jack_port_t *own = port(l, x->port);
        const char *name = jack_port_name(own);
        bool out = jack_port_flags(own) & JackPortIsOutput;
        /* relaxed: only to be done sooner */
        if (atomic_load_explicit(&l->closed, memory_order_relaxed))
            return;
        int r =
            jack_connect(l->jack, out ? name : x->other, out ? x->other : name);
        x->made = r == 0 || r == EEXIST;
        if (x->made)
            log_debug(l->c->o.log, "connected again: %s, %s", name, x->other);
    }
}

/* What has become of it. */
static void take_pairs(struct jclient *c)
{
    struct jclient_link *l = c->link;

    for (uint32_t i = 0; i < l->n_pairs; i++) {
        struct jclient_pair *x = &l->pair[i];
        if (x->made && wires_joined(&c->wires, x->port, x->other))
            say_short(c);
        free(x->other);
    }
    free(l->pair);
    l->pair = NULL;
    l->n_pairs = 0;
    l->latency_due = false;
}

/* Those that wait and whose other end is there. */
static void choose_pairs(struct jclient *c)
{
    struct jclient_link *l = c->link;
    uint32_t waiting = wires_waiting(&c->wires);

    l->pair = waiting ? calloc(waiting, sizeof(*l->pair)) : NULL;
    for (uint32_t i = 0; i < c->wires.n && l->pair; i++) {
        const struct wire *w = &c->wires.wire[i];
        if (w->made || !port(l, w->port) || !exists(l, w->other))
            continue;
        char *other = strdup(w->other);
        if (other)
            l->pair[l->n_pairs++] = (struct jclient_pair){w->port, other, 0};
    }
}

void jclient_wires_join(struct jclient *c)
{
    c->unsettled = true; /* look at once */
    c->sweep_at = 0;
    c->look_from = 0;
    try_at_once(c);
}

void jclient_wires_leave(struct jclient *c, int64_t at)
{
    wires_lost(&c->wires, at);
}

static void look_with_cause(struct jclient *c, int64_t now)
{
    struct jclient_link *l = c->link;

    if (!atomic_exchange_explicit(&l->changed, false, memory_order_relaxed) &&
        !c->unsettled && now < c->sweep_at)
        return;
    /* of those not seen yet nothing is known */
    c->unsettled =
        !jclient_look(c, now) || wires_settle(&c->wires, now, exists, l);
    c->sweep_at = now + SWEEP_NS;
}

int64_t jclient_connect(struct jclient *c, int64_t now)
{
    struct jclient_link *l = c->link;
    uint32_t waiting;

    take_pairs(c);
    look_with_cause(c, now);
    waiting = wires_waiting(&c->wires);
    atomic_store_explicit(&c->count.waiting, waiting, memory_order_relaxed);
    l->latency_due = atomic_exchange_explicit(&l->latency_asked, false,
                                              memory_order_relaxed) ||
                     (c->latency_changed && l->tells_latency);
    c->latency_changed = false;
    if (waiting && now >= c->connect_at) {
        choose_pairs(c);
        c->connect_at = now + c->patience;
        c->patience =
            2 * c->patience < TRY_MAX_NS ? 2 * c->patience : TRY_MAX_NS;
    }
    if (l->n_pairs || l->latency_due)
        jclient_link_work(l, &l->work, work_on);
    return waiting && c->connect_at < now + JCLIENT_TICK ? c->connect_at
                                                         : now + JCLIENT_TICK;
}
