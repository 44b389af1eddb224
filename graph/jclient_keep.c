// SPDX-License-Identifier: GPL-3.0-or-later
/* What a client tells the graph of itself: metadata and latencies. */
#include <jack/metadata.h>
#include <jack/session.h>
#include <jack/uuid.h>
#include <stdio.h>

#include "graph/jclient_priv.h"

/* --- metadata ------------------------------------------------------------- */

#define TEXT    "text/plain"
#define INTEGER "http://www.w3.org/2001/XMLSchema#int"

/* True where it is set, or there is nothing to set. */
static bool set(jack_client_t *jack, jack_uuid_t subject, const char *key,
                const char *value, const char *type)
{
    return !value || jack_set_property(jack, subject, key, value, type) == 0;
}

static bool tell_ports(jack_client_t *jack, jack_port_t *const *ports,
                       const struct jclient_port *about, uint32_t n,
                       uint32_t *order)
{
    bool ok = true;

    for (uint32_t i = 0; i < n; i++) {
        jack_uuid_t uuid = jack_port_uuid(ports[i]);
        char text[16];
        snprintf(text, sizeof(text), "%u", (unsigned)(*order)++);
        ok &= set(jack, uuid, JACK_METADATA_PRETTY_NAME, about[i].pretty, TEXT);
        ok &= set(jack, uuid, JACK_METADATA_PORT_GROUP, about[i].group, TEXT);
        ok &= set(jack, uuid, JACK_METADATA_ORDER, text, INTEGER);
    }
    return ok;
}

static bool tell_client(jack_client_t *jack, const struct jclient_opts *o)
{
    char *text =
        jack_get_uuid_for_client_name(jack, jack_get_client_name(jack));
    jack_uuid_t uuid;
    bool ok = text && jack_uuid_parse(text, &uuid) == 0;

    jack_free(text);
    return ok && set(jack, uuid, JACK_METADATA_PRETTY_NAME, o->pretty, TEXT) &&
           set(jack, uuid, JACK_METADATA_ICON_NAME, o->icon, TEXT);
}

/* The database of it is all of a user's servers' together, and whoever is
   killed in it locks it for good. */
void jclient_tell(void *link)
{
    struct jclient_link *l = link;
    const struct jclient_opts *o = &l->c->o;
    uint32_t order = 0;
    bool ok = tell_client(l->jack, o);

    ok &= tell_ports(l->jack, l->in, o->in, l->n_in, &order);
    ok &= tell_ports(l->jack, l->out, o->out, l->n_out, &order);
    ok &= tell_ports(l->jack, l->midi_in, o->midi_in, l->n_midi_in, &order);
    if (!ok)
        log_debug(o->log, "JACK takes no metadata: names for people and groups "
                          "are not shown");
}

/* --- latency -------------------------------------------------------------- */

static uint32_t get(const _Atomic uint32_t *x)
{
    /* relaxed: a number that nothing else hangs on */
    return atomic_load_explicit(x, memory_order_relaxed);
}

/* The widest range among ports; 0 to 0 of none. */
static jack_latency_range_t widest(jack_port_t *const *ports, uint32_t n,
                                   jack_latency_callback_mode_t mode)
{
    jack_latency_range_t all = {0, 0};

    for (uint32_t i = 0; i < n; i++) {
        jack_latency_range_t r;
        jack_port_get_latency_range(ports[i], mode, &r);
        if (i == 0 || r.min < all.min)
            all.min = r.min;
        if (r.max > all.max)
            all.max = r.max;
    }
    return all;
}

static void set_all(jack_port_t *const *ports, uint32_t n,
                    jack_latency_callback_mode_t mode, uint32_t min,
                    uint32_t max)
{
    jack_latency_range_t r = {min, max}, was;

    for (uint32_t i = 0; i < n; i++) {
        jack_port_get_latency_range(ports[i], mode, &was);
        if (was.min != min || was.max != max)
            jack_port_set_latency_range(ports[i], mode, &r);
    }
}

static void set_latency(struct jclient_link *l,
                        jack_latency_callback_mode_t mode)
{
    const struct jclient *c = l->c;
    uint32_t own = get(&c->through);
    jack_latency_range_t r;

    if (mode == JackCaptureLatency) {
        r = widest(l->in, l->n_in, mode);
        if (!c->o.through) /* what comes out begins here */
            r = (jack_latency_range_t){0, 0};
        set_all(l->out, l->n_out, mode, r.min + own, r.max + own);
        return;
    }
    r = widest(l->out, l->n_out, mode);
    if (c->o.through)
        set_all(l->in, l->n_in, mode, r.min + own, r.max + own);
    else
        set_all(l->in, l->n_in, mode, get(&c->heard_min), get(&c->heard_max));
    /* and what is played is heard in what comes out */
    own = get(&c->midi_heard);
    set_all(l->midi_in, l->n_midi_in, mode, r.min + own, r.max + own);
}

/*
 * [jk] With jackd this is the only place to set them in, and there is nothing
 * else that may be called. PipeWire 0.3.65 can't have them set here: it holds a
 * lock for the callback, and jack_port_set_latency_range() does whatever else
 * is queued for its thread, which takes that lock for the next callback: then
 * it hangs for good, and no cycle comes any more.
 */
void jclient_on_latency(jack_latency_callback_mode_t mode, void *arg)
{
    struct jclient_link *l = arg;

    if (l->c->is_pipewire)
        atomic_store_explicit(&l->latency_asked, true, memory_order_relaxed);
    else
        set_latency(l, mode);
}

void jclient_tell_latency(struct jclient_link *l)
{
    if (l->c->is_pipewire) {
        set_latency(l, JackCaptureLatency);
        set_latency(l, JackPlaybackLatency);
    } else {
        jack_recompute_total_latencies(l->jack);
    }
}

bool jclient_has_latency(const struct jclient *c)
{
    return get(&c->through) || get(&c->heard_max) || get(&c->midi_heard);
}

static void change(struct jclient *c, _Atomic uint32_t *x, uint32_t frames)
{
    if (atomic_exchange_explicit(x, frames, memory_order_relaxed) != frames)
        c->latency_changed = true;
}

void jclient_set_latency(struct jclient *c, uint32_t frames)
{
    change(c, &c->through, frames);
}

void jclient_set_heard(struct jclient *c, uint32_t min, uint32_t max)
{
    change(c, &c->heard_min, min);
    change(c, &c->heard_max, max);
}

void jclient_set_midi_heard(struct jclient *c, uint32_t frames)
{
    change(c, &c->midi_heard, frames);
}
