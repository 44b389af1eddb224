// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <jack/metadata.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/aside.h"
#include "graph/jgate.h"
#include "graph/jgraph_jack.h"
#include "graph/jkind.h"
#include "graph/jprops.h"
#include "graph/patchbay_priv.h"
#include "graph/ring.h"

#define EVENTS   16384 /* a thousand ports come and go, joined, in one tick */
#define PROPS_NS NS_PER_S /* then metadata hang; and so often they are read */

struct stay {
    /* [init] */
    char *name, *server; /* server NULL: the default one */
    int fd;
    struct ring *events; /* [jk>main] */

    /* [main] but for what [aside] is at work on */
    struct aside job;
    jack_client_t *jack;
    jack_status_t status; /* of the opening */
    int err;              /* of the job */
    struct jgraph *graph;
    bool plain;     /* graph is without metadata */
    bool moves;     /* there were cycles since the look before */
    uint32_t frame; /* JACK's, as seen then */
    struct stay_steps steps;
    struct jprops props; /* the job's, as the next */
    int64_t props_at;    /* ns: to be read again, told or not */

    _Atomic bool props_changed; /* [jk>aside] */
    /* [jk>main] */
    _Atomic bool lost, over, freewheel;
    _Atomic uint32_t rate, period; /* Hz, frames */

    _Atomic bool left; /* [aside>main] */
    _Atomic int users; /* [any] the last one frees it */
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
    /* release: pairs with the exchange in read_props() */
    atomic_store_explicit(&((struct stay *)arg)->props_changed, true,
                          memory_order_release);
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

/* [aside] */
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

/* ---- life ---------------------------------------------------------------- */

static void open_jack(struct stay *s)
{
    int gate = jgate_enter(s->server);

    s->jack =
        s->server
            ? jack_client_open(s->name, JackNoStartServer | JackServerName,
                               &s->status, s->server)
            : jack_client_open(s->name, JackNoStartServer, &s->status);
    jgate_leave(gate, s->server);
}

static void run_open(void *arg)
{
    struct stay *s = arg;
    int gate;
    bool ok;

    jack_set_error_function(silent);
    jack_set_info_function(silent);
    open_jack(s);
    if (!s->jack) {
        s->err = s->status & JackServerFailed ? -EHOSTDOWN : -EIO;
        return;
    }
    atomic_store_explicit(&s->rate, jack_get_sample_rate(s->jack),
                          memory_order_relaxed);
    atomic_store_explicit(&s->period, jack_get_buffer_size(s->jack),
                          memory_order_relaxed);
    /* Active without a process function: inactive clients can't connect. */
    gate = jgate_enter(s->server);
    ok = listen_to(s) && jack_activate(s->jack) == 0;
    jgate_leave(gate, s->server);
    s->err = ok ? 0 : stay_over(s) ? -EHOSTDOWN : -EIO;
}

/* One of those who use it does no more. */
static void unuse(struct stay *s)
{
    /* acq_rel: the last one sees what the other did */
    if (atomic_fetch_sub_explicit(&s->users, 1, memory_order_acq_rel) > 1)
        return;
    jgraph_free(&s->graph);
    stay_steps_free(&s->steps);
    ring_free(&s->events);
    if (s->fd >= 0)
        close(s->fd);
    free(s->name);
    free(s->server);
    free(s);
}

int stay_begin(struct stay **out, const char *name, const char *server, int fd)
{
    struct stay *s = calloc(1, sizeof(*s));
    int r = -ENOMEM;

    *out = NULL;
    if (!s)
        return r;
    atomic_init(&s->users, 1);
    jprops_init(&s->props);
    s->fd = s->job.fd = -1;
    s->name = strdup(name);
    s->server = server ? strdup(server) : NULL;
    if (!s->name || (server && !s->server) ||
        ring_new(&s->events, EVENTS, sizeof(struct stay_event)) < 0)
        goto out;
    s->fd = dup(fd);
    r = -errno;
    if (s->fd < 0)
        goto out;
    s->job.fd = s->fd;
    r = aside_start(&s->job, run_open, s);
    if (r < 0)
        goto out;
    *out = s;
    s = NULL;
out:
    if (s)
        unuse(s);
    return r;
}

static void run_leave(void *arg)
{
    struct stay *s = arg;

    aside_join(&s->job);
    jprops_fini(&s->props);
    if (s->jack)
        jack_client_close(s->jack);
    /* release: pairs with the acquire in stay_left() */
    atomic_store_explicit(&s->left, true, memory_order_release);
    wake(s);
    unuse(s);
}

int stay_leave(struct stay *s)
{
    int r;

    atomic_fetch_add_explicit(&s->users, 1, memory_order_relaxed);
    r = aside_forget(run_leave, s);
    if (r < 0)
        atomic_fetch_sub_explicit(&s->users, 1, memory_order_relaxed);
    return r;
}

bool stay_left(const struct stay *s)
{
    /* acquire: pairs with the release in run_leave() */
    return atomic_load_explicit(&s->left, memory_order_acquire);
}

void stay_drop(struct stay **s)
{
    if (*s)
        unuse(*s);
    *s = NULL;
}

/* ---- jobs ---------------------------------------------------------------- */

bool stay_busy(struct stay *s)
{
    return aside_busy(&s->job);
}

int64_t stay_since(const struct stay *s)
{
    return s->job.since;
}

bool stay_hangs(struct stay *s)
{
    return aside_busy(&s->job) || jprops_hang(&s->props);
}

int stay_opened(const struct stay *s, jack_status_t *status)
{
    *status = s->status;
    return s->err;
}

/* Not for each look: it takes longer than all the rest. False: they hang. */
static bool read_props(struct stay *s)
{
    int64_t now = clock_now();

    /* acquire: pairs with the release in on_property() */
    if (!atomic_exchange_explicit(&s->props_changed, false,
                                  memory_order_acquire) &&
        now < s->props_at)
        return !jprops_hang(&s->props);
    s->props_at = now + PROPS_NS;
    return jprops_read(&s->props, PROPS_NS);
}

static void run_look(void *arg)
{
    struct stay *s = arg;
    uint32_t frame = jack_last_frame_time(s->jack);

    /* In PipeWire time stands still where nothing plays. */
    s->moves = frame != s->frame || stay_freewheel(s) || jkind_is_pipewire();
    s->frame = frame;
    s->plain = !read_props(s);
    jgraph_free(&s->graph); /* one that nobody asked for */
    s->err = jgraph_read(&s->graph, s->jack, s->plain ? NULL : &s->props);
}

int stay_look(struct stay *s)
{
    return aside_start(&s->job, run_look, s);
}

int stay_graph(struct stay *s, struct jgraph **out, bool *plain)
{
    *out = s->graph;
    *plain = s->plain;
    s->graph = NULL;
    return s->err;
}

bool stay_moves(const struct stay *s)
{
    return s->moves;
}

static void run_act(void *arg)
{
    struct stay *s = arg;

    for (uint32_t i = 0; i < s->steps.n && !stay_over(s); i++) {
        struct stay_step *step = &s->steps.step[i];
        step->result = step->part
                           ? jack_disconnect(s->jack, step->from, step->to)
                           : jack_connect(s->jack, step->from, step->to);
        step->done = true;
    }
    run_look(s);
}

int stay_act(struct stay *s, struct stay_steps *steps)
{
    int r;

    s->steps = *steps;
    r = aside_start(&s->job, run_act, s);
    if (r < 0)
        s->steps = (struct stay_steps){NULL, 0, 0};
    else
        *steps = (struct stay_steps){NULL, 0, 0};
    return r;
}

void stay_acted(struct stay *s, struct stay_steps *out)
{
    *out = s->steps;
    s->steps = (struct stay_steps){NULL, 0, 0};
}

int stay_steps_add(struct stay_steps *s, const struct stay_step *step)
{
    size_t from = strlen(step->from) + 1, to = strlen(step->to) + 1;
    char *text = malloc(from + to);

    if (text && s->n == s->room) {
        uint32_t room = s->room ? 2 * s->room : 16;
        struct stay_step *more = realloc(s->step, room * sizeof(*more));
        if (more) {
            s->step = more;
            s->room = room;
        }
    }
    if (!text || s->n == s->room) {
        free(text);
        return -ENOMEM;
    }
    memcpy(text, step->from, from);
    memcpy(text + from, step->to, to);
    s->step[s->n] = *step;
    s->step[s->n].from = text;
    s->step[s->n].to = text + from;
    s->n++;
    return 0;
}

void stay_steps_free(struct stay_steps *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        free(s->step[i].from);
    free(s->step);
    *s = (struct stay_steps){NULL, 0, 0};
}

/* ---- what it tells ------------------------------------------------------- */

const char *stay_port_name(const struct stay *s, uint32_t id)
{
    jack_port_t *port = jack_port_by_id(s->jack, id);

    return port ? jack_port_name(port) : NULL;
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
