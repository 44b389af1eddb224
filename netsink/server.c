// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "graph/clock.h"

#define BACKLOG     4096 /* the system's own limit still holds */
#define HEADERS_MAX 4096 /* bytes: 1,900 empty ones in 8 KB cost 210 KB */
#define BODY_MAX    1024 /* bytes, where nothing takes a body */
#define TIMEOUT_S   15   /* without a byte of a request */
#define BATCH_MS    2

/* All known ones reach our routes, which answer 405; the rest are evhttp's 501.
   TRACE and CONNECT are among the rest. */
#define METHODS                                                            \
    (EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | \
     EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH)

struct server {
    const struct log *log; /* [init] */
    const char *what;      /* [init] */
    uint16_t port;         /* [init] */

    /* [ev] */
    struct evhttp *http;
    struct evconnlistener *listener; /* belongs to http once bound to it */
    struct guard *guard;
    struct event *resume; /* after a batch */
    uint32_t batch;       /* accepted since the last pause */
    bool short_of_fds;    /* until the next tick */
    void (*handle)(struct evhttp_request *req, void *ctx); /* [init] */
    void *ctx;                                             /* [init] */
};

/* Mostly EMFILE: the connection waits in the backlog, and asking for it again
   at once would take a core. server_tick() resumes. */
static void on_accept_error(struct evconnlistener *listener, void *http)
{
    (void)http; /* evhttp's argument, not ours */
    evconnlistener_disable(listener);
}

static void on_short_of_fds(void *ctx)
{
    struct server *s = ctx;

    s->short_of_fds = true;
    evconnlistener_disable(s->listener);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;
    (void)fd;
    (void)what;

    s->batch = 0;
    if (!s->short_of_fds)
        evconnlistener_enable(s->listener);
}

/* evhttp has accepted a connection. The listener goes on accepting until there
   is none left, unless it is stopped. */
static struct bufferevent *on_accept(struct event_base *base, void *arg)
{
    static const struct timeval pause = {.tv_usec = BATCH_MS * 1000};
    struct server *s = arg;
    (void)base;

    if (s->batch++ == 0)
        event_add(s->resume, &pause);
    if (s->batch >= SERVER_BATCH)
        evconnlistener_disable(s->listener);
    return guard_accept(s->guard);
}

static void on_request(struct evhttp_request *req, void *arg)
{
    struct server *s = arg;

    guard_request(s->guard, req);
    s->handle(req, s->ctx);
}

static void report(const struct server *s, const struct cli_addr *a, int err)
{
    bool v6 = strchr(a->host, ':');

    log_error(s->log, "can't serve %s on %s%s%s:%u: %s", s->what, v6 ? "[" : "",
              a->host, v6 ? "]" : "", (unsigned)a->port,
              err == -EADDRINUSE ? "the port is in use" : strerror(-err));
}

/* A bound socket or -errno. */
static int bind_socket(const struct cli_addr *a)
{
    struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *ai = NULL;
    char port[8];
    int fd = -1, one = 1, err = 0;

    snprintf(port, sizeof(port), "%u", (unsigned)a->port);
    if (getaddrinfo(a->host, port, &hints, &ai))
        return -EINVAL;
    fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
        bind(fd, ai->ai_addr, ai->ai_addrlen))
        err = -errno;
    freeaddrinfo(ai);
    if (err && fd >= 0)
        close(fd);
    return err ? err : fd;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof(ss);
    const struct sockaddr_in *v4 = (const void *)&ss;
    const struct sockaddr_in6 *v6 = (const void *)&ss;

    if (getsockname(fd, (struct sockaddr *)&ss, &len))
        return 0;
    return ntohs(ss.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

static int listen_on(struct server *s, const struct server_opts *o)
{
    int fd = bind_socket(&o->addr);

    if (fd < 0)
        return fd;
    errno = 0;
    s->listener = evconnlistener_new(
        o->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
        BACKLOG, fd);
    if (!s->listener) {
        int err = errno ? -errno : -ENOMEM; /* of listen() */
        close(fd);
        return err;
    }
    evconnlistener_set_error_cb(s->listener, on_accept_error);
    s->port = bound_port(fd);
    return evhttp_bind_listener(s->http, s->listener) ? 0 : -ENOMEM;
}

static int add_guard(struct server *s, const struct server_opts *o)
{
    struct guard_opts go = {
        .base = o->base,
        .limits = o->limits,
        .short_of_fds = on_short_of_fds,
        .ctx = s,
    };

    if (go.limits.deadline == 0)
        go.limits.deadline = 10 * NS_PER_S;
    if (go.limits.max == 0)
        go.limits.max = 4096;
    if (go.limits.per_address == 0)
        go.limits.per_address = 64;
    s->resume = event_new(o->base, -1, 0, on_resume, s);
    return s->resume ? guard_new(&s->guard, &go) : -ENOMEM;
}

int server_new(struct server **out, const struct server_opts *o)
{
    struct server *s = calloc(1, sizeof(*s));
    int err = -ENOMEM;

    *out = NULL;
    if (!s)
        goto out;
    s->log = o->log;
    s->what = o->what;
    s->handle = o->handle;
    s->ctx = o->ctx;
    s->http = evhttp_new(o->base);
    if (!s->http || add_guard(s, o))
        goto out;
    evhttp_set_max_headers_size(s->http, HEADERS_MAX);
    evhttp_set_max_body_size(s->http, o->body_max ? o->body_max : BODY_MAX);
    evhttp_set_timeout(s->http, TIMEOUT_S);
    evhttp_set_allowed_methods(s->http, METHODS);
    evhttp_set_bevcb(s->http, on_accept, s);
    evhttp_set_gencb(s->http, on_request, s);
    err = listen_on(s, o);
out:
    if (err && s)
        report(s, &o->addr, err);
    if (err)
        server_free(&s);
    *out = s;
    return err;
}

void server_free(struct server **s)
{
    if (!*s)
        return;
    if ((*s)->http)
        evhttp_free((*s)->http);
    guard_free(&(*s)->guard);
    if ((*s)->resume)
        event_free((*s)->resume);
    free(*s);
    *s = NULL;
}

uint16_t server_port(const struct server *s)
{
    return s->port;
}

void server_tick(struct server *s)
{
    guard_sweep(s->guard, clock_now());
    s->short_of_fds = false;
    evconnlistener_enable(s->listener);
}

void server_stats(const struct server *s, struct guard_stats *out)
{
    guard_stats(s->guard, out);
}
