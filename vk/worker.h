// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A renderer in a process of its own, since graphics drivers abort and hang:
 * chunks go there and come back through shared memory. Nothing that happens to
 * that process reaches this one but as a state or an error. One thread at a
 * time ([gpu] while live); only worker_wait() and worker_stop() ever wait, for
 * a time that is given or short.
 *
 * The child is killed by the kernel when the thread that started it ends, so
 * that not even a hung driver is left behind.
 */
#ifndef VK_WORKER_H
#define VK_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "graph/log.h"
#include "vk/renderer.h"
#include "vk/scene.h"

#define WORKER_NAME_MAX 96 /* bytes, with the 0 */

struct worker;

struct worker_opts {
    const struct log *log; /* borrowed for the worker's life */
    const char *program;   /* run as `program --vulkan-worker FD`; NULL:
                              /proc/self/exe */
    struct scene_limits limits;
    const char *gpu;    /* renderer_opts.gpu, or NULL */
    int64_t start_ns;   /* to open the device and warm up; 0: 30 s */
    int64_t hang_ns;    /* without a sign of life; 0: 1 s */
    int64_t timeout_ns; /* without the next chunk; 0: 1 s */
};

enum worker_state {
    WORKER_STARTING,
    WORKER_READY,
    WORKER_DEAD, /* ended by itself, refused, or mad and then killed */
    WORKER_HUNG, /* showed no life, and was then killed */
};

/* Starts it and does not wait for it. Errors: -errno of memfd_create, mmap or
   posix_spawn; -EINVAL (limits); -ENOMEM. */
int worker_start(struct worker **out, const struct worker_opts *o);

/* How it is now, as far as can be seen without waiting. *reason, unless NULL:
   why it is dead or hung, a text that lives as long as w. */
enum worker_state worker_state(struct worker *w, const char **reason);

/* DEAD: the -errno with which it refused (-ENODEV: no usable device), or -EIO;
   else 0. */
int worker_error(const struct worker *w);

/* READY: the renderer's name, and whether its device is a CPU. */
const char *worker_name(const struct worker *w);
bool worker_is_software(const struct worker *w);

/* Copies the scene over. Errors: -EAGAIN (all slots taken), -EINVAL (over the
   limits), -EIO (not READY). */
int worker_submit(struct worker *w, const struct scene *scene);

/*
 * The chunk that starts at frame first, submitted before. It is complete and
 * finite, or not given at all; a slot is free again after any answer but
 * -EAGAIN. Errors: -EAGAIN (not done yet), -ENOENT (not submitted), -EIO (dead,
 * hung, mad), or what the renderer said: -EIO, -ETIMEDOUT, -ENOMEM, -EINVAL.
 */
int worker_collect(struct worker *w, int64_t first, struct buses *out);

/* What the child says of the chunk collected last, ns: how long it took, and of
   that the device by its own clock, -1 if it has none. */
void worker_times(const struct worker *w, int64_t *took_ns, int64_t *gpu_ns);

/* Nobody wants that chunk any more: what comes of it is thrown away. */
void worker_drop(struct worker *w, int64_t first);

/* Until it has something new to say, for timeout_ns at most. May return early.
   Its death is not news: wait briefly, then ask for the state. */
void worker_wait(struct worker *w, int64_t timeout_ns);

/* CPU time of its process so far, ns; of all its threads. */
int64_t worker_cpu_ns(struct worker *w);

pid_t worker_pid(const struct worker *w);

/* SIGKILL; then true once nothing is left of it. Never waits: call again. */
bool worker_kill(struct worker *w);

/* Asks it to end, kills it after grace_ns, and frees. One that even then hangs
   in its driver is left to the kernel after 200 ms. Accepts NULL. */
void worker_stop(struct worker **w, int64_t grace_ns);

/* --- the child's side ----------------------------------------------------- */

/* The FD of `--vulkan-worker FD`, if these are a program's only arguments; else
   -1. Comes before the program's own options. */
int worker_asked(int argc, char **argv);

typedef int worker_open_fn(struct renderer **out,
                           const struct renderer_opts *o);

/* [main] of that process: renders until told to end. Returns the exit code. */
int worker_main(int fd, worker_open_fn *open);

#endif
