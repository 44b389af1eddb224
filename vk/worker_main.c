// SPDX-License-Identifier: GPL-3.0-or-later
/* The worker's child side: takes chunks from the slots in the order in which
   they were submitted, and keeps the renderer's own slots busy with them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/threads.h"
#include "vk/worker.h"
#include "vk/worker_shm.h"

#define IDLE_NS (100 * NS_PER_MS) /* between two signs of life */
#define BUSY_NS (5 * NS_PER_MS)

struct job {
    uint32_t slot;
    int64_t first;
    int64_t since_ns;
};

struct side {
    struct log log;
    char program[48];
    struct worker_shm *shm;
    struct worker_layout layout;
    struct renderer *renderer;
    struct job job[WORKER_SLOTS]; /* the renderer has them, oldest first */
    uint32_t n_jobs;
};

int worker_asked(int argc, char **argv)
{
    char *end;
    long fd;

    if (argc != 3 || strcmp(argv[1], "--vulkan-worker") != 0)
        return -1;
    errno = 0;
    fd = strtol(argv[2], &end, 10);
    return errno || *end || end == argv[2] || fd < 0 || fd > 1023 ? -1
                                                                  : (int)fd;
}

/* The memory, if it is what a parent of the same build made. */
static int attach(struct side *s, int fd)
{
    struct stat st;
    void *at;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size < (off_t)sizeof(struct worker_shm))
        return -EINVAL;
    at = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
              0);
    if (at == MAP_FAILED)
        return -errno;
    s->shm = at;
    if (s->shm->head.magic != WORKER_MAGIC ||
        s->shm->head.version != WORKER_VERSION ||
        worker_layout(&s->layout, &s->shm->head.limits) < 0 ||
        s->layout.bytes != (size_t)st.st_size)
        return -EINVAL;
    return 0;
}

/* The kernel kills us with our parent, which may have died before it was
   asked to. */
static void follow_parent(const struct side *s)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != (pid_t)s->shm->head.parent)
        _exit(1);
}

static int open_renderer(struct side *s, worker_open_fn *open)
{
    struct worker_shm *shm = s->shm;
    struct renderer_opts o = {.log = &s->log,
                              .max = shm->head.limits,
                              .gpu = shm->head.gpu[0] ? shm->head.gpu : NULL,
                              .timeout_ns = shm->head.timeout_ns};
    int err = open(&s->renderer, &o);

    if (!err) {
        snprintf(shm->name, sizeof(shm->name), "%s",
                 renderer_name(s->renderer));
        shm->software = renderer_is_software(s->renderer);
    }
    shm->error = err;
    /* release: pairs with open_up() in the parent */
    atomic_store_explicit(&shm->status, err ? WORKER_REFUSED : WORKER_OPEN,
                          memory_order_release);
    worker_ring(&shm->news);
    return err;
}

static void answer(struct side *s, uint32_t slot, int error, int64_t took_ns)
{
    struct worker_slot *at = &s->shm->slot[slot];
    struct renderer_stats stats;

    if (!error) {
        struct worker_out *out = worker_slot_out(s->shm, &s->layout, slot);
        out->before = worker_canary(at->first, at->generation);
        out->after = ~out->before;
    }
    renderer_stats(s->renderer, &stats);
    at->took_ns = took_ns;
    at->gpu_ns = stats.gpu_ns;
    at->error = error;
    /* release: pairs with slot_state() in the parent */
    atomic_store_explicit(&at->state, error ? SLOT_FAILED : SLOT_DONE,
                          memory_order_release);
    worker_ring(&s->shm->news);
}

/* Whether the renderer has this slot already, or another chunk of that name,
   which it couldn't tell from it. */
static bool is_under_way(const struct side *s, uint32_t slot)
{
    for (uint32_t i = 0; i < s->n_jobs; i++)
        if (s->job[i].slot == slot ||
            s->job[i].first == s->shm->slot[slot].first)
            return true;
    return false;
}

/* The slot that was submitted first of those that still have to begin. */
static int next_slot(const struct side *s)
{
    int best = -1;

    for (uint32_t i = 0; i < WORKER_SLOTS; i++) {
        const struct worker_slot *at = &s->shm->slot[i];
        if (atomic_load_explicit(&at->state, memory_order_acquire) !=
                SLOT_SUBMITTED ||
            is_under_way(s, i))
            continue;
        if (best < 0 ||
            (int32_t)(at->generation - s->shm->slot[best].generation) < 0)
            best = (int)i;
    }
    return best;
}

static int begin(struct side *s, uint32_t slot)
{
    const struct worker_slot *at = &s->shm->slot[slot];
    struct scene scene;
    int err;

    worker_slot_scene(s->shm, &s->layout, slot, &scene);
    scene.first = at->first;
    memcpy(scene.bus_first, at->bus_first, sizeof(scene.bus_first));
    scene.n_bands = at->n_bands;
    scene.n_mods = at->n_mods;
    scene.n_partials = at->n_partials;
    scene.n_thin = at->n_thin;
    scene.max = s->shm->head.limits;
    err = renderer_submit(s->renderer, &scene);
    if (!err)
        s->job[s->n_jobs++] = (struct job){
            .slot = slot, .first = at->first, .since_ns = clock_now()};
    return err;
}

static void take_work(struct side *s)
{
    int slot;

    while (s->n_jobs < WORKER_SLOTS && (slot = next_slot(s)) >= 0) {
        int err = begin(s, (uint32_t)slot);
        if (err == -EAGAIN)
            return;
        if (err)
            answer(s, (uint32_t)slot, err, 0);
    }
}

/* The oldest chunk, waited for briefly: new ones must not wait for it. */
static void give_back(struct side *s)
{
    struct job job = s->job[0];
    struct worker_out *out = worker_slot_out(s->shm, &s->layout, job.slot);
    int err = renderer_collect(s->renderer, job.first, &out->x, BUSY_NS);

    if ((err == -EAGAIN || err == -ETIMEDOUT) &&
        clock_now() - job.since_ns < s->shm->head.timeout_ns)
        return;
    if (err == -EAGAIN || err == -ETIMEDOUT)
        renderer_drop(s->renderer, job.first);
    s->n_jobs--;
    memmove(s->job, s->job + 1, s->n_jobs * sizeof(s->job[0]));
    answer(s, job.slot, err == -EAGAIN ? -ETIMEDOUT : err,
           clock_now() - job.since_ns);
}

static void serve(struct side *s)
{
    struct worker_shm *shm = s->shm;

    while (!atomic_load_explicit(&shm->quit, memory_order_acquire)) {
        /* before looking: what is submitted later rings again */
        uint32_t seen = atomic_load_explicit(&shm->work, memory_order_acquire);
        atomic_fetch_add_explicit(&shm->beat, 1, memory_order_relaxed);
        take_work(s);
        if (s->n_jobs > 0)
            give_back(s);
        else
            worker_listen(&shm->work, seen, IDLE_NS);
    }
}

int worker_main(int fd, worker_open_fn *open)
{
    struct side s = {0};
    int err = attach(&s, fd);

    if (err)
        return 1; /* nobody of ours has called */
    close(fd);
    follow_parent(&s);
    thread_enter(TH_GPU);
    prctl(PR_SET_NAME, "longwave-vulkan"); /* for ps; its thread is all of it */
    snprintf(s.program, sizeof(s.program), "%.31s: vulkan",
             s.shm->head.program);
    s.log = (struct log){.program = s.program,
                         .level = (enum log_level)s.shm->head.level};
    err = open_renderer(&s, open);
    if (!err)
        serve(&s);
    renderer_free(&s.renderer);
    return err ? 1 : 0;
}
