// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/aside.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/threads.h"

static void *run(void *arg)
{
    struct aside *a = arg;
    int fd = a->fd;
    uint64_t one = 1;

    thread_enter(TH_ASIDE);
    a->work(a->arg);
    /* release: pairs with the acquire in aside_busy() */
    atomic_store_explicit(&a->done, true, memory_order_release);
    /* a may be gone only after a join, which waits for this too */
    if (fd >= 0 && write(fd, &one, sizeof(one)) < 0)
        return NULL; /* full means readable */
    return NULL;
}

int aside_start(struct aside *a, void (*work)(void *arg), void *arg)
{
    atomic_store_explicit(&a->done, false, memory_order_relaxed);
    a->work = work;
    a->arg = arg;
    a->since = clock_now();
    a->busy = pthread_create(&a->thread, NULL, run, a) == 0;
    return a->busy ? 0 : -EAGAIN;
}

void aside_join(struct aside *a)
{
    if (a->busy)
        pthread_join(a->thread, NULL);
    a->busy = false;
}

bool aside_busy(struct aside *a)
{
    /* acquire: pairs with the release in run() */
    if (a->busy && atomic_load_explicit(&a->done, memory_order_acquire))
        aside_join(a);
    return a->busy;
}

/* By the clock of the day, which may jump: ThreadSanitizer knows this function,
   and not pthread_clockjoin_np(). */
bool aside_wait(struct aside *a, int64_t ns)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    ns += t.tv_nsec;
    t.tv_sec += ns / NS_PER_S;
    t.tv_nsec = ns % NS_PER_S;
    if (a->busy && pthread_timedjoin_np(a->thread, NULL, &t) == 0)
        a->busy = false;
    return a->busy;
}

struct forgotten {
    void (*work)(void *arg);
    void *arg;
};

static void *run_forgotten(void *arg)
{
    struct forgotten f = *(struct forgotten *)arg;

    free(arg);
    thread_enter(TH_ASIDE);
    f.work(f.arg);
    return NULL;
}

int aside_forget(void (*work)(void *arg), void *arg)
{
    struct forgotten *f = malloc(sizeof(*f));
    pthread_t thread;

    if (!f)
        return -EAGAIN;
    *f = (struct forgotten){work, arg};
    if (pthread_create(&thread, NULL, run_forgotten, f) != 0) {
        free(f);
        return -EAGAIN;
    }
    pthread_detach(thread);
    return 0;
}
