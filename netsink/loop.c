// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct loop {
    /* [init] */
    enum thread_id id;
    struct event_base *base;
    int bell; /* eventfd: there are letters */
    struct event *ring;

    /* [main] */
    pthread_t thread;
    bool started;

    pthread_mutex_t m;
    /* [lock:m] Letters in the order in which they were posted. */
    struct loop_letter *first, **last;
    uint32_t n;

    struct loop_letter stop;
};

/* A letter of the loop's own, for loop_post(). */
struct post {
    struct loop_letter letter;
    void (*fn)(void *ctx);
    void *ctx;
};

/* The loop that the calling thread is in; each thread's own word. */
static _Thread_local const struct loop *here;

/* Opens those that are there, LOOP_SLICE at most; whether there are more then:
   what they send themselves is for the next time. */
static bool open_letters(struct loop *l)
{
    uint32_t n = UINT32_MAX;

    for (uint32_t i = 0; i < n; i++) {
        pthread_mutex_lock(&l->m);
        if (i == 0)
            n = l->n < LOOP_SLICE ? l->n : LOOP_SLICE;
        struct loop_letter *letter = l->first;
        void (*fn)(void *) = NULL;
        void *ctx = NULL;
        if (letter) {
            l->first = letter->next;
            if (!l->first)
                l->last = &l->first;
            l->n--;
            /* Its owner may send it anew from here on, or free it in fn. */
            letter->posted = 0;
            fn = letter->fn;
            ctx = letter->ctx;
        }
        pthread_mutex_unlock(&l->m);
        if (!letter)
            return false;
        fn(ctx);
    }
    pthread_mutex_lock(&l->m);
    bool more = l->first != NULL;
    pthread_mutex_unlock(&l->m);
    return more;
}

static void ring(const struct loop *l)
{
    const uint64_t one = 1;

    /* It can only fail when the count is full, and then it rings already. */
    if (write(l->bell, &one, sizeof(one)) < 0)
        return;
}

static void on_ring(evutil_socket_t fd, short what, void *ctx)
{
    struct loop *l = ctx;
    uint64_t n;
    (void)what;

    if (read(fd, &n, sizeof(n)) < 0)
        return;
    if (open_letters(l))
        ring(l);
}

static void on_stop(void *ctx)
{
    struct loop *l = ctx;

    event_base_loopbreak(l->base);
}

static int new_base(struct event_base **out)
{
    struct event_config *c = event_config_new();

    *out = NULL;
    if (!c)
        return -ENOMEM;
    /* One thread alone uses the base: no locks. */
    event_config_set_flag(c, EVENT_BASE_FLAG_PRECISE_TIMER);
    event_config_set_flag(c, EVENT_BASE_FLAG_NOLOCK);
    event_config_set_max_dispatch_interval(c, NULL, LOOP_SLICE, LOOP_USUAL);
    *out = event_base_new_with_config(c);
    event_config_free(c);
    /* What libevent does not say: most likely there are no descriptors. */
    if (!*out)
        return errno == ENOMEM ? -ENOMEM : -EMFILE;
    return event_base_priority_init(*out, LOOP_PRIORITIES) ? -ENOMEM : 0;
}

int loop_new(struct loop **out, enum thread_id id)
{
    struct loop *l = calloc(1, sizeof(*l));
    int err = -ENOMEM;

    *out = NULL;
    if (!l)
        return -ENOMEM;
    l->id = id;
    l->bell = -1;
    l->last = &l->first;
    l->stop = (struct loop_letter){.fn = on_stop, .ctx = l};
    thread_mutex_init(&l->m);
    err = new_base(&l->base);
    if (err)
        goto out;
    l->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    err = l->bell < 0 ? -errno : 0;
    if (err)
        goto out;
    err = -ENOMEM;
    l->ring = event_new(l->base, l->bell, EV_READ | EV_PERSIST, on_ring, l);
    if (!l->ring || event_add(l->ring, NULL))
        goto out;
    err = 0;
out:
    if (err)
        loop_free(&l);
    *out = l;
    return err;
}

void loop_free(struct loop **l)
{
    if (!*l)
        return;
    const struct loop *was = here;
    here = *l;
    while (open_letters(*l))
        ;
    here = was;
    if ((*l)->ring)
        event_free((*l)->ring);
    if ((*l)->base)
        event_base_free((*l)->base);
    if ((*l)->bell >= 0)
        close((*l)->bell);
    pthread_mutex_destroy(&(*l)->m);
    free(*l);
    *l = NULL;
}

int loop_run(struct loop *l)
{
    const struct loop *was = here;

    here = l;
    int err = event_base_dispatch(l->base) < 0 ? -EIO : 0;
    here = was;
    return err;
}

static void *run(void *ctx)
{
    struct loop *l = ctx;

    thread_enter(l->id);
    loop_run(l);
    return NULL;
}

int loop_start(struct loop *l)
{
    if (pthread_create(&l->thread, NULL, run, l))
        return -EAGAIN;
    l->started = true;
    return 0;
}

void loop_stop(struct loop *l)
{
    loop_send(l, &l->stop);
}

void loop_join(struct loop *l)
{
    if (l->started)
        pthread_join(l->thread, NULL);
    l->started = false;
}

static void deliver(void *ctx)
{
    struct post *p = ctx;
    void (*fn)(void *) = p->fn;
    void *arg = p->ctx;

    free(p);
    fn(arg);
}

int loop_post(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
    struct post *p = malloc(sizeof(*p));

    if (!p)
        return -ENOMEM;
    *p = (struct post){.fn = fn, .ctx = ctx};
    p->letter = (struct loop_letter){.fn = deliver, .ctx = p};
    loop_send(l, &p->letter);
    return 0;
}

void loop_send(struct loop *l, struct loop_letter *letter)
{
    bool first = false;

    pthread_mutex_lock(&l->m);
    if (!letter->posted) {
        first = !l->first;
        letter->posted = 1;
        letter->next = NULL;
        *l->last = letter;
        l->last = &letter->next;
        l->n++;
    }
    pthread_mutex_unlock(&l->m);
    if (first)
        ring(l);
}

void loop_recall(struct loop *l, struct loop_letter *letter)
{
    pthread_mutex_lock(&l->m);
    if (letter->posted) {
        struct loop_letter **at = &l->first;
        while (*at != letter)
            at = &(*at)->next;
        *at = letter->next;
        if (!*at)
            l->last = at;
        l->n--;
        letter->posted = 0;
    }
    pthread_mutex_unlock(&l->m);
}

struct event_base *loop_base(const struct loop *l)
{
    return l->base;
}

void loop_assert(const struct loop *l)
{
#ifndef NDEBUG
    if (here != l)
        abort();
#else
    (void)l;
#endif
}

pthread_t loop_thread(const struct loop *l)
{
    return l->thread;
}
