// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Time in ns: CLOCK_MONOTONIC readings and sleeps. Any thread but [rt],
 * where graph/jclient alone reads the clock, once a cycle.
 */
#ifndef GRAPH_CLOCK_H
#define GRAPH_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

/* CLOCK_MONOTONIC, ns. */
static inline int64_t clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Sleeps ns nanoseconds, or shorter when a signal arrives. */
static inline void clock_sleep(int64_t ns)
{
    struct timespec t = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    nanosleep(&t, NULL);
}

/* CPU time the calling thread has used, ns. */
static inline int64_t clock_thread_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

#endif
