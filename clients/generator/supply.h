// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The supply: who renders which chunk. The engine fills scenes ahead of time,
 * and takes their sound chunk by chunk in order. A chunk belongs to the GPU
 * until the look-ahead that is left falls under twice what the CPU will need,
 * plus a margin; then the CPU renders it, and what the GPU still says of it is
 * thrown away. So every chunk is there in time, whatever happens to the GPU.
 *
 * Three chunks late in a row, or any error, and the GPU is suspect: the CPU
 * renders alone, the worker is killed and started anew after 1, 2, 4 ... 300 s,
 * and gets chunks to itself again once some were computed by both and agree.
 * While it renders, a chunk is checked on one bus every few seconds, and at
 * once where it doesn't join the chunk before it smoothly.
 *
 * Where a scene is too large for the CPU, the CPU renders it thinned, and the
 * sound moves from one to the other over 80 ms, both ways: chunks that the GPU
 * has finished are held back for as long, to have something to fade out from.
 *
 * One thread at a time ([gpu] while live) but for supply_stats(). It starts no
 * thread; only supply_take() and supply_settle() wait, for the GPU alone and
 * never beyond the times they are given.
 */
#ifndef GENERATOR_SUPPLY_H
#define GENERATOR_SUPPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"
#include "vk/scene.h"
#include "vk/worker.h"

#define SUPPLY_NEVER    INT64_MAX /* a deadline that doesn't come */
#define SUPPLY_TEXT_MAX 192       /* bytes, with the 0 */

struct supply;

enum supply_want { SUPPLY_AUTO, SUPPLY_VULKAN, SUPPLY_CPU_ONLY };

enum supply_state {
    SUPPLY_OFF,     /* no GPU, or none wanted */
    SUPPLY_PROBING, /* the GPU starts, or renders beside the CPU on trial */
    SUPPLY_GPU,     /* the GPU renders */
    SUPPLY_SUSPECT, /* the GPU failed: the CPU renders until it is tried anew */
    SUPPLY_CPU,     /* measured, and the CPU was the cheaper one */
};

/* "off", "probing", "gpu", "suspect", "cpu". */
const char *supply_state_name(enum supply_state state);

/* What the supply works with; supply_means.h has the real ones. */
struct supply_ops {
    int64_t (*now)(void *ctx);    /* ns */
    int64_t (*cpu_ns)(void *ctx); /* CPU time this process has used */

    /* the CPU renderer; errors as renderer_render() */
    int (*render)(void *ctx, const struct scene *s, bool thin,
                  struct buses *out);

    /* the worker: as the functions of vk/worker.h of like names */
    int (*start)(void *ctx);
    enum worker_state (*state)(void *ctx, const char **reason);
    int (*error)(void *ctx);
    const char *(*name)(void *ctx);
    bool (*is_software)(void *ctx);
    int (*submit)(void *ctx, const struct scene *s);
    int (*collect)(void *ctx, int64_t first, struct buses *out);
    void (*times)(void *ctx, int64_t *took_ns, int64_t *gpu_ns);
    void (*drop)(void *ctx, int64_t first);
    void (*wait)(void *ctx, int64_t timeout_ns);
    int64_t (*worker_cpu_ns)(void *ctx);
    bool (*kill)(void *ctx); /* true: gone, and start() may come */
};

struct supply_opts {
    const struct log *log;
    struct scene_limits limits;
    uint32_t rate; /* Hz */
    enum supply_want want;
    bool offline;      /* nobody waits: nothing is thinned, and the GPU may
                          take its time */
    bool thin;         /* every scene is thinned: with CPU_ONLY */
    int64_t margin_ns; /* look-ahead the CPU shall not need; 0: 20 ms */
    uint64_t seed;     /* of the choice of what is checked */
    const struct supply_ops *ops; /* borrowed, with ctx */
    void *ctx;
};

/* Starts the worker, unless CPU_ONLY, and doesn't wait for it. Errors: -EINVAL
   (rate or a limit of 0, thin without CPU_ONLY), -ENOMEM; with VULKAN, the
   worker's. */
int supply_new(struct supply **out, const struct supply_opts *o);

/* Kills the worker, if one runs, and doesn't wait for its end. */
void supply_free(struct supply **s);

/* Until it is known whether there is a GPU. Errors: -ENODEV (none; or with
   AUTO, none that is hardware), -ETIMEDOUT, -EIO (it failed at once). */
int supply_settle(struct supply *s, int64_t timeout_ns);

/* The scene to fill next, for supply_submit(); NULL when enough is ahead. Fill
   and submit until then, before each supply_take(). */
struct scene *supply_scene(struct supply *s);

/* The scene of supply_scene() is filled: its chunk joins the queue. */
void supply_submit(struct supply *s);

/*
 * The oldest chunk of the queue, which starts at frame first. It has to be
 * there by deadline_ns: when, on ops.now()'s clock, the chunks before it will
 * have been played. Errors: -ENOENT (that is not the oldest), and what the CPU
 * renderer says, -EIO or -ENOMEM.
 */
int supply_take(struct supply *s, int64_t first, int64_t deadline_ns,
                struct buses *out);

/* Forgets the queue: the next chunk needn't join the last one. */
void supply_flush(struct supply *s);

struct supply_stats {
    enum supply_state state;
    char name[WORKER_NAME_MAX];    /* of the GPU's renderer, or "" */
    char choice[SUPPLY_TEXT_MAX];  /* who renders and why, with the figures */
    char trouble[SUPPLY_TEXT_MAX]; /* of the GPU's last failure, or "" */
    uint64_t by_gpu, by_cpu;       /* chunks in full */
    uint64_t thinned; /* chunks by the CPU, thinned: none of these */
    uint64_t late;    /* chunks the GPU was too late for */
    uint64_t checked, mismatched; /* chunks compared; of these, wrong */
    uint64_t failovers;           /* times the GPU was given up while in use */
    uint64_t rebuilds;            /* times its worker was started anew */
    uint64_t cuts;   /* changes to the thinned sound without a fade */
    int64_t gpu_ns;  /* of the device for a chunk, -1: unknown */
    int64_t took_ns; /* of the worker for a chunk, smoothed */
    int64_t cpu_ns;  /* of the CPU renderer for the last full scene: what it
                        took or would take */
    int64_t gpu_cost_ns, cpu_cost_ns; /* CPU time per chunk when measured */
    int64_t least_ahead_ns; /* look-ahead left when a chunk was done, at least;
                               SUPPLY_NEVER: none was */
};

/* Any thread. */
void supply_stats(struct supply *s, struct supply_stats *out);

#endif
