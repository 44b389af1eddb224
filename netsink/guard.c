// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "graph/clock.h"

/* Bytes of a peer that are kept unread: more than the longest request. */
#define READ_MAX 16384
#define BUCKETS  1024 /* a power of two */

/* What counts as one peer. */
struct address {
    uint64_t network;
    sa_family_t family;
};

/*
 * A connection without a request. It holds a reference to the bufferevent, so
 * that neither that nor its descriptor's number can come to mean another one
 * before we have looked.
 */
struct pending {
    struct bufferevent *bev;
    int64_t deadline; /* ns */
    struct address address;
    bool looked;                         /* at its socket */
    bool counted;                        /* for its address */
    bool cut;                            /* and not yet freed */
    struct pending *by_bev, *by_address; /* the next one in its bucket */
    struct pending *newer, *older;
};

struct guard {
    struct guard_opts o; /* [init] */
    struct event *look;  /* [init] runs right after an accept */
    struct guard_stats stats;
    struct pending *newest, *oldest;
    struct pending *bevs[BUCKETS], *addresses[BUCKETS];
};

static struct pending **bev_bucket(struct guard *g, const void *bev)
{
    uint64_t h = (uint64_t)(uintptr_t)bev * UINT64_C(0x9e3779b97f4a7c15);
    return &g->bevs[h >> 54];
}

static struct pending **address_bucket(struct guard *g, const struct address *a)
{
    uint64_t h = (a->network ^ a->family) * UINT64_C(0x9e3779b97f4a7c15);
    return &g->addresses[h >> 54];
}

static bool same(const struct address *a, const struct address *b)
{
    return a->network == b->network && a->family == b->family;
}

static void unlink_address(struct guard *g, struct pending *p)
{
    struct pending **at = address_bucket(g, &p->address);

    while (*at && *at != p)
        at = &(*at)->by_address;
    if (*at)
        *at = p->by_address;
}

/* Its bufferevent is not ours any more; the last to let go closes. */
static void forget(struct guard *g, struct pending *p)
{
    struct pending **at = bev_bucket(g, p->bev);

    while (*at != p)
        at = &(*at)->by_bev;
    *at = p->by_bev;
    if (p->counted)
        unlink_address(g, p);
    if (p->newer)
        p->newer->older = p->older;
    else
        g->newest = p->older;
    if (p->older)
        p->older->newer = p->newer;
    else
        g->oldest = p->newer;
    g->stats.open--;
    bufferevent_decref(p->bev);
    free(p);
}

static void cut(struct guard *g, struct pending *p, uint64_t *count)
{
    if (p->counted)
        unlink_address(g, p);
    p->counted = false;
    if (!p->cut)
        ++*count;
    p->cut = true;
    /* evhttp reads the end of it, and frees. */
    shutdown(bufferevent_getfd(p->bev), SHUT_RDWR);
}

/* evhttp has freed it, and ours is the last reference: libevent 2.1.12 takes
   the callbacks out when it frees. */
static bool freed(const struct pending *p)
{
    bufferevent_event_cb on_event;

    bufferevent_getcb(p->bev, NULL, NULL, &on_event, NULL);
    return !on_event;
}

static struct pending *watch(struct guard *g, struct bufferevent *bev)
{
    struct pending *p = calloc(1, sizeof(*p));
    struct pending **at = bev_bucket(g, bev);

    if (!p)
        return NULL;
    bufferevent_incref(bev);
    p->bev = bev;
    p->deadline = clock_now() + g->o.limits.deadline;
    p->by_bev = *at;
    *at = p;
    p->older = g->newest;
    if (g->newest)
        g->newest->newer = p;
    else
        g->oldest = p;
    g->newest = p;
    g->stats.open++;
    return p;
}

/* Who has waited longest goes. What was cut is on its way. */
static void keep_to_max(struct guard *g)
{
    uint32_t n = g->stats.open;

    for (struct pending *p = g->oldest, *next; p && n > g->o.limits.max;
         p = next, n--) {
        next = p->newer;
        if (freed(p))
            forget(g, p);
        else if (!p->cut)
            cut(g, p, &g->stats.over);
    }
}

/* False: it is exempt, or not to be found out. */
static bool address_of(const struct guard *g, int fd, struct address *a)
{
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof(ss);
    const struct sockaddr_in *v4 = (const void *)&ss;
    const struct sockaddr_in6 *v6 = (const void *)&ss;
    uint32_t ip = 0;

    *a = (struct address){0};
    if (getpeername(fd, (struct sockaddr *)&ss, &len))
        return false;
    a->family = ss.ss_family;
    if (ss.ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        memcpy(&a->network, &v6->sin6_addr, sizeof(a->network));
        return g->o.limits.count_loopback ||
               !IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    }
    if (ss.ss_family == AF_INET)
        ip = v4->sin_addr.s_addr;
    else if (ss.ss_family == AF_INET6)
        memcpy(&ip, v6->sin6_addr.s6_addr + 12, sizeof(ip));
    else
        return false;
    a->family = AF_INET;
    a->network = ip;
    return g->o.limits.count_loopback || ntohl(ip) >> 24 != 127;
}

static void look_at(struct guard *g, struct pending *p)
{
    int fd = bufferevent_getfd(p->bev);
    uint32_t n = 0;

    p->looked = true;
    if (g->o.limits.fd_max > 0 && fd >= g->o.limits.fd_max) {
        cut(g, p, &g->stats.no_fds);
        g->o.short_of_fds(g->o.ctx);
        return;
    }
    if (!address_of(g, fd, &p->address))
        return;
    struct pending **at = address_bucket(g, &p->address);
    for (const struct pending *q = *at; q; q = q->by_address)
        n += same(&q->address, &p->address);
    if (n >= g->o.limits.per_address) {
        cut(g, p, &g->stats.per_address);
        return;
    }
    p->counted = true;
    p->by_address = *at;
    *at = p;
}

/* Right after connections were accepted: evhttp has given them their sockets.
   Those not looked at yet are the newest. */
static void on_look(evutil_socket_t fd, short what, void *arg)
{
    struct guard *g = arg;
    struct pending *p = g->newest;
    (void)fd;
    (void)what;

    while (p && p->older && !p->older->looked)
        p = p->older;
    for (; p; p = p->newer) {
        if (!p->looked)
            look_at(g, p);
    }
    keep_to_max(g);
}

int guard_new(struct guard **out, const struct guard_opts *o)
{
    struct guard *g = calloc(1, sizeof(*g));

    *out = g;
    if (!g)
        return -ENOMEM;
    g->o = *o;
    g->look = event_new(o->base, -1, 0, on_look, g);
    if (!g->look)
        guard_free(out);
    return *out ? 0 : -ENOMEM;
}

void guard_free(struct guard **g)
{
    if (!*g)
        return;
    while ((*g)->newest)
        forget(*g, (*g)->newest);
    if ((*g)->look)
        event_free((*g)->look);
    free(*g);
    *g = NULL;
}

struct bufferevent *guard_accept(struct guard *g)
{
    struct bufferevent *bev =
        bufferevent_socket_new(g->o.base, -1, BEV_OPT_CLOSE_ON_FREE);

    g->stats.accepted++;
    if (!bev)
        return NULL;
    if (!watch(g, bev)) {
        bufferevent_free(bev);
        return NULL;
    }
    /* While evhttp answers it reads on, and keeps what it can't use yet. */
    bufferevent_setwatermark(bev, EV_READ, 0, READ_MAX);
    event_active(g->look, EV_TIMEOUT, 1);
    return bev;
}

static void on_complete(struct evhttp_request *req, void *arg)
{
    struct guard *g = arg;
    struct evhttp_connection *conn = evhttp_request_get_connection(req);
    struct pending *p = watch(g, evhttp_connection_get_bufferevent(conn));

    if (p)
        look_at(g, p);
}

void guard_request(struct guard *g, struct evhttp_request *req)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(req);
    struct bufferevent *bev = evhttp_connection_get_bufferevent(conn);
    struct pending *p = *bev_bucket(g, bev);

    while (p && p->bev != bev)
        p = p->by_bev;
    if (p)
        forget(g, p);
    evhttp_request_set_on_complete_cb(req, on_complete, g);
}

void guard_sweep(struct guard *g, int64_t now)
{
    for (struct pending *p = g->newest, *next; p; p = next) {
        next = p->older;
        if (freed(p))
            forget(g, p);
        else if (now > p->deadline) {
            /* Again at each sweep, should evhttp not have seen it. */
            p->deadline = now + NS_PER_S;
            cut(g, p, &g->stats.late);
        }
    }
}

void guard_stats(const struct guard *g, struct guard_stats *out)
{
    *out = g->stats;
}
