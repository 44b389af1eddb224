// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <jack/metadata.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/jclose.h"
#include "graph/jgate.h"
#include "graph/patchbay_priv.h"
#include "graph/ring.h"

#define EVENTS 16384 /* a thousand ports come and go, joined, in one tick */

struct stay {
    jack_client_t *jack; /* [init] */
    int fd;              /* [init] */
    struct ring *events; /* [jk>main] */

    /* [jk>main] */
    _Atomic bool lost, over, freewheel;
    _Atomic uint32_t rate, period; /* Hz, frames */
};

static void silent(const char *text)
{
    (void)text;
}

/* [jk] */
static void wake(struct stay *s)
{
    uint64_t one = 1;
    ssize_t n = write(s->fd, &one, sizeof(one));

    (void)n; /* full means readable */
}

/* [jk] libjack's callbacks all come from one thread. */
static void post(struct stay *s, enum stay_kind kind, uint32_t a, uint32_t b)
{
    struct stay_event e = {kind, a, b};

    if (ring_write_rt(s->events, &e, 1) == 0)
        /* release: pairs with the exchange in stay_lost() */
        atomic_store_explicit(&s->lost, true, memory_order_release);
    wake(s);
}

/* [jk] */
static void on_port(jack_port_id_t id, int came, void *arg)
{
    post(arg, came ? STAY_PORT_CAME : STAY_PORT_GONE, id, 0);
}

/* [jk] */
static void on_connect(jack_port_id_t a, jack_port_id_t b, int joined,
                       void *arg)
{
    post(arg, joined ? STAY_JOINED : STAY_PARTED, a, b);
}

/* [jk] */
static void on_rename(jack_port_id_t id, const char *was, const char *name,
                      void *arg)
{
    (void)was;
    (void)name;
    /* to rules, another port in its place */
    post(arg, STAY_PORT_GONE, id, 0);
    post(arg, STAY_PORT_CAME, id, 0);
}

/* [jk] A port's order may have changed. */
static void on_property(jack_uuid_t subject, const char *key,
                        jack_property_change_t change, void *arg)
{
    (void)subject;
    (void)key;
    (void)change;
    post(arg, STAY_OTHER, 0, 0);
}

/* [jk] */
static void on_freewheel(int starting, void *arg)
{
    struct stay *s = arg;

    atomic_store_explicit(&s->freewheel, starting != 0, memory_order_relaxed);
    post(s, STAY_OTHER, 0, 0);
}

/* [jk] */
static int on_rate(jack_nframes_t hz, void *arg)
{
    struct stay *s = arg;

    atomic_store_explicit(&s->rate, hz, memory_order_relaxed);
    return 0;
}

/* [jk] */
static int on_period(jack_nframes_t frames, void *arg)
{
    struct stay *s = arg;

    atomic_store_explicit(&s->period, frames, memory_order_relaxed);
    return 0;
}

/* [jk] */
static void on_shutdown(void *arg)
{
    struct stay *s = arg;

    /* release: pairs with the acquire in stay_over() */
    atomic_store_explicit(&s->over, true, memory_order_release);
    wake(s);
}

/* [jk] */
static void on_info_shutdown(jack_status_t code, const char *reason, void *arg)
{
    (void)code;
    (void)reason;
    on_shutdown(arg);
}

static bool listen_to(struct stay *s)
{
    /* jackd takes one of them, PipeWire 0.3.65 calls the first alone. */
    jack_on_shutdown(s->jack, on_shutdown, s);
    jack_on_info_shutdown(s->jack, on_info_shutdown, s);
    /* Metadata are a favour: not every server has them. */
    jack_set_property_change_callback(s->jack, on_property, s);
    jack_set_port_rename_callback(s->jack, on_rename, s);
    return jack_set_port_registration_callback(s->jack, on_port, s) == 0 &&
           jack_set_port_connect_callback(s->jack, on_connect, s) == 0 &&
           jack_set_freewheel_callback(s->jack, on_freewheel, s) == 0 &&
           jack_set_sample_rate_callback(s->jack, on_rate, s) == 0 &&
           jack_set_buffer_size_callback(s->jack, on_period, s) == 0;
}

int stay_begin(struct stay **out, const char *name, const char *server, int fd,
               struct jclose *x, jack_status_t *status)
{
    struct stay *s = calloc(1, sizeof(*s));
    int r = -ENOMEM, gate;
    bool ok;

    *out = NULL;
    *status = 0;
    if (!s)
        return r;
    s->fd = -1;
    if (ring_new(&s->events, EVENTS, sizeof(struct stay_event)) < 0)
        goto out;
    s->fd = dup(fd);
    r = -errno;
    if (s->fd < 0)
        goto out;

    jack_set_error_function(silent);
    jack_set_info_function(silent);
    gate = jgate_enter(server);
    s->jack = server
                  ? jack_client_open(name, JackNoStartServer | JackServerName,
                                     status, server)
                  : jack_client_open(name, JackNoStartServer, status);
    jgate_leave(gate, server);
    r = *status & JackServerFailed ? -EHOSTDOWN : -EIO;
    if (!s->jack)
        goto out;
    atomic_store_explicit(&s->rate, jack_get_sample_rate(s->jack),
                          memory_order_relaxed);
    atomic_store_explicit(&s->period, jack_get_buffer_size(s->jack),
                          memory_order_relaxed);
    /* Active without a process function: inactive clients can't connect. */
    gate = jgate_enter(server);
    ok = listen_to(s) && jack_activate(s->jack) == 0;
    jgate_leave(gate, server);
    if (!ok) {
        r = stay_over(s) ? -EHOSTDOWN : -EIO;
        goto out;
    }
    *out = s;
    s = NULL;
    r = 0;
out:
    stay_end(&s, x, NULL);
    return r;
}

void stay_end(struct stay **s, struct jclose *x, const struct log *log)
{
    if (!*s)
        return;
    if ((*s)->jack && !jclose_in_time(x, (*s)->jack)) {
        /* libjack may still look at it */
        log_warn(log, "JACK does not let go of the patchbay's client");
    } else {
        ring_free(&(*s)->events);
        if ((*s)->fd >= 0)
            close((*s)->fd);
        free(*s);
    }
    *s = NULL;
}

jack_client_t *stay_jack(const struct stay *s)
{
    return s->jack;
}

bool stay_event(struct stay *s, struct stay_event *out)
{
    return ring_read_rt(s->events, out, 1) == 1;
}

bool stay_lost(struct stay *s)
{
    /* acquire: pairs with the release in post() */
    return atomic_exchange_explicit(&s->lost, false, memory_order_acquire);
}

bool stay_over(const struct stay *s)
{
    /* acquire: pairs with the release in on_shutdown() */
    return atomic_load_explicit(&s->over, memory_order_acquire);
}

bool stay_freewheel(const struct stay *s)
{
    return atomic_load_explicit(&s->freewheel, memory_order_relaxed);
}

uint32_t stay_rate(const struct stay *s)
{
    return atomic_load_explicit(&s->rate, memory_order_relaxed);
}

uint32_t stay_period(const struct stay *s)
{
    return atomic_load_explicit(&s->period, memory_order_relaxed);
}
