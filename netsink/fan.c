// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/fan.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "netsink/fan_priv.h"

#define RTO_MAX_MS      1000
#define USER_TIMEOUT_MS 150000 /* above the stall at which a listener ends */

/* Since Linux 6.15; not in libc's headers yet. */
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif

int fan_new(struct fan **out, const struct fan_opts *o)
{
    struct fan *f = calloc(1, sizeof(*f) + o->n_loops * sizeof(f->loops[0]));
    int err = f ? 0 : -ENOMEM;

    *out = NULL;
    if (err)
        goto out;
    f->o = *o;
    for (uint32_t i = 0; i < o->n_loops && !err; i++)
        err = fan_loop_new(&f->loops[i], f);
    for (uint32_t i = 0; i < o->n_loops && !err; i++)
        err = loop_start(f->loops[i]->loop);
out:
    if (err)
        fan_free(&f);
    *out = f;
    return err;
}

void fan_free(struct fan **f)
{
    if (!*f)
        return;
    const uint32_t n = (*f)->o.n_loops;
    for (uint32_t i = 0; i < n; i++)
        if ((*f)->loops[i])
            loop_stop((*f)->loops[i]->loop);
    for (uint32_t i = 0; i < n; i++)
        if ((*f)->loops[i])
            loop_join((*f)->loops[i]->loop);
    for (uint32_t i = 0; i < n; i++)
        if ((*f)->loops[i])
            fan_loop_close((*f)->loops[i]);
    fan_collects_end(*f);
    for (uint32_t i = 0; i < n; i++)
        fan_loop_free(&(*f)->loops[i]);
    free(*f);
    *f = NULL;
}

/*
 * A page leaves when it is written. After an outage the next try comes within a
 * second; as that alone would end the connection after 15 tries, the time that
 * it may take is set too.
 */
static void set_options(int fd)
{
    const int one = 1, rto = RTO_MAX_MS, timeout = USER_TIMEOUT_MS;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
    /* Older kernels don't know it, and do without. */
    setsockopt(fd, IPPROTO_TCP, TCP_RTO_MAX_MS, &rto, sizeof(rto));
}

static struct fan_loop *least_full(const struct fan *f)
{
    struct fan_loop *least = f->loops[0];

    for (uint32_t i = 1; i < f->o.n_loops; i++)
        if (f->loops[i]->given < least->given)
            least = f->loops[i];
    return least;
}

void fan_add(struct fan *f, struct listener *l)
{
    struct fan_loop *fl = least_full(f);

    loop_assert(f->o.ev);
    set_options(l->fd);
    l->loop = fl;
    l->mount_no = (uint32_t)(l->mount - f->o.mounts);
    l->add = (struct loop_letter){.fn = fan_loop_add, .ctx = l};
    l->end = (struct loop_letter){.fn = fan_loop_end, .ctx = l};
    fl->given++;
    loop_send(fl->loop, &l->add);
}

void fan_end(struct fan *f, struct listener *l, enum listener_end why)
{
    (void)f;
    if (l->asked)
        return;
    l->asked = true;
    l->asked_why = why;
    loop_send(l->loop->loop, &l->end);
}

/*
 * One that ended by itself may have been asked for meanwhile: then the letter
 * that asks still lies on the loop, within the listener, which stays until it
 * was opened; it is sent home once more then.
 */
bool fan_bring(struct fan_loop *fl, uint32_t max)
{
    struct fan *f = fl->fan;

    while (max-- > 0) {
        pthread_mutex_lock(&fl->home);
        struct listener *l = fl->home_first;
        bool end_seen = false;
        if (l) {
            fl->home_first = l->home_next;
            if (!fl->home_first)
                fl->home_last = &fl->home_first;
            l->at_home = false;
            end_seen = l->end_seen;
        }
        pthread_mutex_unlock(&fl->home);
        if (!l)
            return false;
        if (l->asked && !end_seen)
            continue;
        fl->given--;
        f->o.ended(f->o.ctx, l, l->why);
    }
    return true;
}

void fan_put(struct fan *f)
{
    /* Who begins to wait says so first and looks at the hub, under its lock,
       once more then: who puts, under that lock, and looks here then, sees it,
       or was seen. */
    for (uint32_t i = 0; i < f->o.n_loops; i++)
        if (atomic_load_explicit(&f->loops[i]->n_eager, memory_order_acquire))
            loop_send(f->loops[i]->loop, &f->loops[i]->put);
}

void fan_promote(const struct fan *f, const struct jclient *jack, int below)
{
    for (uint32_t i = 0; i < f->o.n_loops; i++)
        (void)jclient_promote(jack, loop_thread(f->loops[i]->loop), below);
}
