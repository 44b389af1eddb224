// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/threads.h"

#include <stdio.h>
#include <stdlib.h>

/* Each thread's own word about itself; nothing is shared. */
static _Thread_local enum thread_id self = TH_NONE;

static const char *const names[] = {
    [TH_NONE] = "lw",        [TH_MAIN] = "lw:main", [TH_RT] = "lw:rt",
    [TH_JK] = "lw:jk",       [TH_EV] = "lw:ev",     [TH_FAN] = "lw:fan",
    [TH_ENC] = "lw:enc",     [TH_GPU] = "lw:gpu",   [TH_LEV] = "lw:lev",
    [TH_ASIDE] = "lw:aside", [TH_DESK] = "lw:desk",
};

void thread_enter(enum thread_id id)
{
    self = id;
    /* The main thread's name is the program's: ps and killall go by it. */
    if (id != TH_MAIN)
        pthread_setname_np(pthread_self(), names[id]);
}

enum thread_id thread_self(void)
{
    return self;
}

void thread_mutex_init(pthread_mutex_t *m)
{
    pthread_mutexattr_t attr;
    int err = pthread_mutexattr_init(&attr);

    if (!err) {
        err = pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
        if (!err)
            err = pthread_mutex_init(m, &attr);
        pthread_mutexattr_destroy(&attr);
    }
    if (err)
        pthread_mutex_init(m, NULL);
}

#ifndef NDEBUG
void thread_assert_failed(enum thread_id want, const char *func)
{
    fprintf(stderr, "%s() belongs to thread %s, called on %s\n", func,
            names[want], names[self]);
    abort();
}
#endif
