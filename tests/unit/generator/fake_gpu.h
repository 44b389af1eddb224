// SPDX-License-Identifier: GPL-3.0-or-later
/* A clock, a CPU renderer and a GPU worker of a test's own: time passes only
   where somebody works or waits. */
#ifndef TESTS_UNIT_GENERATOR_FAKE_GPU_H
#define TESTS_UNIT_GENERATOR_FAKE_GPU_H

#include "clients/generator/supply.h"
#include "graph/clock.h"

#define FAKE_MEMBERS  12 /* per band, of which 1 when thinned */
#define FAKE_PARTIALS (BUS_COUNT * 2 * 4 * FAKE_MEMBERS)

enum fake_fault {
    FAULT_NONE,
    FAULT_KILLED,     /* state DEAD at once */
    FAULT_STOPPED,    /* says nothing; HUNG after a second */
    FAULT_SILENT,     /* seems alive, nothing comes back */
    FAULT_SLOW,       /* a chunk takes slow_ns */
    FAULT_ONCE,       /* one chunk takes slow_ns, the rest is as ever */
    FAULT_LOST,       /* chunks fail with -EIO */
    FAULT_MEMORY,     /* chunks fail with -ENOMEM */
    FAULT_ZERO,       /* from here on wrongly computed: nothing, */
    FAULT_STALE,      /* the chunk before, */
    FAULT_SCALED,     /* too loud, */
    FAULT_SUBTLE,     /* out of tune by very little */
    FAULT_NO_START,   /* start() fails with -ENOMEM */
    FAULT_NO_DEVICE,  /* the worker refuses with -ENODEV */
    FAULT_NEVER_OPEN, /* HUNG after 30 s of starting */
};

struct fake_job {
    bool taken;
    int64_t first, done_ns;
};

struct fake {
    int64_t now, cpu, worker_cpu; /* ns */

    /* what the test sets */
    enum fake_fault fault;
    int64_t each_ns;   /* of the CPU for a partial */
    int64_t gpu_ns;    /* of the GPU for a chunk */
    int64_t slow_ns;   /* the same when slow */
    int64_t gpu_cost;  /* of the worker's CPU for a chunk */
    int64_t hiccup_ns; /* of the CPU, once, by other programs */
    bool software;
    bool stubborn; /* a killed one isn't gone until this is false */

    /* what happened */
    bool running, killed;
    int64_t started_ns, stopped_ns, free_ns;
    struct fake_job job[3];
    int starts;
    int64_t start_at[16]; /* ns */
    uint64_t renders;     /* by the CPU */
};

extern const struct supply_ops fake_ops; /* ctx: struct fake */

void fake_init(struct fake *f);

/* Two notes on each bus. */
struct scene_limits fake_limits(void);
void fake_fill(struct scene *s, int64_t first);

/* The right sound of a chunk, of the buses that have notes in s. */
void fake_sound(const struct scene *s, bool thin, struct buses *out);

#endif
