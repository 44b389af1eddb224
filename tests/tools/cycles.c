// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cycles SECONDS [SERVER]: a client without ports that writes down what
 * graph/jclient tells of each cycle, one a line: frames, lost, Hz, its time,
 * the clock when it was called (both CLOCK_MONOTONIC, ns), 1 in freewheel. For
 * tests: its callback reads the clock, which no client of ours does.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/jclient.h"
#include "graph/log.h"

#define LINES_MAX (1u << 18) /* what comes after them is not written down */

struct line {
    struct jclient_cycle cycle;
    int64_t called;
};

struct cycles {
    struct line *line;
    _Atomic uint32_t n; /* [rt>main] */
};

static void note_rt(void *ctx, const struct jclient_cycle *cycle)
{
    struct cycles *c = ctx;
    uint32_t n = atomic_load_explicit(&c->n, memory_order_relaxed);

    if (n == LINES_MAX)
        return;
    c->line[n] = (struct line){*cycle, clock_now()};
    /* release: pairs with the acquire in main() */
    atomic_store_explicit(&c->n, n + 1, memory_order_release);
}

int main(int argc, char **argv)
{
    struct cycles c = {.line = calloc(LINES_MAX, sizeof(struct line))};
    struct log log = {"cycles", LOG_WARN};
    struct jclient *jack = NULL;
    int code = 1;

    if (argc < 2 || argc > 3 || !c.line)
        goto out;
    memset(c.line, 0, LINES_MAX * sizeof(struct line)); /* touched */
    struct jclient_opts o = {.log = &log,
                             .name = "cycles",
                             .server = argv[2],
                             .process_rt = note_rt,
                             .rt_ctx = &c};
    if (jclient_open(&jack, &o) < 0 || jclient_activate(jack) < 0)
        goto out;
    clock_sleep((int64_t)(atof(argv[1]) * NS_PER_S));
    uint32_t n = atomic_load_explicit(&c.n, memory_order_acquire);
    for (uint32_t i = 0; i < n; i++) {
        const struct line *l = &c.line[i];
        printf("%u %llu %u %lld %lld %d\n", l->cycle.n_frames,
               (unsigned long long)l->cycle.lost, l->cycle.rate,
               (long long)l->cycle.time, (long long)l->called,
               l->cycle.freewheel);
    }
    code = 0;
out:
    jclient_close(&jack);
    free(c.line);
    return code;
}
