// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A few threads that share numbered jobs with their caller. One caller at a
 * time; the helpers are [gpu] too, and do nothing in between.
 */
#ifndef VK_POOL_H
#define VK_POOL_H

#include <stdint.h>

struct pool;

/* One job, on thread `who` of 0 (the caller) to helpers. */
typedef void pool_fn(void *ctx, uint32_t who, uint32_t job);

/* Errors: -ENOMEM, -EAGAIN (the system has no more threads). */
int pool_new(struct pool **out, uint32_t helpers);
void pool_free(struct pool **p);

/* Does jobs 0 to n - 1, in no order; returns when all are done. */
void pool_run(struct pool *p, uint32_t n, pool_fn *fn, void *ctx);

#endif
