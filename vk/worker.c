// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/worker.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "graph/clock.h"
#include "vk/worker_priv.h"

#define START_NS   (30 * NS_PER_S)
#define HANG_NS    (1 * NS_PER_S)
#define TIMEOUT_NS (1 * NS_PER_S)
#define SPAN_NS    (3600 * NS_PER_S) /* more is nonsense */
#define ERRNO_MAX  4095              /* as the kernel has it */

/* --- life ----------------------------------------------------------------- */

int worker_start(struct worker **out, const struct worker_opts *o)
{
    int err = -ENOMEM, memory = -1;
    struct worker *w = calloc(1, sizeof(*w));

    *out = NULL;
    if (!w)
        goto out;
    w->log = o->log;
    w->start_ns = o->start_ns ? o->start_ns : START_NS;
    w->hang_ns = o->hang_ns ? o->hang_ns : HANG_NS;
    w->timeout_ns = o->timeout_ns ? o->timeout_ns : TIMEOUT_NS;
    err = worker_share(w, o, &memory);
    if (!err)
        err =
            worker_spawn(w, o->program ? o->program : "/proc/self/exe", memory);
    if (err)
        goto out;
    w->beat_ns = w->progress_ns = clock_now();
    *out = w;
    w = NULL;
out:
    if (memory >= 0)
        close(memory);
    worker_stop(&w, 0);
    return err;
}

void worker_stop(struct worker **w, int64_t grace_ns)
{
    if (!*w)
        return;
    worker_end(*w, grace_ns);
    if ((*w)->shm)
        munmap((*w)->shm, (*w)->layout.bytes);
    free(*w);
    *w = NULL;
}

/* --- state ---------------------------------------------------------------- */

/* It is of no use any more. What still runs of it could only do harm. */
static void fail(struct worker *w, enum worker_state state, int error,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void fail(struct worker *w, enum worker_state state, int error,
                 const char *fmt, ...)
{
    va_list ap;

    w->state = state;
    w->error = error;
    va_start(ap, fmt);
    vsnprintf(w->reason, sizeof(w->reason), fmt, ap);
    va_end(ap);
    worker_kill(w);
}

static void mad(struct worker *w, const char *what)
{
    w->mad = true;
    fail(w, WORKER_DEAD, -EIO, "%s", what);
}

/* A text from the child: bounded, and with nothing that moves a cursor. */
static void copy_name(char out[WORKER_NAME_MAX], const char *shared)
{
    memcpy(out, shared, WORKER_NAME_MAX - 1);
    out[WORKER_NAME_MAX - 1] = '\0';
    for (char *c = out; *c; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
}

static int checked_error(int32_t error)
{
    return error < 0 && error >= -ERRNO_MAX ? error : -EIO;
}

static int64_t checked_ns(int64_t ns)
{
    return ns >= 0 && ns <= SPAN_NS ? ns : -1;
}

static void open_up(struct worker *w)
{
    uint32_t status =
        atomic_load_explicit(&w->shm->status, memory_order_acquire);

    if (status == WORKER_OPEN) {
        copy_name(w->name, w->shm->name);
        w->software = w->shm->software != 0;
        w->state = WORKER_READY;
        w->beat_ns = clock_now();
    } else if (status == WORKER_REFUSED) {
        int error = checked_error(w->shm->error);
        fail(w, WORKER_DEAD, error, "no renderer: %s", strerror(-error));
    } else if (status != WORKER_OPENING) {
        mad(w, "its memory is overwritten (status)");
    }
}

static bool at_work(const struct worker *w)
{
    for (uint32_t i = 0; i < WORKER_SLOTS; i++)
        if (w->seat[i].taken)
            return true;
    return false;
}

/* Signs of life, and of work that gets done. */
static void feel_pulse(struct worker *w)
{
    uint32_t beat = atomic_load_explicit(&w->shm->beat, memory_order_relaxed);
    int64_t now = clock_now();

    if (beat != w->beat) {
        w->beat = beat;
        w->beat_ns = now;
    }
    if (w->state == WORKER_STARTING) {
        if (now - w->progress_ns > w->start_ns)
            fail(w, WORKER_HUNG, -ETIMEDOUT, "not ready within %.1f s",
                 (double)w->start_ns / NS_PER_S);
    } else if (now - w->beat_ns > w->hang_ns) {
        fail(w, WORKER_HUNG, -ETIMEDOUT, "no sign of life for %.2f s",
             (double)w->hang_ns / NS_PER_S);
    } else if (at_work(w) && now - w->progress_ns > w->timeout_ns) {
        fail(w, WORKER_HUNG, -ETIMEDOUT, "no chunk for %.2f s",
             (double)w->timeout_ns / NS_PER_S);
    }
}

enum worker_state worker_state(struct worker *w, const char **reason)
{
    if (w->state == WORKER_STARTING || w->state == WORKER_READY) {
        bool gone = worker_reap(w);
        if (memcmp(&w->shm->head, &w->head, sizeof(w->head)) != 0)
            mad(w, "its memory is overwritten (header)");
        else if (w->state == WORKER_STARTING)
            open_up(w);
        /* what it said last tells more than how it ended */
        if (gone && w->state != WORKER_DEAD) {
            w->state = WORKER_DEAD;
            w->error = -EIO;
            worker_tell_end(w, w->reason, sizeof(w->reason));
        } else if (w->state != WORKER_DEAD) {
            feel_pulse(w);
        }
    }
    if (reason)
        *reason = w->reason;
    return w->state;
}

int worker_error(const struct worker *w)
{
    return w->error;
}

const char *worker_name(const struct worker *w)
{
    return w->name;
}

bool worker_is_software(const struct worker *w)
{
    return w->software;
}

/* --- chunks --------------------------------------------------------------- */

static uint32_t slot_state(struct worker *w, uint32_t i)
{
    return atomic_load_explicit(&w->shm->slot[i].state, memory_order_acquire);
}

static void vacate(struct worker *w, uint32_t i)
{
    w->seat[i].taken = false;
    w->progress_ns = clock_now();
    atomic_store_explicit(&w->shm->slot[i].state, SLOT_FREE,
                          memory_order_relaxed);
}

/* Frees the slots whose results nobody wants. */
static void sweep(struct worker *w)
{
    for (uint32_t i = 0; i < WORKER_SLOTS; i++)
        if (w->seat[i].taken && w->seat[i].dropped &&
            slot_state(w, i) != SLOT_SUBMITTED)
            vacate(w, i);
}

static int find_free(const struct worker *w)
{
    for (int i = 0; i < WORKER_SLOTS; i++)
        if (!w->seat[i].taken)
            return i;
    return -EAGAIN;
}

static bool fits(const struct scene *s, const struct scene_limits *max)
{
    return scene_notes(s) <= max->notes && s->n_bands <= max->bands &&
           s->n_mods <= max->mods && s->n_partials <= max->partials &&
           s->n_thin <= max->thin;
}

static void write_slot(struct worker *w, uint32_t i, const struct scene *s)
{
    struct worker_slot *slot = &w->shm->slot[i];
    struct worker_out *out = worker_slot_out(w->shm, &w->layout, i);
    struct scene to;

    worker_slot_scene(w->shm, &w->layout, i, &to);
    memcpy(to.notes, s->notes, scene_notes(s) * sizeof(*to.notes));
    memcpy(to.bands, s->bands, s->n_bands * sizeof(*to.bands));
    if (s->n_mods > 0)
        memcpy(to.mods, s->mods, s->n_mods * sizeof(*to.mods));
    memcpy(slot->bus_first, s->bus_first, sizeof(slot->bus_first));
    slot->n_bands = s->n_bands;
    slot->n_mods = s->n_mods;
    slot->n_partials = s->n_partials;
    slot->n_thin = s->n_thin;
    slot->first = s->first;
    slot->generation = w->seat[i].generation;
    /* all ones is not a number: a sample that isn't written shows */
    memset(out, 0xff, sizeof(*out));
}

int worker_submit(struct worker *w, const struct scene *scene)
{
    int i;

    if (worker_state(w, NULL) != WORKER_READY)
        return -EIO;
    if (!fits(scene, &w->head.limits))
        return -EINVAL;
    sweep(w);
    i = find_free(w);
    if (i < 0)
        return i;
    if (!at_work(w))
        w->progress_ns = clock_now();
    w->seat[i] = (struct worker_seat){
        .taken = true, .first = scene->first, .generation = ++w->generation};
    write_slot(w, (uint32_t)i, scene);
    /* release: pairs with the child's acquire in take_work() */
    atomic_store_explicit(&w->shm->slot[i].state, SLOT_SUBMITTED,
                          memory_order_release);
    worker_ring(&w->shm->work);
    return 0;
}

static int find_chunk(const struct worker *w, int64_t first)
{
    for (int i = 0; i < WORKER_SLOTS; i++)
        if (w->seat[i].taken && !w->seat[i].dropped &&
            w->seat[i].first == first)
            return i;
    return -ENOENT;
}

/* Copied first and looked at then: the child could still write. */
static int take_samples(struct worker *w, uint32_t i, struct buses *out)
{
    const struct worker_out *from = worker_slot_out(w->shm, &w->layout, i);
    const struct worker_seat *seat = &w->seat[i];
    uint64_t canary = worker_canary(seat->first, seat->generation);
    const float *x = &out->x[0][0][0];
    float sum = 0.0f;

    if (w->shm->slot[i].generation != seat->generation ||
        w->shm->slot[i].first != seat->first || from->before != canary ||
        from->after != ~canary)
        return -EBADMSG;
    w->took_ns = checked_ns(w->shm->slot[i].took_ns);
    w->gpu_ns = checked_ns(w->shm->slot[i].gpu_ns);
    memcpy(out, &from->x, sizeof(*out));
    for (size_t n = 0; n < sizeof(*out) / sizeof(*x); n++)
        sum += x[n] * 0.0f; /* 0 but for infinities and what is no number */
    return sum == 0.0f ? 0 : -ERANGE;
}

int worker_collect(struct worker *w, int64_t first, struct buses *out)
{
    enum worker_state state = worker_state(w, NULL);
    int i = find_chunk(w, first), err;
    uint32_t slot;

    if (i < 0)
        return i;
    slot = slot_state(w, (uint32_t)i);
    if (slot == SLOT_SUBMITTED && state == WORKER_READY)
        return -EAGAIN;
    err = -EIO;
    if (w->mad) {
        /* what it left could look right */
    } else if (slot == SLOT_DONE) {
        err = take_samples(w, (uint32_t)i, out);
        if (err == -EBADMSG)
            mad(w, "a chunk came back without its canary");
        else if (err)
            mad(w, "a chunk came back with samples that are no numbers");
        err = err ? -EIO : 0;
    } else if (slot == SLOT_FAILED) {
        err = checked_error(w->shm->slot[i].error);
    } else if (slot != SLOT_SUBMITTED) {
        mad(w, "its memory is overwritten (slot)");
    }
    vacate(w, (uint32_t)i);
    return err;
}

void worker_times(const struct worker *w, int64_t *took_ns, int64_t *gpu_ns)
{
    *took_ns = w->took_ns;
    *gpu_ns = w->gpu_ns;
}

void worker_drop(struct worker *w, int64_t first)
{
    int i = find_chunk(w, first);

    if (i >= 0)
        w->seat[i].dropped = true;
    sweep(w);
}

void worker_wait(struct worker *w, int64_t timeout_ns)
{
    /* what rang since the last call returns at once; acquire pairs with the
       release of worker_ring() */
    worker_listen(&w->shm->news, w->news, timeout_ns);
    w->news = atomic_load_explicit(&w->shm->news, memory_order_acquire);
}
