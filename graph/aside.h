// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Work that may never come back, as libjack's does when its server stands still
 * or dies at the wrong moment: a thread does it, one piece at a time, and
 * whoever asked for it looks now and then whether it has. Where it takes too
 * long it is left behind: what it works on then has to stay. All functions
 * belong to the one thread that owns the struct aside; none blocks but
 * aside_wait() and aside_join().
 */
#ifndef GRAPH_ASIDE_H
#define GRAPH_ASIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* All zero but fd, which is an eventfd or -1: nothing is done. */
struct aside {
    /* owner */
    int fd;        /* written to when the work is done; borrowed */
    bool busy;     /* to be joined */
    int64_t since; /* ns of clock_now(): when it began */
    pthread_t thread;
    void (*work)(void *arg);
    void *arg;

    _Atomic bool done; /* [aside>owner] */
};

/* Starts work(arg) on a thread; nothing is under way. Errors: -EAGAIN (no more
   threads). */
int aside_start(struct aside *a, void (*work)(void *arg), void *arg);

/* Whether it is under way still. Once this is false, all that the work wrote
   is to be seen. */
bool aside_busy(struct aside *a);

/* The same after up to ns, as soon as it has come back. */
bool aside_wait(struct aside *a, int64_t ns);

/* Waits for it, however long. */
void aside_join(struct aside *a);

/* Starts work(arg) on a thread that nobody waits for. Errors: -EAGAIN. */
int aside_forget(void (*work)(void *arg), void *arg);

#endif
