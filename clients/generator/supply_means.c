// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/generator/supply_means.h"

#include <errno.h>
#include <stdlib.h>

#include "graph/clock.h"

struct supply_means {
    struct worker_opts worker_opts;
    struct renderer *full, *thin;
    struct worker *worker; /* NULL: none was started, or the last is gone */
};

static int64_t now(void *ctx)
{
    (void)ctx;
    return clock_now();
}

/* Of all threads, since the CPU renderer may have several. */
static int64_t cpu_ns(void *ctx)
{
    struct timespec t;

    (void)ctx;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int render(void *ctx, const struct scene *s, bool thin,
                  struct buses *out)
{
    struct supply_means *m = ctx;
    return renderer_render(thin ? m->thin : m->full, s, out);
}

static int start(void *ctx)
{
    struct supply_means *m = ctx;

    worker_stop(&m->worker, 0); /* kill() has said it is gone */
    return worker_start(&m->worker, &m->worker_opts);
}

static enum worker_state state(void *ctx, const char **reason)
{
    struct supply_means *m = ctx;

    if (m->worker)
        return worker_state(m->worker, reason);
    *reason = "no worker";
    return WORKER_DEAD;
}

static int error(void *ctx)
{
    struct supply_means *m = ctx;
    return m->worker ? worker_error(m->worker) : -EIO;
}

static const char *name(void *ctx)
{
    struct supply_means *m = ctx;
    return worker_name(m->worker);
}

static bool is_software(void *ctx)
{
    struct supply_means *m = ctx;
    return worker_is_software(m->worker);
}

static int submit(void *ctx, const struct scene *s)
{
    struct supply_means *m = ctx;
    return worker_submit(m->worker, s);
}

static int collect(void *ctx, int64_t first, struct buses *out)
{
    struct supply_means *m = ctx;
    return worker_collect(m->worker, first, out);
}

static void times(void *ctx, int64_t *took_ns, int64_t *gpu_ns)
{
    struct supply_means *m = ctx;
    worker_times(m->worker, took_ns, gpu_ns);
}

static void drop(void *ctx, int64_t first)
{
    struct supply_means *m = ctx;
    worker_drop(m->worker, first);
}

static void wait_news(void *ctx, int64_t timeout_ns)
{
    struct supply_means *m = ctx;
    worker_wait(m->worker, timeout_ns);
}

static int64_t worker_cpu(void *ctx)
{
    struct supply_means *m = ctx;
    return worker_cpu_ns(m->worker);
}

static bool kill_worker(void *ctx)
{
    struct supply_means *m = ctx;
    return !m->worker || worker_kill(m->worker);
}

const struct supply_ops supply_means_ops = {
    .now = now,
    .cpu_ns = cpu_ns,
    .render = render,
    .start = start,
    .state = state,
    .error = error,
    .name = name,
    .is_software = is_software,
    .submit = submit,
    .collect = collect,
    .times = times,
    .drop = drop,
    .wait = wait_news,
    .worker_cpu_ns = worker_cpu,
    .kill = kill_worker,
};

int supply_means_open(struct supply_means **out,
                      const struct supply_means_opts *o)
{
    struct renderer_opts opts = o->cpu;
    struct supply_means *m = calloc(1, sizeof(*m));
    int err = -ENOMEM;

    *out = NULL;
    if (!m)
        goto out;
    m->worker_opts = o->worker;
    m->worker_opts.limits = opts.max;
    m->worker_opts.log = opts.log;
    opts.thin = false;
    err = renderer_open_cpu(&m->full, &opts);
    opts.thin = true;
    if (!err)
        err = renderer_open_cpu(&m->thin, &opts);
    if (err)
        goto out;
    *out = m;
    m = NULL;
out:
    supply_means_close(&m);
    return err;
}

void supply_means_close(struct supply_means **m)
{
    if (!*m)
        return;
    worker_stop(&(*m)->worker, 0);
    renderer_free(&(*m)->full);
    renderer_free(&(*m)->thin);
    free(*m);
    *m = NULL;
}

const char *supply_means_cpu_name(const struct supply_means *m)
{
    return renderer_name(m->full);
}
