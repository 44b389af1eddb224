// SPDX-License-Identifier: GPL-3.0-or-later
/* One stay in one server, from opening to closing, and what JACK calls. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/jclient_priv.h"
#include "graph/jgate.h"
#include "graph/pinned.h"

/* Opens on several servers at one moment race on libjack's common registry and
   fail now and then with JackServerError (measured); a retry cures it. */
#define OPEN_TRIES    5
#define OPEN_PAUSE_NS (50 * NS_PER_MS)

struct jclient_link *jclient_link_new(struct jclient *c)
{
    struct jclient_link *l = pinned_new(sizeof(*l));

    if (!l)
        return NULL;
    l->c = c;
    l->work.fd = l->tell.fd = l->close.fd = -1;
    if (ring_new(&l->notices, JCLIENT_NOTICES, sizeof(struct jclient_notice)))
        jclient_link_free(&l);
    return l;
}

void jclient_link_free(struct jclient_link **l)
{
    for (uint32_t i = 0; i < (*l)->n_pairs; i++)
        free((*l)->pair[i].other);
    free((*l)->pair);
    ring_free(&(*l)->notices);
    pinned_free(*l, sizeof(**l));
    *l = NULL;
}

/* --- opening -------------------------------------------------------------- */

/* libjack prints to stderr by itself; what matters is said by us. */
static void jack_silent(const char *text)
{
    (void)text;
}

static const char *status_words(unsigned s)
{
    if (s & JackServerFailed)
        return "no such server is running";
    if (s & JackVersionError)
        return "its version does not fit this libjack";
    if (s & JackShmFailure)
        return "its shared memory can't be reached (another user's server?)";
    if (s & JackNameNotUnique)
        return "another client has this name";
    if (s & JackServerError)
        return "communication with it failed";
    if (s & JackInvalidOption)
        return "invalid name or option";
    return "it refused the client";
}

void jclient_link_say(const struct jclient_link *l)
{
    const struct jclient_opts *o = &l->c->o;

    if (l->err == -EHOSTDOWN)
        log_error(o->log,
                  "no JACK server '%s' is running: start one ('jackd -d alsa', "
                  "or 'jackd -d dummy' without a sound card), or use "
                  "'longwave run', which does",
                  jgate_server(o->server));
    else
        log_error(o->log, "JACK server '%s', client '%s': %s (status 0x%x)",
                  jgate_server(o->server), l->c->name, status_words(l->status),
                  l->status);
}

static jack_client_t *open_once(const struct jclient_link *l,
                                jack_status_t *status)
{
    const struct jclient_opts *o = &l->c->o;
    jack_options_t options =
        JackNoStartServer | (l->exact ? JackUseExactName : 0);
    int gate = jgate_enter(o->server);
    jack_client_t *jack =
        o->server ? jack_client_open(l->c->name, options | JackServerName,
                                     status, o->server)
                  : jack_client_open(l->c->name, options, status);

    jgate_leave(gate, o->server);
    return jack;
}

int jclient_link_open(struct jclient_link *l)
{
    jack_status_t status = 0;

    jack_set_error_function(jack_silent);
    jack_set_info_function(jack_silent);
    for (int i = 0; i < OPEN_TRIES; i++) {
        l->jack = open_once(l, &status);
        if (l->jack || !(status & JackServerError))
            break;
        clock_sleep(OPEN_PAUSE_NS);
    }
    l->status = status;
    if (l->jack)
        l->err = 0;
    else if (status & JackServerFailed)
        l->err = -EHOSTDOWN;
    else
        l->err = status & JackInvalidOption ? -EINVAL : -EIO;
    return l->err;
}

/* --- ports and callbacks -------------------------------------------------- */

/* [jk] The first one counts: jackd tells of its end twice. */
static void on_shutdown(void *arg)
{
    struct jclient_link *l = arg;
    int64_t none = 0;
    /* release: pairs with the acquire in jclient_link_gone() */
    atomic_compare_exchange_strong_explicit(&l->gone_at, &none, clock_now(),
                                            memory_order_release,
                                            memory_order_relaxed);
}

int64_t jclient_link_gone(const struct jclient_link *l)
{
    /* acquire: pairs with the release in on_shutdown() */
    return atomic_load_explicit(&l->gone_at, memory_order_acquire);
}

/* [jk] */
static void on_info_shutdown(jack_status_t code, const char *reason, void *arg)
{
    (void)code;
    (void)reason;
    on_shutdown(arg);
}

/* A stay that is being left, or hangs on the way out, has no say any more. */
static bool is_over(const struct jclient_link *l)
{
    return atomic_load_explicit(&l->closed, memory_order_relaxed);
}

/* [jk] */
static int on_period(jack_nframes_t n_frames, void *arg)
{
    struct jclient_link *l = arg;
    if (!is_over(l))
        atomic_store_explicit(&l->c->period, n_frames, memory_order_relaxed);
    return 0;
}

/* [jk] */
static int on_rate(jack_nframes_t hz, void *arg)
{
    struct jclient_link *l = arg;
    if (!is_over(l))
        atomic_store_explicit(&l->c->rate, hz, memory_order_relaxed);
    return 0;
}

/* [jk] JACK waits for it before the first cycle that is faster than time,
   and again after the last. */
static void on_freewheel(int starting, void *arg)
{
    struct jclient_link *l = arg;
    atomic_store_explicit(&l->freewheel, starting != 0, memory_order_relaxed);
}

/* [jk] All notices come from one thread. One that finds no room is made up for
   by the look that follows. */
static void post(struct jclient_link *l, enum jclient_notice_kind kind,
                 uint32_t a, uint32_t b)
{
    struct jclient_notice n = {clock_now(), kind, a, b};

    ring_write_rt(l->notices, &n, 1);
    atomic_store_explicit(&l->changed, true, memory_order_relaxed);
    atomic_fetch_add_explicit(&l->c->changes, 1, memory_order_relaxed);
}

/* [jk] */
static void on_port(jack_port_id_t port, int there, void *arg)
{
    post(arg, there ? JCLIENT_CAME : JCLIENT_WENT, port, 0);
}

/* [jk] */
static void on_connect(jack_port_id_t a, jack_port_id_t b, int made, void *arg)
{
    post(arg, made ? JCLIENT_JOINED : JCLIENT_PARTED, a, b);
}

/* [jk] */
static void on_rename(jack_port_id_t port, const char *was, const char *is,
                      void *arg)
{
    (void)was;
    (void)is;
    post(arg, JCLIENT_CAME, port, 0);
}

static int register_ports(const struct jclient_link *l, const struct log *log,
                          const struct jclient_port *ports, const char *type,
                          unsigned long flags, jack_port_t **out, uint32_t *n)
{
    for (; ports && ports[*n].name; ++*n) {
        if (*n == JCLIENT_PORTS_MAX)
            return -EINVAL;
        out[*n] = jack_port_register(l->jack, ports[*n].name, type, flags, 0);
        if (!out[*n]) {
            log_error(log,
                      "JACK refused port '%s': too many ports, or a "
                      "name it doesn't take",
                      ports[*n].name);
            return -EIO;
        }
    }
    return 0;
}

/* None for xruns: jackd sends them from another thread than the rest, and each
   can take the other's answer. After a client with such a callback was stopped
   for a second, jackd answered nobody for seconds, or ever. */
static bool set_callbacks(struct jclient_link *l)
{
    jack_client_t *jack = l->jack;

    /* jackd calls the second of these, PipeWire's libjack the first. */
    jack_on_shutdown(jack, on_shutdown, l);
    jack_on_info_shutdown(jack, on_info_shutdown, l);
    return jack_set_process_callback(jack, jclient_process_rt, l) == 0 &&
           jack_set_buffer_size_callback(jack, on_period, l) == 0 &&
           jack_set_sample_rate_callback(jack, on_rate, l) == 0 &&
           jack_set_freewheel_callback(jack, on_freewheel, l) == 0 &&
           jack_set_port_registration_callback(jack, on_port, l) == 0 &&
           jack_set_port_connect_callback(jack, on_connect, l) == 0 &&
           jack_set_port_rename_callback(jack, on_rename, l) == 0;
}

/*
 * What a new client is told is the rate of PipeWire's settings, not that of the
 * graph, which it learns in its first cycle. What was announced last, if
 * anything was, is nearer.
 */
static uint32_t find_rate(const struct jclient_link *l)
{
    uint32_t rate = atomic_load_explicit(&l->c->rate, memory_order_relaxed);

    return l->c->is_pipewire && rate ? rate : jack_get_sample_rate(l->jack);
}

int jclient_link_register(struct jclient_link *l, const struct log *log)
{
    const struct jclient_opts *o = &l->c->o;
    unsigned long end = o->through ? 0 : JackPortIsTerminal;
    int err;

    l->rate = find_rate(l);
    atomic_store_explicit(&l->c->rate, l->rate, memory_order_relaxed);
    atomic_store_explicit(&l->c->period, jack_get_buffer_size(l->jack),
                          memory_order_relaxed);
    err = register_ports(l, log, o->in, JACK_DEFAULT_AUDIO_TYPE,
                         JackPortIsInput | end, l->in, &l->n_in);
    if (!err)
        err = register_ports(l, log, o->out, JACK_DEFAULT_AUDIO_TYPE,
                             JackPortIsOutput | end, l->out, &l->n_out);
    /* what is played ends here, whatever becomes of the sound */
    if (!err)
        err = register_ports(l, log, o->midi_in, JACK_DEFAULT_MIDI_TYPE,
                             JackPortIsInput | JackPortIsTerminal, l->midi_in,
                             &l->n_midi_in);
    if (!err && !set_callbacks(l)) {
        log_error(log, "JACK refused a callback");
        err = -EIO;
    }
    return err;
}

int jclient_link_activate(struct jclient_link *l)
{
    const char *server = l->c->o.server;
    int gate;
    bool ok;

    /* Setting it replaces what libjack does by itself: only where there is
       more to say. */
    l->tells_latency = jclient_has_latency(l->c);
    ok = !l->tells_latency ||
         jack_set_latency_callback(l->jack, jclient_on_latency, l) == 0;
    gate = jgate_enter(server);
    ok = ok && jack_activate(l->jack) == 0;
    jgate_leave(gate, server);
    if (ok)
        return 0;
    return jclient_link_gone(l) ? -EHOSTDOWN : -EIO;
}

/* --- closing -------------------------------------------------------------- */

/* Whoever reads the graph by it now has done so. */
static void hide(struct jclient_link *l)
{
    struct jclient *c = l->c;

    pthread_mutex_lock(&c->look_lock);
    if (c->look == l)
        c->look = NULL;
    pthread_mutex_unlock(&c->look_lock);
}

/* Work. Can hang for good when the server dies at that moment. */
static void close_jack(void *link)
{
    struct jclient_link *l = link;

    hide(l);
    aside_join(&l->work);
    aside_join(&l->tell);
    if (l->jack)
        jack_client_close(l->jack);
}

void jclient_link_work(struct jclient_link *l, struct aside *a,
                       void (*work)(void *link))
{
    if (aside_start(a, work, l) < 0)
        work(l);
}

void jclient_link_leave(struct jclient_link *l)
{
    /* release: pairs with the acquire in jclient_process_rt() */
    atomic_store_explicit(&l->closed, true, memory_order_release);
    jclient_link_work(l, &l->close, close_jack);
}

bool jclient_link_left(struct jclient_link *l)
{
    return !aside_busy(&l->close);
}
