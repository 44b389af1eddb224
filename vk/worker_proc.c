// SPDX-License-Identifier: GPL-3.0-or-later
/* The worker's memory and process: made, started, reaped, killed. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "graph/clock.h"
#include "vk/worker_priv.h"

#define CHILD_FD 3
#define POLL_NS  (1 * NS_PER_MS)
#define REAP_NS  (200 * NS_PER_MS)

static void fill_head(struct worker *w, const struct worker_opts *o)
{
    w->head = (struct worker_head){
        .magic = WORKER_MAGIC,
        .version = WORKER_VERSION,
        .bytes = w->layout.bytes,
        .limits = o->limits,
        .timeout_ns = w->timeout_ns,
        .parent = (int32_t)getpid(),
        .level = o->log ? (int32_t)o->log->level : (int32_t)LOG_ERROR,
    };
    snprintf(w->head.program, sizeof(w->head.program), "%s",
             o->log ? o->log->program : "longwave-gen");
    snprintf(w->head.gpu, sizeof(w->head.gpu), "%s", o->gpu ? o->gpu : "");
}

/* Memory that neither side can change the size of: no SIGBUS for us. */
int worker_share(struct worker *w, const struct worker_opts *o, int *memory)
{
    int err = worker_layout(&w->layout, &o->limits);
    void *at;

    if (err)
        return err;
    *memory = memfd_create("longwave-vulkan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*memory < 0 || ftruncate(*memory, (off_t)w->layout.bytes) < 0 ||
        fcntl(*memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) <
            0)
        return -errno;
    at = mmap(NULL, w->layout.bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
              *memory, 0);
    if (at == MAP_FAILED)
        return -errno;
    w->shm = at;
    fill_head(w, o);
    w->shm->head = w->head;
    return 0;
}

/* Nothing of ours but stderr and the memory: a driver has no business with
   JACK's sockets, and must not keep them open after us. */
static int set_files(posix_spawn_file_actions_t *f, int memory)
{
    int err = posix_spawn_file_actions_addopen(f, STDIN_FILENO, "/dev/null",
                                               O_RDONLY, 0);
    if (!err) /* what a driver prints doesn't belong into a pipe of ours */
        err = posix_spawn_file_actions_adddup2(f, STDERR_FILENO, STDOUT_FILENO);
    if (!err) /* also onto itself: that takes close-on-exec off */
        err = posix_spawn_file_actions_adddup2(f, memory, CHILD_FD);
    if (!err)
        err = posix_spawn_file_actions_addclosefrom_np(f, CHILD_FD + 1);
    return -err;
}

/* A group of its own, so that a terminal's Ctrl-C reaches the parent alone; no
   signal blocked; no realtime priority, which a spinning driver would abuse. */
static int set_attributes(posix_spawnattr_t *a)
{
    static const struct sched_param plain = {.sched_priority = 0};
    sigset_t none;
    int err;

    sigemptyset(&none);
    err = posix_spawnattr_setflags(a, POSIX_SPAWN_SETPGROUP |
                                          POSIX_SPAWN_SETSIGMASK |
                                          POSIX_SPAWN_SETSCHEDULER);
    if (!err)
        err = posix_spawnattr_setpgroup(a, 0);
    if (!err)
        err = posix_spawnattr_setsigmask(a, &none);
    if (!err)
        err = posix_spawnattr_setschedpolicy(a, SCHED_OTHER);
    if (!err)
        err = posix_spawnattr_setschedparam(a, &plain);
    return -err;
}

int worker_spawn(struct worker *w, const char *program, int memory)
{
    char fd[] = {'0' + CHILD_FD, '\0'};
    char name[] = "longwave-gen", option[] = "--vulkan-worker";
    char *argv[] = {name, option, fd, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int err = -posix_spawn_file_actions_init(&files);

    if (err)
        return err;
    err = -posix_spawnattr_init(&attributes);
    if (err)
        goto out;
    err = set_files(&files, memory);
    if (!err)
        err = set_attributes(&attributes);
    if (!err)
        err =
            -posix_spawn(&w->pid, program, &files, &attributes, argv, environ);
    if (err)
        w->pid = 0;
    posix_spawnattr_destroy(&attributes);
out:
    posix_spawn_file_actions_destroy(&files);
    return err;
}

bool worker_reap(struct worker *w)
{
    if (!w->gone && w->pid > 0) {
        pid_t r = waitpid(w->pid, &w->status, WNOHANG);
        /* an error: it isn't our child any more, so no pid to rely on */
        w->gone = r == w->pid || (r < 0 && errno != EINTR);
    }
    return w->gone || w->pid == 0;
}

void worker_tell_end(const struct worker *w, char *out, size_t size)
{
    int sig = WTERMSIG(w->status);

    if (WIFSIGNALED(w->status))
        snprintf(out, size, "killed by signal %d (%s)", sig, strsignal(sig));
    else
        snprintf(out, size, "exited with %d", WEXITSTATUS(w->status));
}

bool worker_kill(struct worker *w)
{
    if (worker_reap(w))
        return true;
    kill(w->pid, SIGKILL);
    if (w->state == WORKER_STARTING || w->state == WORKER_READY) {
        w->state = WORKER_DEAD;
        w->error = -EIO;
        snprintf(w->reason, sizeof(w->reason), "stopped");
    }
    return worker_reap(w);
}

static bool ends_within(struct worker *w, int64_t ns)
{
    int64_t end = clock_now() + ns;

    while (!worker_reap(w) && clock_now() < end)
        clock_sleep(POLL_NS);
    return worker_reap(w);
}

void worker_end(struct worker *w, int64_t grace_ns)
{
    if (w->pid == 0)
        return;
    atomic_store_explicit(&w->shm->quit, 1, memory_order_release);
    worker_ring(&w->shm->work);
    if (ends_within(w, grace_ns))
        return;
    worker_kill(w);
    if (!ends_within(w, REAP_NS))
        log_warn(w->log,
                 "the Vulkan worker (pid %d) hangs in its driver; left behind",
                 (int)w->pid);
}

int64_t worker_cpu_ns(struct worker *w)
{
    struct timespec t;
    clockid_t clock;

    /* an ended process has no clock: the last reading stays */
    if (!w->gone && w->pid > 0 && clock_getcpuclockid(w->pid, &clock) == 0 &&
        clock_gettime(clock, &t) == 0)
        w->cpu_ns = (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
    return w->cpu_ns;
}

pid_t worker_pid(const struct worker *w)
{
    return w->pid;
}
