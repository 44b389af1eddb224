// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/http.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/text.h"
#include "graph/threads.h"
#include "netsink/admin.h"
#include "netsink/audience.h"
#include "netsink/census.h"
#include "netsink/fan.h"
#include "netsink/fds.h"
#include "netsink/loop.h"
#include "netsink/news.h"
#include "netsink/page.h"
#include "netsink/playlist.h"
#include "netsink/reply.h"
#include "netsink/server.h"
#include "netsink/usage.h"

#define TICKS_PER_S (1000 / SERVER_TICK_MS)
#define FAN_BELOW   3   /* the process callback's priority; [enc]: 2 */
#define REFRESH_S   10  /* between figures that nobody asks for */
#define TRIM_MIN    256 /* sessions */
#define LINK_BASE   300 /* bytes: "https://" and a host that is ok */

struct http {
    /* [init] */
    struct http_opts o;
    struct loop *loop;
    struct server *for_listeners, *for_operator;
    struct audience *audience;
    struct news *news;
    struct admin *admin;
    struct page_home *home; /* or NULL: the page as it is */
    struct census *census;
    struct usage *usage;
    struct event *tick;
    int64_t begun; /* ns */
    bool started;

    /* [ev] */
    uint64_t n_ticks;
    int64_t second_at; /* ns: begin of the second being measured */
    uint64_t encode_ns[MOUNT_MAX];
    double encode_ms_per_s[MOUNT_MAX]; /* over the second before */
    uint32_t most_sessions;            /* since memory was last given back */

    _Atomic uint64_t turns; /* ev>main */

    pthread_mutex_t m;
    const struct jclient *jack; /* [lock:m] */
    struct fan *fan;            /* [lock:m] set by [main], used by [enc] */
};

/* A link for players. The host is the one that was asked, and the answer is for
   who asked alone: it may claim what it likes. */
static bool serve_playlist(struct http *h, struct evhttp_request *req)
{
    const char *host = reply_said(req, "Host");
    const char *proto = reply_said(req, "X-Forwarded-Proto");
    const bool tls = proto && strcmp(proto, "https") == 0;
    char said[QUERY_SAID], base[LINK_BASE], text[PLAYLIST_MAX];
    struct playlist p;
    int err = playlist_parse(&p, h->o.mounts, h->o.n_mounts, reply_path(req),
                             reply_query(req), said);

    if (err == -ENOENT)
        return false;
    if (!reply_method_ok(req))
        return true;
    if (err || !playlist_host_ok(host)) {
        reply_text(req, 400,
                   err ? said : "Host: a name or an address is needed");
        return true;
    }
    snprintf(base, sizeof(base), "http%s://%s", tls ? "s" : "", host);
    reply_header(req, "Cache-Control", "no-store");
    reply_header(req, "Access-Control-Allow-Origin", "*");
    reply_body(req, 200, playlist_type(p.kind), text,
               playlist_write(&p, base, text));
    return true;
}

static void serve_listeners(struct evhttp_request *req, void *ctx)
{
    struct http *h = ctx;

    if (!audience_serve(h->audience, req) && !news_serve(h->news, req) &&
        !serve_playlist(h, req) &&
        !page_serve(req, PAGE_LISTENER, h->home, reply_path(req)))
        reply_text(req, 404, "not found");
}

static void serve_admin(struct evhttp_request *req, void *ctx)
{
    struct http *h = ctx;

    admin_serve(h->admin, req);
}

static void fill_jack(struct http *h, struct figures_jack *j)
{
    char name[sizeof(j->name)];

    pthread_mutex_lock(&h->m);
    if (h->jack && jclient_alive(h->jack)) {
        j->up = true;
        jclient_copy_name(h->jack, name, sizeof(name));
        text_clean(j->name, sizeof(j->name), name);
        j->rate = jclient_rate(h->jack);
        j->period = jclient_period(h->jack);
    }
    if (h->jack)
        jclient_stats(h->jack, &j->stats);
    pthread_mutex_unlock(&h->m);
}

/* [ev] census_opts.fill */
static void fill_figures(void *ctx, struct figures *f)
{
    struct http *h = ctx;

    f->uptime_s = (double)(f->now - h->begun) / NS_PER_S;
    f->epoch = h->o.epoch;
    fill_jack(h, &f->jack);
    f->mounts = h->o.mounts;
    f->n_mounts = h->o.n_mounts;
    f->encode_ms_per_s = h->encode_ms_per_s;
    f->budget = h->o.budget;
    f->usage = h->usage;
    f->audience = h->audience;
    server_stats(h->for_listeners, &f->listen);
    server_stats(h->for_operator, &f->admin);
    news_stats(h->news, &f->events);
    admin_stats(h->admin, &f->watchers, &f->wrong_tokens);
}

/* What a crowd took goes back to the system once half of it has gone: libc by
   itself keeps what lies below anything still in use. */
static void give_memory_back(struct http *h)
{
    const struct sessions *s = audience_sessions(h->audience);
    uint32_t n = sessions_on_air(s) + sessions_kept(s);

    if (n > h->most_sessions)
        h->most_sessions = n;
    if (h->most_sessions < TRIM_MIN || n > h->most_sessions / 2)
        return;
    malloc_trim(0);
    h->most_sessions = n;
}

static void every_second(struct http *h, int64_t now)
{
    uint64_t all = 0;

    for (uint32_t i = 0; i < h->o.n_mounts; i++) {
        struct encoder_stats e;
        encoder_stats(h->o.mounts[i].encoder, &e);
        h->encode_ms_per_s[i] = (double)(e.encode_ns - h->encode_ns[i]) * 1e3 /
                                (double)(now - h->second_at);
        h->encode_ns[i] = e.encode_ns;
        all += e.encode_ns;
    }
    h->second_at = now;
    audience_tick(h->audience);
    give_memory_back(h);
    if (h->n_ticks % (TICKS_PER_S * REFRESH_S) == 0)
        census_refresh(h->census);
    usage_sample(h->usage, now, census_sent(h->census), all);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct http *h = arg;
    (void)fd;
    (void)what;

    atomic_fetch_add_explicit(&h->turns, 1, memory_order_relaxed);
    server_tick(h->for_listeners);
    server_tick(h->for_operator);
    const int64_t now = clock_now();
    news_tick(h->news, now);
    admin_tick(h->admin, now);
    if (++h->n_ticks % TICKS_PER_S == 0)
        every_second(h, now);
}

static int add_servers(struct http *h)
{
    struct server_opts o = {
        .log = h->o.log,
        .base = loop_base(h->loop),
        .addr = h->o.listen,
        .what = "listeners",
        .limits = {.fd_max = fds_end(fds_allowed(), FDS_SPARE_REQUESTS)},
        .handle = serve_listeners,
        .ctx = h,
    };
    int err = server_new(&h->for_listeners, &o);

    if (err)
        return err;
    o.addr = h->o.admin;
    o.what = "the operator";
    o.limits.fd_max = 0;
    o.body_max = ADMIN_BODY_MAX;
    o.handle = serve_admin;
    return server_new(&h->for_operator, &o);
}

static int add_figures(struct http *h)
{
    struct audience_opts ao = {
        .log = h->o.log,
        .mounts = h->o.mounts,
        .n_mounts = h->o.n_mounts,
        .epoch = h->o.epoch,
        .max_listeners = h->o.max_listeners,
        .fd_max = fds_end(fds_allowed(), FDS_SPARE_STREAMS),
    };
    struct census_opts co = {
        .n_mounts = h->o.n_mounts,
        .fill = fill_figures,
        .ctx = h,
    };
    int err = audience_new(&h->audience, &ao);

    if (!err)
        err = census_new(&h->census, &co);
    if (!err)
        err = usage_new(&h->usage);
    return err;
}

static int add_tellers(struct http *h)
{
    struct news_opts no = {
        .base = loop_base(h->loop),
        .mounts = h->o.mounts,
        .audience = h->audience,
        .n_mounts = h->o.n_mounts,
        .epoch = h->o.epoch,
        .max_events = h->o.max_events,
        .fd_max = fds_end(fds_allowed(), FDS_SPARE_STREAMS),
    };
    int err = news_new(&h->news, &no);
    struct admin_opts ao = {
        .log = h->o.log,
        .loop = h->loop,
        .mounts = h->o.mounts,
        .n_mounts = h->o.n_mounts,
        .census = h->census,
        .audience = h->audience,
        .news = h->news,
        .epoch = h->o.epoch,
        .token = h->o.token,
        .hosts = h->o.admin_hosts,
        .n_hosts = h->o.n_admin_hosts,
    };

    return err ? err : admin_new(&h->admin, &ao);
}

int http_new(struct http **out, const struct http_opts *o)
{
    struct http *h = calloc(1, sizeof(*h));
    int err = -ENOMEM;

    *out = NULL;
    if (!h)
        return -ENOMEM;
    h->o = *o;
    h->begun = clock_now();
    thread_mutex_init(&h->m);
    err = loop_new(&h->loop, TH_EV);
    if (!err)
        err = add_figures(h);
    if (!err)
        err = add_tellers(h);
    if (!err)
        err = add_servers(h);
    if (err)
        http_free(&h);
    *out = h;
    return err;
}

uint16_t http_listen_port(const struct http *h)
{
    return server_port(h->for_listeners);
}

uint16_t http_admin_port(const struct http *h)
{
    return server_port(h->for_operator);
}

void http_put(void *http)
{
    struct http *h = http;

    pthread_mutex_lock(&h->m);
    if (h->fan)
        fan_put(h->fan);
    pthread_mutex_unlock(&h->m);
}

void http_desk(struct http *h, const struct admin_desk *desk)
{
    admin_set_desk(h->admin, desk);
}

/* What a mount plays, on its way to [ev]. */
struct told {
    struct http *h;
    uint32_t mount;
    struct desk_now now;
};

/* [ev] */
static void on_told(void *ctx)
{
    struct told *t = ctx;

    /* One that came after the loop's end is opened by http_free(). */
    if (t->h->news)
        news_tell(t->h->news, t->mount, t->now.title, t->now.detail);
    free(t);
}

void http_now(void *http, const char *mount, const struct desk_now *now)
{
    struct http *h = http;
    struct told *t;
    uint32_t i = 0;

    while (i < h->o.n_mounts && strcmp(h->o.mounts[i].name, mount) != 0)
        i++;
    t = i < h->o.n_mounts ? calloc(1, sizeof(*t)) : NULL;
    if (!t)
        return;
    t->h = h;
    t->mount = i;
    if (now)
        t->now = *now;
    if (loop_post(h->loop, on_told, t))
        free(t);
}

/* [lock:m] What is heard goes before what is asked and shown. */
static void promote(struct http *h)
{
    if (h->jack && h->fan)
        fan_promote(h->fan, h->jack, FAN_BELOW);
}

void http_jack(struct http *h, const struct jclient *jack)
{
    pthread_mutex_lock(&h->m);
    h->jack = jack;
    promote(h);
    pthread_mutex_unlock(&h->m);
}

/* Returns the one before. */
static struct fan *set_fan(struct http *h, struct fan *fan)
{
    pthread_mutex_lock(&h->m);
    struct fan *was = h->fan;
    h->fan = fan;
    promote(h);
    pthread_mutex_unlock(&h->m);
    if (fan)
        audience_open(h->audience, fan);
    else
        audience_close(h->audience);
    census_open(h->census, fan);
    return was;
}

static void reserve_slot(struct http *h, int fd)
{
    struct event *e = event_new(loop_base(h->loop), fd, EV_READ, on_tick, h);

    if (e) {
        event_add(e, NULL);
        event_free(e);
    }
}

/*
 * libevent has a slot for each descriptor that it ever saw, and never frees
 * one. Made one by one among all that a listener takes, each would keep a page
 * of memory when they have gone; made here they lie together.
 */
static void reserve_slots(struct http *h)
{
    uint32_t n = h->o.max_listeners + FDS_SPARE_STREAMS, got = 0;
    int *fds = calloc(n, sizeof(*fds)), one = eventfd(0, EFD_CLOEXEC);

    while (fds && one >= 0 && got < n &&
           (fds[got] = fcntl(one, F_DUPFD_CLOEXEC, 0)) >= 0)
        reserve_slot(h, fds[got++]);
    while (got > 0)
        close(fds[--got]);
    if (one >= 0)
        close(one);
    free(fds);
}

/* All of our own are open by now: what is left is for listeners. */
static int check_fds(const struct http *h)
{
    const int allowed = fds_allowed(), next = fds_next();
    const int seats = fds_end(allowed, FDS_SPARE_STREAMS) - next;

    if (next < 0 || seats < 1) {
        log_error(
            h->o.log,
            "only %d open files are allowed (ulimit -n): that leaves none "
            "for a listener",
            allowed);
        return -EMFILE;
    }
    if ((uint32_t)seats < h->o.max_listeners)
        log_warn(h->o.log,
                 "only %d open files are allowed (ulimit -n): that is enough "
                 "for %d listeners, not for %u (--max-listeners); more will "
                 "have to wait",
                 allowed, seats, (unsigned)h->o.max_listeners);
    return 0;
}

/* The page plays the mount "live", or where there is none, the first. */
static int add_home(struct http *h)
{
    uint32_t i = 0;

    while (i < h->o.n_mounts && strcmp(h->o.mounts[i].name, "live") != 0)
        i++;
    if (i < h->o.n_mounts || h->o.n_mounts == 0)
        return 0;
    return page_home_new(&h->home, h->o.mounts[0].name);
}

int http_start(struct http *h)
{
    struct timeval period = {.tv_usec = SERVER_TICK_MS * 1000};
    struct fan_opts fo = {
        .log = h->o.log,
        .mounts = h->o.mounts,
        .n_mounts = h->o.n_mounts,
        .n_loops = h->o.n_loops,
        .burst_rate = h->o.burst_rate,
        .ev = h->loop,
        .ended = audience_ended,
        .ctx = h->audience,
    };
    struct fan *fan;
    int err;

    signal(SIGPIPE, SIG_IGN);
    reserve_slots(h);
    h->second_at = clock_now();
    h->tick = event_new(loop_base(h->loop), -1, EV_PERSIST, on_tick, h);
    if (!h->tick || event_add(h->tick, &period))
        return -ENOMEM;
    err = add_home(h);
    if (!err)
        err = fan_new(&fan, &fo);
    if (err)
        return err;
    set_fan(h, fan);
    h->started = true;
    err = check_fds(h);
    if (!err)
        err = loop_start(h->loop);
    if (err)
        http_stop(h);
    return err;
}

uint64_t http_turns(const struct http *h)
{
    return atomic_load_explicit(&h->turns, memory_order_relaxed);
}

void http_stop(struct http *h)
{
    struct fan *fan;

    if (!h->started)
        return;
    h->started = false;
    loop_stop(h->loop);
    loop_join(h->loop);
    admin_close(h->admin);
    fan = set_fan(h, NULL);
    /* All listeners come back from within, and are reset. */
    fan_free(&fan);
}

void http_free(struct http **http)
{
    struct http *h = *http;

    if (!h)
        return;
    http_stop(h);
    if (h->tick)
        event_free(h->tick);
    /* What they hold of connections is evhttp's. */
    news_free(&h->news);
    admin_free(&h->admin);
    server_free(&h->for_listeners);
    server_free(&h->for_operator);
    audience_free(&h->audience);
    census_free(&h->census);
    usage_free(&h->usage);
    page_home_free(&h->home);
    /* libevent puts the freeing of connections off to the loop. */
    if (h->loop)
        event_base_loop(loop_base(h->loop), EVLOOP_NONBLOCK);
    loop_free(&h->loop);
    pthread_mutex_destroy(&h->m);
    free(h);
    *http = NULL;
}
