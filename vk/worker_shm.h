// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the worker's two sides share: a sealed memfd that holds a header, slots,
 * and behind them each slot's tables and samples. For worker.c (the parent),
 * worker_main.c (the child) and tests only.
 *
 * A slot goes FREE -> SUBMITTED (parent, release) -> DONE or FAILED (child,
 * release) -> FREE (parent). Each side's loads are acquire, so that what was
 * written before a store is there after the load that sees it. The child may
 * have gone mad: the parent keeps everything it needs in memory of its own,
 * and takes nothing from here without a check.
 */
#ifndef VK_WORKER_SHM_H
#define VK_WORKER_SHM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "vk/renderer.h"
#include "vk/scene.h"
#include "vk/worker.h"

#define WORKER_MAGIC     UINT32_C(0x4c57766b)
#define WORKER_VERSION   1
#define WORKER_SLOTS     3
#define WORKER_GPU_MAX   64
#define WORKER_BYTES_MAX ((size_t)1 << 30)

enum worker_status { WORKER_OPENING, WORKER_OPEN, WORKER_REFUSED };

enum worker_slot_state { SLOT_FREE, SLOT_SUBMITTED, SLOT_DONE, SLOT_FAILED };

struct worker_slot {
    _Atomic uint32_t state; /* see above */

    /* parent>child, before SLOT_SUBMITTED */
    uint32_t generation; /* a number no other submission had */
    int64_t first;
    uint32_t bus_first[BUS_COUNT + 1];
    uint32_t n_bands, n_mods, n_partials, n_thin;

    /* child>parent, before SLOT_DONE or SLOT_FAILED */
    int32_t error;   /* FAILED: -errno */
    int64_t took_ns; /* from the renderer's taking it to its end */
    int64_t gpu_ns;  /* as renderer_stats */
};

struct worker_shm {
    /* [init] by the parent; compared with what it wrote ever after */
    struct worker_head {
        uint32_t magic, version;
        uint64_t bytes; /* of the whole */
        struct scene_limits limits;
        int64_t timeout_ns; /* of a chunk */
        int32_t parent;     /* pid */
        int32_t level;      /* enum log_level */
        char program[32];   /* prefix of the child's messages */
        char gpu[WORKER_GPU_MAX];
    } head;

    /* child>parent, before status says WORKER_OPEN or WORKER_REFUSED */
    char name[WORKER_NAME_MAX]; /* of the renderer */
    uint32_t software;          /* 1: the device is a CPU */
    int32_t error;              /* REFUSED: -errno */
    _Atomic uint32_t status;    /* enum worker_status */

    _Atomic uint32_t beat; /* child>parent: changes while it lives */
    _Atomic uint32_t quit; /* parent>child: 1 */
    _Atomic uint32_t work; /* parent>child, futex: something was submitted */
    _Atomic uint32_t news; /* child>parent, futex: something has ended */
    struct worker_slot slot[WORKER_SLOTS];
};

/* A slot's samples between two words that only a renderer that came so far with
   this chunk writes. */
struct worker_out {
    uint64_t before;
    struct buses x;
    uint64_t after;
};

/* Where the tables are: bytes from the start. */
struct worker_layout {
    size_t first, stride;           /* of the slots' areas */
    size_t notes, bands, mods, out; /* within one */
    size_t bytes;                   /* of the whole */
};

/* Errors: -EINVAL (a limit of 0 but for mods, or over WORKER_BYTES_MAX). */
int worker_layout(struct worker_layout *out, const struct scene_limits *max);

/* The slot's samples; and a scene that stands on its tables, the counts still
   unset. */
struct worker_out *worker_slot_out(struct worker_shm *shm,
                                   const struct worker_layout *l, uint32_t i);
void worker_slot_scene(struct worker_shm *shm, const struct worker_layout *l,
                       uint32_t i, struct scene *out);

/* The word before the samples; the one after them is its complement. */
uint64_t worker_canary(int64_t first, uint32_t generation);

/* Wakes who waits at the word, in whatever process. */
void worker_ring(_Atomic uint32_t *bell);

/* Until the word is no longer `seen`, for timeout_ns at most. */
void worker_listen(_Atomic uint32_t *bell, uint32_t seen, int64_t timeout_ns);

#endif
