// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/jclient.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/jclient_priv.h"
#include "graph/jgraph_jack.h"
#include "graph/pinned.h"
#include "graph/threads.h"

#define CYCLE_MAX_NS (100 * NS_PER_MS)
#define SOON_NS      (10 * NS_PER_MS)
#define WIRES_NS     (20 * NS_PER_MS) /* while connections wait */
#define IDLE_LOOKS   10               /* of JCLIENT_TICK each */
#define TELL_NS      NS_PER_S         /* then the metadata hang */
#define HANG_NS      (10 * NS_PER_S)
/* For so long nothing but the old name will do. */
#define EXACT_NS (10 * NS_PER_S)

static void set_alive(struct jclient *c, bool alive)
{
    /* release: pairs with the acquire in jclient_alive() */
    atomic_store_explicit(&c->alive, alive, memory_order_release);
}

static uint32_t count(const _Atomic uint32_t *x)
{
    /* relaxed, as all that is counted: nothing else hangs on it */
    return atomic_load_explicit(x, memory_order_relaxed);
}

static void count_one(_Atomic uint32_t *x)
{
    atomic_fetch_add_explicit(x, 1, memory_order_relaxed);
}

/* --- in ------------------------------------------------------------------- */

/* From now on jclient_graph() reads this one. */
static void show(struct jclient_link *l)
{
    struct jclient *c = l->c;

    pthread_mutex_lock(&c->look_lock);
    c->look = l;
    pthread_mutex_unlock(&c->look_lock);
    atomic_fetch_add_explicit(&c->changes, 1, memory_order_relaxed);
}

static void take_name(struct jclient *c)
{
    snprintf(c->name, sizeof(c->name), "%s",
             jack_get_client_name(c->link->jack));
}

static int activate(struct jclient *c)
{
    struct jclient_link *l = c->link;
    int err = c->o.joined ? c->o.joined(c->o.ctx, c) : 0;

    if (err) {
        c->failed = err;
        return err;
    }
    err = jclient_link_activate(l);
    if (err)
        return err;
    c->state = JCLIENT_IN;
    c->wires_unsettled = true; /* look at once */
    c->watched_at = clock_now();
    c->idle = 0;
    c->latency_changed = false;
    set_alive(c, true);
    show(l);
    jclient_tell(l);
    return 0;
}

int jclient_open(struct jclient **out, const struct jclient_opts *o)
{
    struct jclient *c = pinned_new(sizeof(*c));
    int err = -ENOMEM;

    *out = NULL;
    if (!c)
        return err;
    c->o = *o;
    pthread_mutex_init(&c->look_lock, NULL);
    snprintf(c->name, sizeof(c->name), "%s", o->name);
    if (!pinned_permitted(sizeof(*c)))
        log_debug(o->log, "the system lets us lock no memory (ulimit -l)");
    c->is_pipewire = strstr(jack_get_version_string(), "PipeWire") != NULL;
    c->link = jclient_link_new(c);
    if (!c->link)
        goto out;
    c->state = JCLIENT_OPEN;
    err = jclient_link_open(c->link);
    if (err) {
        jclient_link_say(c->link);
        goto out;
    }
    take_name(c);
    err = jclient_link_register(c->link, o->log);
    if (err)
        goto out;
    *out = c;
    c = NULL;
out:
    jclient_close(&c);
    return err;
}

int jclient_activate(struct jclient *c)
{
    int err = activate(c);

    if (err == -EHOSTDOWN)
        log_error(c->o.log, "the JACK server has gone");
    else if (err && !c->failed)
        log_error(c->o.log, "JACK refused to activate the client");
    return err;
}

/* --- out ------------------------------------------------------------------ */

static void leave(struct jclient *c, int64_t now)
{
    set_alive(c, false);
    wires_lost(&c->wires);
    jclient_link_leave(c->link);
    c->state = JCLIENT_LEAVING;
    c->leave_by = now + JCLIENT_CLOSE_NS;
    c->out_since = now;
}

/* Nothing runs on [rt] any more. */
static void be_out(struct jclient *c)
{
    c->state = JCLIENT_OUT;
    if (c->o.left)
        c->o.left(c->o.ctx, c);
}

/* libjack's memory of it stays, and ours. Cycles may go on too, but what they
   worked for is the caller's again: none begins any more, and one under way
   has had time. */
static void abandon(struct jclient *c)
{
    log_warn(c->o.log, "JACK does not let go of the client");
    c->link = NULL;
    c->hangs = true;
}

static int64_t tick_leaving(struct jclient *c, int64_t now)
{
    if (jclient_link_left(c->link))
        jclient_link_free(&c->link);
    else if (now >= c->leave_by)
        abandon(c);
    else
        return now + SOON_NS;
    be_out(c);
    return now;
}

/* --- in again ------------------------------------------------------------- */

static int64_t tick_out(struct jclient *c, int64_t now)
{
    if (c->failed)
        return now + JCLIENT_TICK;
    if (now < c->try_at)
        return c->try_at;
    c->try_at = now + JCLIENT_TICK;
    c->link = jclient_link_new(c);
    if (!c->link)
        return c->try_at;
    c->link->exact = !c->may_vary;
    c->state = JCLIENT_OPENING;
    jclient_link_begin(c->link);
    return now + SOON_NS;
}

/* It did not work: closed and tried again. */
static int64_t step_back(struct jclient *c, int64_t now)
{
    int64_t since = c->out_since;

    leave(c, now);
    c->out_since = since;
    return now + SOON_NS;
}

/* Whoever has our name should lose it soon: our own self of before perhaps,
   whose end the server hasn't noticed. */
static void doubt_name(struct jclient *c, int64_t now)
{
    bool taken = c->link->status & JackNameNotUnique;

    if (!taken || c->may_vary || now - c->out_since < EXACT_NS)
        return;
    log_warn(c->o.log,
             "another JACK client is called %s: joining under another name",
             c->name);
    c->may_vary = true;
}

static int64_t rejoin(struct jclient *c, int64_t now)
{
    bool quiet_name = !c->may_vary;

    if (!quiet_name)
        take_name(c);
    c->may_vary = false;
    if (jclient_link_register(c->link, NULL) || activate(c))
        return step_back(c, now);
    count_one(&c->count.rejoins);
    log_info(c->o.log, "the JACK server is back: client %s, %u Hz", c->name,
             (unsigned)c->link->rate);
    return clock_now();
}

static int64_t tick_opening(struct jclient *c, int64_t now)
{
    struct jclient_link *l = c->link;

    if (jclient_link_busy(l)) {
        if (c->hangs && now - l->busy_since > HANG_NS && !c->failed) {
            log_error(c->o.log, "libjack hangs: this program can't join a JACK "
                                "server any more");
            c->failed = -EIO;
        }
        return now + SOON_NS;
    }
    if (l->err == 0)
        return rejoin(c, now);
    doubt_name(c, now);
    jclient_link_free(&c->link);
    c->state = JCLIENT_OUT;
    return c->try_at;
}

/* --- while in ------------------------------------------------------------- */

/* The server runs on, but not us: in jackd 1.9.21 that happens when two clients
   come at one moment. A server that stands still is no cause. In PipeWire it is
   the usual thing: who is connected to nothing that runs does not run. */
static bool forgotten(struct jclient *c, int64_t now)
{
    struct jclient_link *l = c->link;

    if (c->is_pipewire || now - c->watched_at < JCLIENT_TICK)
        return false;
    c->watched_at = now;
    uint32_t cycles = count(&l->cycles);
    uint32_t frame = jack_last_frame_time(l->jack);
    bool idle = cycles == c->cycles && frame != c->frame &&
                !atomic_load_explicit(&l->freewheel, memory_order_relaxed);
    c->idle = idle ? c->idle + 1 : 0;
    c->cycles = cycles;
    c->frame = frame;
    return c->idle >= IDLE_LOOKS;
}

/* Why to leave, or NULL. */
static const char *cause(struct jclient *c, int64_t now)
{
    uint32_t rate = count(&c->rate);

    if (rate != c->link->rate)
        return "the sample rate has changed";
    if (forgotten(c, now)) {
        count_one(&c->count.forgotten);
        return "the JACK server runs on without us";
    }
    return NULL;
}

static int64_t tick_in(struct jclient *c, int64_t now)
{
    struct jclient_link *l = c->link;
    const char *why;
    bool soon;

    /* acquire: pairs with the release in on_shutdown() */
    if (atomic_load_explicit(&l->gone, memory_order_acquire)) {
        log_warn(c->o.log, "the JACK server has gone: waiting for it");
        leave(c, now);
        return now + SOON_NS;
    }
    /* One of us at a time talks to the server, unless the other one hangs. */
    if (jclient_link_busy(l) && now - l->busy_since < TELL_NS)
        return now + SOON_NS;
    why = cause(c, now);
    if (why) {
        log_warn(c->o.log, "%s: leaving it to join again", why);
        jclient_look(c, now);
        leave(c, now);
        return now + SOON_NS;
    }
    if (c->latency_changed && l->tells_latency)
        jack_recompute_total_latencies(l->jack);
    c->latency_changed = false;
    soon = jclient_connect(c, now);
    return now + (soon ? WIRES_NS : JCLIENT_TICK);
}

int64_t jclient_tick(struct jclient *c)
{
    int64_t now = clock_now();

    switch (c->state) {
    case JCLIENT_OUT:
        return tick_out(c, now);
    case JCLIENT_OPENING:
        return tick_opening(c, now);
    case JCLIENT_IN:
        return tick_in(c, now);
    case JCLIENT_LEAVING:
        return tick_leaving(c, now);
    case JCLIENT_OPEN:
        break;
    }
    return now + JCLIENT_TICK;
}

void jclient_close(struct jclient **out)
{
    struct jclient *c = *out;
    int64_t end = clock_now() + JCLIENT_CLOSE_NS;

    *out = NULL;
    if (!c)
        return;
    set_alive(c, false);
    if (c->link && c->state != JCLIENT_LEAVING)
        jclient_link_leave(c->link);
    while (c->link && !jclient_link_left(c->link)) {
        if (clock_now() < end)
            clock_sleep(NS_PER_MS);
        else
            abandon(c);
    }
    if (c->link)
        jclient_link_free(&c->link);
    wires_fini(&c->wires);
    if (c->hangs) /* someone may still look at it */
        return;
    pthread_mutex_destroy(&c->look_lock);
    pinned_free(c, sizeof(*c));
}

/* --- what it is ----------------------------------------------------------- */

uint64_t jclient_passed(struct jclient *c)
{
    int64_t now = clock_now();
    int64_t ns = c->ended ? now - c->ended : 0;

    if (ns <= 0)
        return 0;
    c->ended = now;
    return (uint64_t)ns * jclient_rate(c) / NS_PER_S;
}

int jclient_promote(const struct jclient *c, pthread_t thread, int below)
{
    jack_client_t *jack = c->link ? c->link->jack : NULL;
    struct sched_param p = {0};

    if (!jack)
        return -ENOTCONN;
    p.sched_priority = jack_client_real_time_priority(jack);
    if (p.sched_priority < 1)
        return -ENOTSUP;
    p.sched_priority = p.sched_priority > below ? p.sched_priority - below : 1;
    if (jack_acquire_real_time_scheduling(thread, p.sched_priority))
        return -EPERM;
    /* A worker process that it starts must not be one of realtime. */
    pthread_setschedparam(thread, SCHED_FIFO | SCHED_RESET_ON_FORK, &p);
    return 0;
}

const char *jclient_name(const struct jclient *c)
{
    return c->name;
}

uint32_t jclient_rate(const struct jclient *c)
{
    return count(&c->joined);
}

uint32_t jclient_period(const struct jclient *c)
{
    return count(&c->period);
}

bool jclient_alive(const struct jclient *c)
{
    /* acquire: pairs with the release in set_alive() */
    return atomic_load_explicit(&c->alive, memory_order_acquire);
}

int jclient_graph(const struct jclient *shared, struct jgraph **out)
{
    struct jclient *c = (struct jclient *)shared; /* for its lock alone */
    int r = -ENOTCONN;

    *out = NULL;
    pthread_mutex_lock(&c->look_lock);
    /* acquire: as jclient_tick() */
    if (c->look && !atomic_load_explicit(&c->look->gone, memory_order_acquire))
        r = jgraph_read_plain(out, c->look->jack);
    pthread_mutex_unlock(&c->look_lock);
    return r;
}

uint32_t jclient_changes(const struct jclient *c)
{
    return count(&c->changes);
}

int jclient_failed(const struct jclient *c)
{
    return c->failed;
}

/* The end of the step under which so many in 100 lie; 0: none was counted. */
static int64_t quantile(const struct jclient_count *n, uint64_t percent)
{
    uint64_t all = 0, below = 0;

    for (uint32_t i = 0; i < JCLIENT_TOOK; i++)
        all += count(&n->took[i]);
    for (uint32_t i = 0; i < JCLIENT_TOOK; i++) {
        below += count(&n->took[i]);
        if (below > 0 && below * 100 >= all * percent)
            return jclient_step_end_rt(i);
    }
    return 0;
}

void jclient_stats(const struct jclient *c, struct jclient_stats *out)
{
    const struct jclient_count *n = &c->count;

    *out = (struct jclient_stats){
        .xruns = count(&n->xruns),
        .late = count(&n->late),
        .skipped = atomic_load_explicit(&n->skipped, memory_order_relaxed),
        .overruns = count(&n->overruns),
        .rejoins = count(&n->rejoins),
        .forgotten = count(&n->forgotten),
        .waiting = count(&n->waiting),
        .dsp_p99_ns = quantile(n, 99),
        .dsp_max_ns = atomic_load_explicit(&n->dsp_max, memory_order_relaxed),
        .load = count(&n->load) / 1e6,
    };
    if (out->dsp_p99_ns > out->dsp_max_ns) /* a step's end */
        out->dsp_p99_ns = out->dsp_max_ns;
}
