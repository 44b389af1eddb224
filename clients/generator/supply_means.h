// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the supply works with in earnest: the CPU renderer, and the Vulkan
 * renderer in a worker process. One thread at a time ([gpu] while live); the
 * kernel kills the worker when the thread that started it ends.
 */
#ifndef GENERATOR_SUPPLY_MEANS_H
#define GENERATOR_SUPPLY_MEANS_H

#include "clients/generator/supply.h"
#include "vk/renderer.h"

struct supply_means;

struct supply_means_opts {
    struct renderer_opts cpu; /* thin is set as needed; the limits are both's */
    struct worker_opts worker; /* limits as cpu.max, log as cpu.log */
};

/* Opens the CPU renderer, in full and thinned. Errors: renderer_open_cpu()'s.
   The options' strings and log are borrowed for its life. */
int supply_means_open(struct supply_means **out,
                      const struct supply_means_opts *o);

/* Ends the worker: after supply_free(). Waits 200 ms at most. */
void supply_means_close(struct supply_means **m);

/* For supply_opts.ops; ctx is the struct supply_means. */
extern const struct supply_ops supply_means_ops;

/* The CPU renderer's name. */
const char *supply_means_cpu_name(const struct supply_means *m);

#endif
