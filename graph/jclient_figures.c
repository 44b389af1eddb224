// SPDX-License-Identifier: GPL-3.0-or-later
/* What can be asked of a client, and the priority it gives to others. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "graph/jclient_priv.h"
#include "graph/jgraph_jack.h"

static uint32_t count(const _Atomic uint32_t *x)
{
    /* relaxed, as all that is counted: nothing else hangs on it */
    return atomic_load_explicit(x, memory_order_relaxed);
}

int jclient_graph(const struct jclient *shared, struct jgraph **out)
{
    struct jclient *c = (struct jclient *)shared; /* for its lock alone */
    int r = -ENOTCONN;

    *out = NULL;
    pthread_mutex_lock(&c->look_lock);
    if (c->look && !jclient_link_gone(c->look))
        r = jgraph_read_plain(out, c->look->jack);
    pthread_mutex_unlock(&c->look_lock);
    return r;
}

uint32_t jclient_changes(const struct jclient *c)
{
    return count(&c->changes);
}

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

void jclient_copy_name(const struct jclient *shared, char *out, size_t size)
{
    struct jclient *c = (struct jclient *)shared; /* for its lock alone */

    pthread_mutex_lock(&c->name_lock);
    snprintf(out, size, "%s", c->name);
    pthread_mutex_unlock(&c->name_lock);
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
