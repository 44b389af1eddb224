// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/jclient.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/jclient_priv.h"

/* Opens on several servers at one moment race on libjack's common registry and
   fail now and then with JackServerError (measured); a retry cures it. */
#define OPEN_TRIES    5
#define OPEN_PAUSE_NS (50 * NS_PER_MS)
#define CYCLE_MAX_NS  (100 * NS_PER_MS)
#define CLOSE_WAIT_S  3

/* libjack prints to stderr by itself; what matters is said by us. */
static void jack_silent(const char *text)
{
    (void)text;
}

/* [jk] */
static void on_shutdown(jack_status_t code, const char *reason, void *arg)
{
    struct jclient *c = arg;
    (void)code;
    (void)reason;
    /* release: pairs with the acquire in jclient_alive() */
    atomic_store_explicit(&c->gone, true, memory_order_release);
}

/* [jk] */
static int on_xrun(void *arg)
{
    struct jclient *c = arg;
    atomic_fetch_add_explicit(&c->xruns, 1, memory_order_relaxed);
    return 0;
}

/* [jk] */
static int on_period(jack_nframes_t n_frames, void *arg)
{
    struct jclient *c = arg;
    atomic_store_explicit(&c->period, n_frames, memory_order_relaxed);
    return 0;
}

/* [jk] */
static int on_rate(jack_nframes_t hz, void *arg)
{
    struct jclient *c = arg;
    atomic_store_explicit(&c->rate, hz, memory_order_relaxed);
    return 0;
}

/* [jk] JACK waits for it before the first cycle that is faster than time,
   and again after the last. */
static void on_freewheel(int starting, void *arg)
{
    struct jclient *c = arg;
    atomic_store_explicit(&c->freewheel, starting != 0, memory_order_relaxed);
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

/* [jk] Setting this replaces what libjack does by itself, which is the same but
   for our own latency. These calls are the only ones allowed in it. */
static void on_latency(jack_latency_callback_mode_t mode, void *arg)
{
    struct jclient *c = arg;
    bool capture = mode == JackCaptureLatency;
    jack_latency_range_t r =
        widest(capture ? c->in : c->out, capture ? c->n_in : c->n_out, mode);
    uint32_t own = atomic_load_explicit(&c->latency, memory_order_relaxed);
    jack_port_t *const *to = capture ? c->out : c->in;
    uint32_t n = capture ? c->n_out : c->n_in;

    r.min += own;
    r.max += own;
    for (uint32_t i = 0; i < n; i++)
        jack_port_set_latency_range(to[i], mode, &r);
}

static const char *status_words(jack_status_t s)
{
    if (s & JackServerFailed)
        return "no such server is running";
    if (s & JackVersionError)
        return "its version does not fit this libjack";
    if (s & JackShmFailure)
        return "its shared memory can't be reached (another user's server?)";
    if (s & JackServerError)
        return "communication with it failed";
    if (s & JackInvalidOption)
        return "invalid name or option";
    return "it refused the client";
}

static int open_jack(struct jclient *c, const struct jclient_opts *o)
{
    jack_status_t status = 0;
    for (int i = 0; i < OPEN_TRIES; i++) {
        c->jack =
            o->server
                ? jack_client_open(o->name, JackNoStartServer | JackServerName,
                                   &status, o->server)
                : jack_client_open(o->name, JackNoStartServer, &status);
        if (c->jack || !(status & JackServerError))
            break;
        clock_sleep(OPEN_PAUSE_NS);
    }
    if (c->jack)
        return 0;

    const char *env = getenv("JACK_DEFAULT_SERVER");
    const char *server = o->server ? o->server : env ? env : "default";
    if (status & JackServerFailed) {
        log_error(o->log,
                  "no JACK server '%s' is running: start one ('jackd -d alsa', "
                  "or 'jackd -d dummy' without a sound card), or use "
                  "'longwave run', which does",
                  server);
        return -EHOSTDOWN;
    }
    log_error(o->log, "JACK server '%s', client '%s': %s (status 0x%x)", server,
              o->name, status_words(status), (unsigned)status);
    return status & JackInvalidOption ? -EINVAL : -EIO;
}

static int register_ports(struct jclient *c, const char *const *names,
                          const char *type, unsigned long flags,
                          jack_port_t **ports, uint32_t *n)
{
    for (; names && names[*n]; ++*n) {
        if (*n == JCLIENT_PORTS_MAX)
            return -EINVAL;
        ports[*n] = jack_port_register(c->jack, names[*n], type, flags, 0);
        if (!ports[*n]) {
            log_error(c->log,
                      "JACK refused port '%s': too many ports, or a "
                      "name it doesn't take",
                      names[*n]);
            return -EIO;
        }
    }
    return 0;
}

int jclient_open(struct jclient **out, const struct jclient_opts *o)
{
    struct jclient *c = calloc(1, sizeof *c);
    *out = NULL;
    if (!c)
        return -ENOMEM;
    c->log = o->log;
    c->process_rt = o->process_rt;
    c->ctx = o->ctx;
    atomic_init(&c->latency, o->latency);
    unsigned long end = o->through ? 0 : JackPortIsTerminal;

    jack_set_error_function(jack_silent);
    jack_set_info_function(jack_silent);
    int r = open_jack(c, o);
    if (r < 0)
        goto out;
    atomic_store_explicit(&c->rate, jack_get_sample_rate(c->jack),
                          memory_order_relaxed);
    atomic_store_explicit(&c->period, jack_get_buffer_size(c->jack),
                          memory_order_relaxed);

    r = register_ports(c, o->in_ports, JACK_DEFAULT_AUDIO_TYPE,
                       JackPortIsInput | end, c->in, &c->n_in);
    if (r < 0)
        goto out;
    r = register_ports(c, o->out_ports, JACK_DEFAULT_AUDIO_TYPE,
                       JackPortIsOutput | end, c->out, &c->n_out);
    if (r < 0)
        goto out;
    /* what is played ends here, whatever becomes of the sound */
    r = register_ports(c, o->midi_in_ports, JACK_DEFAULT_MIDI_TYPE,
                       JackPortIsInput | JackPortIsTerminal, c->midi_in,
                       &c->n_midi_in);
    if (r < 0)
        goto out;

    jack_on_info_shutdown(c->jack, on_shutdown, c);
    r = -EIO;
    if (jack_set_process_callback(c->jack, jclient_process_rt, c) != 0 ||
        jack_set_xrun_callback(c->jack, on_xrun, c) != 0 ||
        jack_set_buffer_size_callback(c->jack, on_period, c) != 0 ||
        jack_set_sample_rate_callback(c->jack, on_rate, c) != 0 ||
        jack_set_freewheel_callback(c->jack, on_freewheel, c) != 0) {
        log_error(c->log, "JACK refused a callback");
        goto out;
    }
    *out = c;
    c = NULL;
    r = 0;
out:
    jclient_close(&c);
    return r;
}

int jclient_set_latency(struct jclient *c, uint32_t frames)
{
    uint32_t was = atomic_load_explicit(&c->latency, memory_order_relaxed);
    /* libjack takes the callback before the activation only. */
    if (c->active && (was == 0) != (frames == 0))
        return -EBUSY;
    /* relaxed: a number that nothing else hangs on */
    atomic_store_explicit(&c->latency, frames, memory_order_relaxed);
    if (c->active && frames != was)
        jack_recompute_total_latencies(c->jack);
    return 0;
}

int jclient_promote(const struct jclient *c, pthread_t thread, int below)
{
    int priority = jack_client_real_time_priority(c->jack);

    if (priority < 1)
        return -ENOTSUP;
    priority = priority > below ? priority - below : 1;
    return jack_acquire_real_time_scheduling(thread, priority) ? -EPERM : 0;
}

int jclient_activate(struct jclient *c)
{
    bool ok = atomic_load_explicit(&c->latency, memory_order_relaxed) == 0 ||
              jack_set_latency_callback(c->jack, on_latency, c) == 0;
    if (ok && jack_activate(c->jack) == 0) {
        c->active = true;
        return 0;
    }
    if (!jclient_alive(c)) {
        log_error(c->log, "the JACK server has gone");
        return -EHOSTDOWN;
    }
    log_error(c->log, "JACK refused to activate the client");
    return -EIO;
}

static void *close_jack(void *arg)
{
    jack_client_close(arg);
    return NULL;
}

/* libjack's close can hang for good when the server dies at that moment, so it
   has a thread of its own and a time. False: it hangs. */
static bool close_in_time(jack_client_t *jack)
{
    struct timespec end;
    pthread_t thread;

    if (pthread_create(&thread, NULL, close_jack, jack) != 0) {
        jack_client_close(jack);
        return true;
    }
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += CLOSE_WAIT_S;
    if (pthread_timedjoin_np(thread, NULL, &end) == 0)
        return true;
    pthread_detach(thread);
    return false;
}

void jclient_close(struct jclient **c)
{
    if (!*c)
        return;
    if (!(*c)->jack || close_in_time((*c)->jack)) {
        free(*c);
    } else {
        /* Its memory stays, as libjack may still look at it. Cycles may go on
           too, but what they worked for is the caller's again: none begins any
           more, and one under way has the time that it may take. */
        atomic_store_explicit(&(*c)->closed, true, memory_order_release);
        clock_sleep(CYCLE_MAX_NS);
        log_warn((*c)->log, "JACK does not let go of the client");
    }
    *c = NULL;
}

const char *jclient_name(const struct jclient *c)
{
    return jack_get_client_name(c->jack);
}

uint32_t jclient_rate(const struct jclient *c)
{
    return atomic_load_explicit(&c->rate, memory_order_relaxed);
}

uint32_t jclient_period(const struct jclient *c)
{
    return atomic_load_explicit(&c->period, memory_order_relaxed);
}

bool jclient_alive(const struct jclient *c)
{
    /* acquire: pairs with the release in on_shutdown() */
    return !atomic_load_explicit(&c->gone, memory_order_acquire);
}

uint32_t jclient_xruns(const struct jclient *c)
{
    return atomic_load_explicit(&c->xruns, memory_order_relaxed);
}
