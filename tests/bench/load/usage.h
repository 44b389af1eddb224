// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a process has used, read from /proc: CPU time of its threads by name,
 * memory. Any thread.
 */
#ifndef BENCH_LOAD_USAGE_H
#define BENCH_LOAD_USAGE_H

#include <stdint.h>
#include <sys/types.h>

#define USAGE_THREADS 32 /* by name */
#define USAGE_NAME    16 /* the kernel's limit, with the 0 */

struct usage {
    int64_t cpu;       /* ns in all threads that live: a difference of two lacks
                          those that ended between */
    uint64_t rss, pss; /* bytes; pss 0 where it may not be read */
    struct {
        char name[USAGE_NAME];
        int64_t cpu; /* ns, of all threads of that name */
    } thread[USAGE_THREADS];
    uint32_t n_threads; /* names; what is beyond is in cpu only */
};

/* Errors: -ESRCH (no such process), -EACCES. */
int usage_read(struct usage *u, pid_t pid);

/* CPU time by threads of the name since from, ns; 0 for none. */
int64_t usage_since(const struct usage *u, const struct usage *from,
                    const char *name);

#endif
