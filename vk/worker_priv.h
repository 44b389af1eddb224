// SPDX-License-Identifier: GPL-3.0-or-later
/* The worker's parent side, for worker.c and worker_proc.c only. */
#ifndef VK_WORKER_PRIV_H
#define VK_WORKER_PRIV_H

#include "vk/worker.h"
#include "vk/worker_shm.h"

/* What the parent knows of a slot: its own memory, which no child overwrites.
 */
struct worker_seat {
    bool taken;
    bool dropped; /* what comes of it is thrown away */
    int64_t first;
    uint32_t generation;
};

struct worker {
    /* [init] */
    const struct log *log;
    int64_t start_ns, hang_ns, timeout_ns;
    struct worker_head head; /* as it was written */
    struct worker_layout layout;
    struct worker_shm *shm;
    pid_t pid; /* 0: none was started */

    /* owner */
    bool gone;  /* nothing is left of the process */
    int status; /* of waitpid(), once gone */
    enum worker_state state;
    bool mad; /* it wrote what it must not: nothing of it is believed */
    int error;
    char reason[160];
    char name[WORKER_NAME_MAX];
    bool software;
    uint32_t generation; /* of the last submission */
    struct worker_seat seat[WORKER_SLOTS];
    uint32_t beat;       /* last seen */
    int64_t beat_ns;     /* when it was new */
    int64_t progress_ns; /* when it last had or got reason to work */
    uint32_t news;       /* the bell as last heard */
    int64_t cpu_ns;
    int64_t took_ns, gpu_ns; /* of the chunk collected last */
};

/* Makes the memory and maps it; *memory is its fd, the caller's to close, also
   after an error unless it is negative. Errors: -errno, -EINVAL (limits). */
int worker_share(struct worker *w, const struct worker_opts *o, int *memory);

/* Runs the program with the memory as its fd. Errors: -errno. */
int worker_spawn(struct worker *w, const char *program, int memory);

/* True once the process has ended, with w->status. Never waits. */
bool worker_reap(struct worker *w);

/* Asks it to end, kills it after grace_ns, waits 200 ms more at most. */
void worker_end(struct worker *w, int64_t grace_ns);

/* "killed by signal 9 (Killed)" for people. */
void worker_tell_end(const struct worker *w, char *out, size_t size);

#endif
