// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The supply's inside: supply.c keeps the queue and hands chunks out,
 * supply_cpu.c knows what the CPU can do, supply_gpu.c how the GPU is, and
 * supply_check.c whether it tells the truth.
 */
#ifndef GENERATOR_SUPPLY_PRIV_H
#define GENERATOR_SUPPLY_PRIV_H

#include <pthread.h>

#include "clients/generator/supply.h"
#include "graph/clock.h"

#define SUPPLY_FADE_MAX  12 /* chunks */
#define SUPPLY_SLOTS     3  /* chunks in the worker's hands */
#define SUPPLY_DEPTH     (SUPPLY_FADE_MAX + 1 + SUPPLY_SLOTS)
#define SUPPLY_VERIFY    8              /* chunks, before the GPU is believed */
#define SUPPLY_MEASURE   24             /* chunks, before the choice */
#define SUPPLY_TRIALS    3              /* too slow, before the CPU is chosen */
#define SUPPLY_MISSES    3              /* in a row */
#define SUPPLY_CHECK_NS  (4 * NS_PER_S) /* between two checks */
#define SUPPLY_BACK_NS   (1 * NS_PER_S) /* until the first new start */
#define SUPPLY_BACK_MAX  (300 * NS_PER_S) /* until any further one */
#define SUPPLY_HEALED_NS (60 * NS_PER_S)  /* in use: failures are forgotten */
#define SUPPLY_TAIL      64               /* frames */

enum entry_state {
    ENTRY_WAITING, /* for a slot of the worker's */
    ENTRY_SENT,
    ENTRY_DONE, /* the GPU's samples are in `gpu` */
    ENTRY_LOST, /* the GPU won't render it */
};

struct entry {
    enum entry_state state;
    struct scene *scene;
    int64_t since_ns; /* in the queue */
    struct buses gpu;
};

struct supply {
    /* [init] */
    const struct log *log;
    const struct supply_ops *ops;
    void *ctx;
    enum supply_want want;
    bool offline, thin;
    int64_t margin_ns;
    int64_t chunk_ns;
    uint32_t fade; /* chunks */
    struct entry queue[SUPPLY_DEPTH];

    /* owner: the queue */
    uint32_t head, n;
    bool large; /* scenes are too large for the CPU */
    bool fresh; /* the next chunk follows none */
    float mix;  /* 1: full, 0: thinned, at the start of the next chunk */
    bool has_tail;
    float tail[BUS_COUNT][2][SUPPLY_TAIL]; /* end of the last chunk, if full */
    struct buses other, cpu;
    struct scene slice;    /* a bus of a scene; owns notes alone */
    double partial_ns;     /* of the CPU for a partial; 0: unknown */
    double partial_low_ns; /* the same at its best */
    int64_t cost_ns;       /* CPU time of the CPU renderer's last call */

    /* owner: the GPU */
    enum supply_state state;
    bool ready;      /* the worker's renderer is open */
    bool ever;       /* it was, at least once */
    bool chosen;     /* the choice is made */
    bool dying;      /* a killed worker isn't gone yet */
    uint32_t missed; /* in a row */
    uint32_t verified;
    uint32_t measured; /* chunks, the one that began it not counted */
    uint32_t slow;     /* trials */
    bool measuring;
    int64_t measured_from; /* the worker's CPU time */
    int64_t own_cpu_ns;    /* of ours, spent in its service */
    int64_t cpu_sum_ns;    /* of the CPU renderer, over the measured chunks */
    int64_t last_take_ns;
    int64_t retry_ns; /* when it is started anew */
    int64_t back_ns;  /* until the next time after */
    int64_t since_ns; /* in use */
    int64_t check_ns; /* when the next check is due */
    uint64_t random;

    pthread_mutex_t lock;
    struct supply_stats shown; /* [lock:lock] */
    struct supply_stats stats; /* owner */
};

static inline struct entry *supply_entry(struct supply *s, uint32_t i)
{
    return &s->queue[(s->head + i) % SUPPLY_DEPTH];
}

static inline int64_t supply_now(struct supply *s)
{
    return s->ops->now(s->ctx);
}

/* --- supply_cpu.c --------------------------------------------------------- */

/* What the CPU will need for so many partials, ns. */
int64_t supply_predict(const struct supply *s, uint32_t partials);

/* The CPU renders; measures and counts as of the scene's size. */
int supply_render(struct supply *s, const struct scene *scene, bool thin,
                  struct buses *out);

/* Whether scenes like this one are too large for it: s->large. */
void supply_judge_size(struct supply *s, const struct scene *scene);

/* --- supply_gpu.c --------------------------------------------------------- */

/* Starts the worker for the first time. Errors: ops.start()'s. */
int supply_gpu_open(struct supply *s);

/* Looks after the worker: its start, its death, its return. Never waits. */
void supply_gpu_tend(struct supply *s);

/* Sends what waits and fetches what is done. Never waits. */
void supply_gpu_pump(struct supply *s);

/* Until the oldest n chunks are out of the worker's hands, or `until`: the
   first of them that isn't is then given up. */
void supply_gpu_await(struct supply *s, uint32_t n, int64_t until);

/* It failed. */
void supply_gpu_suspect(struct supply *s, const char *why);

/* A chunk on trial was good. cpu_ns: what it cost the CPU renderer, or -1 where
   it came in a burst, which says nothing of the GPU as it is used. */
void supply_gpu_passed(struct supply *s, int64_t cpu_ns);

/* --- supply_check.c ------------------------------------------------------- */

enum supply_verdict { VERDICT_GOOD, VERDICT_WRONG, VERDICT_NONE };

/* The GPU's samples of e against full ones of the CPU's, on all buses. */
enum supply_verdict supply_compare(struct supply *s, const struct entry *e,
                                   const struct buses *want);

/* The same on one bus that the CPU can render within budget_ns, chosen at
   random, or `bus` unless that is negative. NONE: none, or the CPU failed. */
enum supply_verdict supply_check_bus(struct supply *s, const struct entry *e,
                                     int64_t budget_ns, int bus);

/* The bus on which e doesn't continue the chunk before it, or -1. */
int supply_check_join(const struct supply *s, const struct entry *e);

/* Remembers how a chunk in full ends. */
void supply_keep_tail(struct supply *s, const struct buses *x);

#endif
