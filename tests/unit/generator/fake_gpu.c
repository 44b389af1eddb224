// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/unit/generator/fake_gpu.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define CYCLE    4096 /* frames */
#define OPEN_NS  (200 * NS_PER_MS)
#define HANG_NS  (1 * NS_PER_S)
#define START_NS (30 * NS_PER_S)

void fake_init(struct fake *f)
{
    *f = (struct fake){.now = 5 * NS_PER_S,
                       .each_ns = 5000, /* 2 ms a chunk */
                       .gpu_ns = NS_PER_MS,
                       .slow_ns = 600 * NS_PER_MS,
                       .gpu_cost = NS_PER_MS / 10};
}

struct scene_limits fake_limits(void)
{
    return (struct scene_limits){.notes = 2 * BUS_COUNT,
                                 .bands = 8 * BUS_COUNT,
                                 .mods = 0,
                                 .partials = FAKE_PARTIALS,
                                 .thin = FAKE_PARTIALS};
}

void fake_fill(struct scene *s, int64_t first)
{
    struct scene_note n = {
        .n_bands = 4, .n_members = FAKE_MEMBERS, .n_thin = 1, .pan_power = 1};
    struct scene_band *bands;
    struct scene_mod *mods;

    scene_begin(s, first);
    for (int b = 0; b < BUS_COUNT; b++) {
        scene_begin_bus(s, (enum scene_bus)b);
        for (int i = 0; i < 2; i++)
            if (scene_add(s, &n, &bands, &mods) == 0)
                memset(bands, 0, 4 * sizeof(*bands));
    }
    scene_end(s);
}

/* A tone per bus, and another one when thinned; of whole numbers of cycles in
   CYCLE frames, so that a table of one has them all. */
void fake_sound(const struct scene *s, bool thin, struct buses *out)
{
    static const uint32_t steps[2][BUS_COUNT] = {{7, 8, 10, 12},
                                                 {9, 11, 13, 16}};
    double turn = 6.283185307179586 / CYCLE;
    double c = cos(turn), d = sin(turn), re = 0.1, im = 0.0;
    float sine[CYCLE];

    for (uint32_t i = 0; i < CYCLE; i++) {
        double next = re * c - im * d;
        sine[i] = (float)im;
        im = re * d + im * c;
        re = next;
    }
    memset(out, 0, sizeof(*out));
    for (uint32_t b = 0; b < BUS_COUNT; b++) {
        uint32_t at = (uint32_t)((uint64_t)s->first % CYCLE) * steps[thin][b];
        bool sounds = s->bus_first[b + 1] > s->bus_first[b];
        for (uint32_t n = 0; n < SCENE_CHUNK && sounds; n++) {
            out->x[b][0][n] = sine[at % CYCLE];
            out->x[b][1][n] = sine[(at + CYCLE / 4) % CYCLE];
            at += steps[thin][b];
        }
    }
}

static int64_t now(void *ctx)
{
    return ((struct fake *)ctx)->now;
}

static int64_t cpu_ns(void *ctx)
{
    return ((struct fake *)ctx)->cpu;
}

static int render(void *ctx, const struct scene *s, bool thin,
                  struct buses *out)
{
    struct fake *f = ctx;
    int64_t took = f->each_ns * (thin ? s->n_thin : s->n_partials);

    if (scene_check(s, &s->max) < 0)
        return -EINVAL;
    fake_sound(s, thin, out);
    f->now += took + f->hiccup_ns;
    f->hiccup_ns = 0;
    f->cpu += took;
    f->renders++;
    return 0;
}

static int start(void *ctx)
{
    struct fake *f = ctx;

    if (f->starts < 16)
        f->start_at[f->starts] = f->now;
    f->starts++;
    if (f->fault == FAULT_NO_START)
        return -ENOMEM;
    memset(f->job, 0, sizeof(f->job));
    f->running = true;
    f->killed = false;
    f->started_ns = f->free_ns = f->now;
    f->stopped_ns = -1;
    return 0;
}

static enum worker_state state(void *ctx, const char **reason)
{
    struct fake *f = ctx;
    int64_t age = f->now - f->started_ns;

    *reason = "it died";
    if (!f->running || f->killed || f->fault == FAULT_KILLED)
        return WORKER_DEAD;
    if (f->fault == FAULT_NO_DEVICE)
        return age < OPEN_NS ? WORKER_STARTING : WORKER_DEAD;
    *reason = "it hangs";
    if (f->fault == FAULT_NEVER_OPEN)
        return age < START_NS ? WORKER_STARTING : WORKER_HUNG;
    if (age < OPEN_NS)
        return WORKER_STARTING;
    if (f->fault != FAULT_STOPPED) {
        f->stopped_ns = -1;
        return WORKER_READY;
    }
    if (f->stopped_ns < 0)
        f->stopped_ns = f->now;
    return f->now - f->stopped_ns < HANG_NS ? WORKER_READY : WORKER_HUNG;
}

static int error(void *ctx)
{
    return ((struct fake *)ctx)->fault == FAULT_NO_DEVICE ? -ENODEV : -EIO;
}

static const char *name(void *ctx)
{
    (void)ctx;
    return "Fake";
}

static bool is_software(void *ctx)
{
    return ((struct fake *)ctx)->software;
}

static int submit(void *ctx, const struct scene *s)
{
    struct fake *f = ctx;
    int64_t took = f->gpu_ns;

    for (int i = 0; i < 3; i++) {
        struct fake_job *j = &f->job[i];
        if (j->taken)
            continue;
        if (f->fault == FAULT_SLOW || f->fault == FAULT_ONCE)
            took = f->slow_ns;
        if (f->fault == FAULT_ONCE)
            f->fault = FAULT_NONE;
        if (f->free_ns < f->now)
            f->free_ns = f->now;
        f->free_ns += took;
        *j = (struct fake_job){
            .taken = true, .first = s->first, .done_ns = f->free_ns};
        return 0;
    }
    return -EAGAIN;
}

static struct fake_job *find(struct fake *f, int64_t first)
{
    for (int i = 0; i < 3; i++)
        if (f->job[i].taken && f->job[i].first == first)
            return &f->job[i];
    return NULL;
}

static void spoil(const struct fake *f, const struct scene *s,
                  struct buses *out)
{
    struct scene before = *s;
    float *x = &out->x[0][0][0];
    float gain = f->fault == FAULT_ZERO     ? 0.0f
                 : f->fault == FAULT_SCALED ? 1.5f
                 : f->fault == FAULT_SUBTLE ? 1.003f
                                            : 1.0f;

    before.first -= SCENE_CHUNK;
    if (f->fault == FAULT_STALE)
        fake_sound(&before, false, out);
    for (size_t i = 0; i < sizeof(*out) / sizeof(*x); i++)
        x[i] *= gain;
}

static int collect(void *ctx, int64_t first, struct buses *out)
{
    static const struct scene all = {.bus_first = {0, 1, 2, 3, 4}};
    struct fake *f = ctx;
    struct fake_job *j = find(f, first);
    struct scene s = all;
    const char *reason;

    if (!j)
        return -ENOENT;
    if (state(f, &reason) != WORKER_READY)
        return -EIO;
    if (f->fault == FAULT_STOPPED || f->fault == FAULT_SILENT ||
        f->now < j->done_ns)
        return -EAGAIN;
    j->taken = false;
    if (f->fault == FAULT_LOST || f->fault == FAULT_MEMORY)
        return f->fault == FAULT_LOST ? -EIO : -ENOMEM;
    f->worker_cpu += f->gpu_cost;
    s.first = first;
    fake_sound(&s, false, out);
    spoil(f, &s, out);
    return 0;
}

static void times(void *ctx, int64_t *took_ns, int64_t *gpu_ns)
{
    *took_ns = ((struct fake *)ctx)->gpu_ns;
    *gpu_ns = *took_ns / 2;
}

/* What isn't done yet keeps its slot, as in the worker; but nobody finds it. */
static void drop(void *ctx, int64_t first)
{
    struct fake *f = ctx;
    struct fake_job *j = find(f, first);

    if (j)
        j->taken = false;
}

static void wait_news(void *ctx, int64_t timeout_ns)
{
    struct fake *f = ctx;
    int64_t until = f->now + timeout_ns;

    for (int i = 0; i < 3; i++)
        if (f->job[i].taken && f->job[i].done_ns > f->now &&
            f->job[i].done_ns < until)
            until = f->job[i].done_ns;
    f->now = until;
}

static int64_t worker_cpu(void *ctx)
{
    return ((struct fake *)ctx)->worker_cpu;
}

static bool kill_worker(void *ctx)
{
    struct fake *f = ctx;

    f->killed = true;
    return !f->stubborn;
}

const struct supply_ops fake_ops = {
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
