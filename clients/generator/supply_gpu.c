// SPDX-License-Identifier: GPL-3.0-or-later
/* How the GPU is: its worker's life, its chunks, the choice. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clients/generator/supply_priv.h"

#define WAIT_NS (5 * NS_PER_MS) /* a death is noticed after so long at most */

static bool in_use(const struct supply *s)
{
    return s->state == SUPPLY_GPU || s->state == SUPPLY_PROBING;
}

/* The GPU won't render what it has not rendered yet. */
static void lose_queue(struct supply *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (supply_entry(s, i)->state != ENTRY_DONE)
            supply_entry(s, i)->state = ENTRY_LOST;
}

/* The worker is not needed any more, or not fit. */
static void retire(struct supply *s, enum supply_state state)
{
    s->state = state;
    s->ready = false;
    s->dying = !s->ops->kill(s->ctx);
    s->missed = 0;
    lose_queue(s);
}

void supply_gpu_suspect(struct supply *s, const char *why)
{
    int64_t now = supply_now(s);

    if (!in_use(s))
        return;
    if (s->state == SUPPLY_GPU) {
        s->stats.failovers++;
        if (now - s->since_ns > SUPPLY_HEALED_NS)
            s->back_ns = SUPPLY_BACK_NS;
    }
    snprintf(s->stats.trouble, sizeof(s->stats.trouble), "%s", why);
    log_warn(s->log, "GPU: %s; the CPU renders, next try in %d s",
             s->stats.trouble, (int)(s->back_ns / NS_PER_S));
    retire(s, SUPPLY_SUSPECT);
    s->retry_ns = now + s->back_ns;
    s->back_ns *= 2;
    if (s->back_ns > SUPPLY_BACK_MAX)
        s->back_ns = SUPPLY_BACK_MAX;
}

static int start(struct supply *s)
{
    int err = s->ops->start(s->ctx);
    char why[64];

    s->state = SUPPLY_PROBING;
    s->ready = false;
    s->missed = s->verified = s->measured = 0;
    s->measuring = false;
    if (err) {
        snprintf(why, sizeof(why), "no worker: %s", strerror(-err));
        supply_gpu_suspect(s, why);
    }
    return err;
}

int supply_gpu_open(struct supply *s)
{
    s->back_ns = SUPPLY_BACK_NS;
    return start(s);
}

static void choose(struct supply *s, enum supply_state state, const char *text)
{
    s->chosen = true;
    snprintf(s->stats.choice, sizeof(s->stats.choice), "%s", text);
    log_info(s->log, "%s", s->stats.choice);
    if (state != SUPPLY_GPU)
        retire(s, state);
}

static void come_up(struct supply *s)
{
    s->ready = s->ever = true;
    snprintf(s->stats.name, sizeof(s->stats.name), "%s", s->ops->name(s->ctx));
    if (s->want == SUPPLY_AUTO && s->ops->is_software(s->ctx)) {
        char text[SUPPLY_TEXT_MAX];
        snprintf(text, sizeof(text), "%.90s is no hardware: the CPU renders",
                 s->stats.name);
        choose(s, SUPPLY_OFF, text);
        return;
    }
}

static void look(struct supply *s)
{
    const char *reason = "";
    enum worker_state state = s->ops->state(s->ctx, &reason);

    if (state == WORKER_READY && !s->ready)
        come_up(s);
    else if (state == WORKER_DEAD && !s->ever &&
             s->ops->error(s->ctx) == -ENODEV)
        choose(s, SUPPLY_OFF, "no GPU to be had");
    else if (state == WORKER_DEAD || state == WORKER_HUNG)
        supply_gpu_suspect(s, reason);
}

void supply_gpu_tend(struct supply *s)
{
    if (s->dying)
        s->dying = !s->ops->kill(s->ctx);
    if (s->state == SUPPLY_SUSPECT && !s->dying &&
        supply_now(s) >= s->retry_ns) {
        s->stats.rebuilds++;
        start(s);
    }
    if (in_use(s))
        look(s);
}

/* --- chunks --------------------------------------------------------------- */

static void smooth(int64_t *mean, int64_t x)
{
    *mean = *mean > 0 ? *mean + (x - *mean) / 16 : x;
}

/* It failed with a chunk: because its worker has ended, or by itself. */
static void blame(struct supply *s, const char *what, int err)
{
    const char *reason = "";
    char why[64];

    snprintf(why, sizeof(why), "%s: %s", what, strerror(-err));
    supply_gpu_suspect(
        s, s->ops->state(s->ctx, &reason) == WORKER_READY ? why : reason);
}

static void fetch(struct supply *s, struct entry *e)
{
    int err = s->ops->collect(s->ctx, e->scene->first, &e->gpu);
    int64_t took;

    if (err == -EAGAIN)
        return;
    if (err) {
        blame(s, "a chunk failed", err);
        return;
    }
    e->state = ENTRY_DONE;
    s->ops->times(s->ctx, &took, &s->stats.gpu_ns);
    if (took >= 0)
        smooth(&s->stats.took_ns, took);
}

/* False: no use in trying the next one. */
static bool send(struct supply *s, struct entry *e)
{
    int err = s->ops->submit(s->ctx, e->scene);

    if (err == -EAGAIN)
        return false;
    e->state = err ? ENTRY_LOST : ENTRY_SENT;
    if (err && err != -EINVAL) /* a scene too large says nothing of it */
        blame(s, "it takes no chunk", err);
    return true;
}

void supply_gpu_pump(struct supply *s)
{
    int64_t begun = s->ops->cpu_ns(s->ctx);
    bool more = true;

    for (uint32_t i = 0; i < s->n && in_use(s) && s->ready; i++)
        if (supply_entry(s, i)->state == ENTRY_SENT)
            fetch(s, supply_entry(s, i));
    for (uint32_t i = 0; i < s->n && in_use(s) && s->ready && more; i++)
        if (supply_entry(s, i)->state == ENTRY_WAITING)
            more = send(s, supply_entry(s, i));
    s->own_cpu_ns += s->ops->cpu_ns(s->ctx) - begun;
}

static struct entry *first_pending(struct supply *s, uint32_t n)
{
    for (uint32_t i = 0; i < n && i < s->n; i++) {
        struct entry *e = supply_entry(s, i);
        if (e->state == ENTRY_WAITING || e->state == ENTRY_SENT)
            return e;
    }
    return NULL;
}

/* One that can't keep up at the start never will, if it isn't by chance. */
static void fail_trial(struct supply *s)
{
    static const char why[] = "too slow for this music";
    char text[SUPPLY_TEXT_MAX];

    if (s->chosen || s->want != SUPPLY_AUTO || ++s->slow < SUPPLY_TRIALS) {
        supply_gpu_suspect(s, why);
        return;
    }
    snprintf(text, sizeof(text), "the CPU renders: %.90s is %s", s->stats.name,
             why);
    choose(s, SUPPLY_CPU, text);
}

static void miss(struct supply *s, struct entry *e)
{
    if (e->state == ENTRY_SENT)
        s->ops->drop(s->ctx, e->scene->first);
    e->state = ENTRY_LOST;
    s->stats.late++;
    /* what was asked for just now was late before: we were held up */
    if (supply_now(s) - e->since_ns < s->chunk_ns)
        return;
    s->missed++;
    if (s->state == SUPPLY_PROBING)
        fail_trial(s);
    else if (s->missed >= SUPPLY_MISSES)
        supply_gpu_suspect(s, "three chunks in a row came too late");
}

void supply_gpu_await(struct supply *s, uint32_t n, int64_t until)
{
    struct entry *e;

    for (;;) {
        supply_gpu_pump(s);
        if (!in_use(s) || !s->ready)
            return;
        e = first_pending(s, n);
        if (!e) {
            s->missed = 0;
            return;
        }
        int64_t left = until - supply_now(s);
        if (left <= 0)
            break;
        s->ops->wait(s->ctx, left < WAIT_NS ? left : WAIT_NS);
        supply_gpu_tend(s);
    }
    miss(s, e);
}

/* --- trial ---------------------------------------------------------------- */

static double ms(int64_t ns)
{
    return (double)ns / NS_PER_MS;
}

/* Both have rendered the same chunks: who costs less, of those who can. */
static bool gpu_is_cheaper(struct supply *s)
{
    struct supply_stats *t = &s->stats;
    int64_t worker = s->ops->worker_cpu_ns(s->ctx) - s->measured_from;

    t->gpu_cost_ns = (worker + s->own_cpu_ns) / s->measured;
    t->cpu_cost_ns = s->cpu_sum_ns / s->measured;
    return s->large || t->gpu_cost_ns < t->cpu_cost_ns;
}

static void decide(struct supply *s)
{
    struct supply_stats *t = &s->stats;
    bool gpu = gpu_is_cheaper(s) || s->want == SUPPLY_VULKAN;
    char text[SUPPLY_TEXT_MAX];

    snprintf(text, sizeof(text),
             "%s renders: per chunk of %.1f ms, %.60s takes %.2f ms and %.2f "
             "of CPU time, the CPU %.2f and %.2f%s",
             gpu ? "the GPU" : "the CPU", ms(s->chunk_ns), t->name,
             ms(t->took_ns), ms(t->gpu_cost_ns), ms(t->cpu_ns),
             ms(t->cpu_cost_ns), s->large ? " (thinned)" : "");
    choose(s, gpu ? SUPPLY_GPU : SUPPLY_CPU, text);
}

/* From a first chunk on, so that the worker's time is that for the others. */
static void measure(struct supply *s, int64_t cpu_ns)
{
    if (s->measuring) {
        s->measured++;
        s->cpu_sum_ns += cpu_ns;
    } else {
        s->measuring = true;
        s->measured_from = s->ops->worker_cpu_ns(s->ctx);
        s->own_cpu_ns = s->cpu_sum_ns = 0;
    }
}

void supply_gpu_passed(struct supply *s, int64_t cpu_ns)
{
    s->verified++;
    if (!s->chosen && cpu_ns >= 0)
        measure(s, cpu_ns);
    if (!s->chosen && s->measured >= SUPPLY_MEASURE)
        decide(s);
    if (s->state != SUPPLY_PROBING || !s->chosen || s->verified < SUPPLY_VERIFY)
        return;
    s->state = SUPPLY_GPU;
    s->since_ns = supply_now(s);
    s->check_ns = s->since_ns + SUPPLY_CHECK_NS;
    if (s->stats.trouble[0])
        log_info(s->log, "the GPU renders again");
}
