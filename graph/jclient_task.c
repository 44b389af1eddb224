// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/clock.h"
#include "graph/jclient_priv.h"

static void *run(void *arg)
{
    struct jclient_task *t = arg;

    t->work(t->link);
    /* release: pairs with the acquire in jclient_task_busy() */
    atomic_store_explicit(&t->done, true, memory_order_release);
    return NULL;
}

void jclient_task_start(struct jclient_task *t, struct jclient_link *l,
                        void (*work)(struct jclient_link *l))
{
    t->link = l;
    t->work = work;
    t->since = clock_now();
    atomic_store_explicit(&t->done, false, memory_order_relaxed);
    t->begun = pthread_create(&t->thread, NULL, run, t) == 0;
    if (!t->begun)
        work(l);
}

bool jclient_task_busy(struct jclient_task *t)
{
    /* acquire: pairs with the release in run() */
    if (t->begun && atomic_load_explicit(&t->done, memory_order_acquire))
        jclient_task_wait(t);
    return t->begun;
}

void jclient_task_wait(struct jclient_task *t)
{
    if (t->begun)
        pthread_join(t->thread, NULL);
    t->begun = false;
}
