// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/http.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/threads.h"
#include "netsink/audience.h"
#include "netsink/page.h"
#include "netsink/reply.h"
#include "netsink/server.h"
#include "netsink/status.h"

#define TICK_MS 100
#define HEALTHY NS_PER_S /* the last packet is no older */

struct http {
    /* [init] */
    struct http_opts o;
    char stream_path[80]; /* "/live.opus" */
    struct event_base *base;
    struct server *listen, *admin;
    struct audience *audience;
    struct event *on_int, *on_term, *tick, *packets;
    const struct jclient *jack; /* from http_run() on */

    /* [ev] */
    int64_t begun;     /* ns */
    int64_t packet_at; /* ns: when the hub last had a new one */
    int64_t second_at; /* ns: begin of the second being measured */
    uint64_t second_encode_ns;
    double encode_ms_per_s; /* over the second before */
    int result;             /* of http_run() */
};

static void serve_listeners(struct evhttp_request *req, void *ctx)
{
    struct http *h = ctx;
    const char *path = reply_path(req);

    if (strcmp(path, h->stream_path) == 0)
        audience_serve(h->audience, req);
    else if (!page_serve(req, path))
        reply_text(req, 404, "not found");
}

static void serve_status(struct http *h, struct evhttp_request *req)
{
    struct status s = {
        .jack = h->jack,
        .mount = h->o.mount,
        .audience = h->audience,
        .uptime_s = (double)(clock_now() - h->begun) / NS_PER_S,
        .encode_ms_per_s = h->encode_ms_per_s,
    };
    char *text = status_json(&s);

    if (!text) {
        reply_text(req, 503, "out of memory");
        return;
    }
    reply_header(req, "Cache-Control", "no-store");
    reply_body(req, 200, "application/json", text, strlen(text));
    free(text);
}

static void serve_health(struct http *h, struct evhttp_request *req)
{
    if (h->packet_at > 0 && clock_now() - h->packet_at <= HEALTHY)
        reply_text(req, 200, "ok");
    else
        reply_text(req, 503, "no audio is coming in");
}

static void serve_admin(struct evhttp_request *req, void *ctx)
{
    struct http *h = ctx;
    const char *path = reply_path(req);
    void (*serve)(struct http *, struct evhttp_request *) = NULL;

    if (strcmp(path, "/status.json") == 0)
        serve = serve_status;
    else if (strcmp(path, "/health") == 0)
        serve = serve_health;

    if (!serve)
        reply_text(req, 404, "not found");
    else if (reply_method_ok(req))
        serve(h, req);
}

static void stop(struct http *h, int result)
{
    h->result = result;
    event_base_loopbreak(h->base);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
    struct http *h = arg;
    (void)sig;
    (void)what;
    stop(h, 0);
}

static void on_packets(evutil_socket_t fd, short what, void *arg)
{
    struct http *h = arg;
    uint64_t count;
    (void)what;

    if (read(fd, &count, sizeof(count)) != sizeof(count))
        return;
    h->packet_at = clock_now();
    audience_feed(h->audience);
}

static void every_second(struct http *h, int64_t now,
                         const struct encoder_stats *e)
{
    h->encode_ms_per_s = (double)(e->encode_ns - h->second_encode_ns) * 1e3 /
                         (double)(now - h->second_at);
    h->second_encode_ns = e->encode_ns;
    h->second_at = now;
    audience_tick(h->audience);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct http *h = arg;
    struct encoder_stats e;
    int64_t now = clock_now();
    (void)fd;
    (void)what;

    server_tick(h->listen);
    server_tick(h->admin);
    encoder_stats(h->o.mount->encoder, &e);
    if (now - h->second_at >= NS_PER_S)
        every_second(h, now, &e);
    if (e.failed) {
        stop(h, e.failed);
    } else if (!jclient_alive(h->jack)) {
        log_error(h->o.log, "the JACK server has gone");
        stop(h, -EHOSTDOWN);
    }
}

/* The loop's own events. */
static int add_events(struct http *h)
{
    struct timeval period = {.tv_usec = TICK_MS * 1000};

    h->on_int = evsignal_new(h->base, SIGINT, on_signal, h);
    h->on_term = evsignal_new(h->base, SIGTERM, on_signal, h);
    h->tick = event_new(h->base, -1, EV_PERSIST, on_tick, h);
    h->packets = event_new(h->base, hub_fd(h->o.mount->hub),
                           EV_READ | EV_PERSIST, on_packets, h);
    if (!h->on_int || !h->on_term || !h->tick || !h->packets ||
        event_add(h->on_int, NULL) || event_add(h->on_term, NULL) ||
        event_add(h->tick, &period) || event_add(h->packets, NULL))
        return -ENOMEM;
    return 0;
}

static int add_server(struct http *h, struct server **s, const char *what,
                      struct cli_addr addr,
                      void (*handle)(struct evhttp_request *, void *))
{
    struct server_opts o = {
        .log = h->o.log,
        .base = h->base,
        .addr = addr,
        .what = what,
        .handle = handle,
        .ctx = h,
    };
    return server_new(s, &o);
}

int http_new(struct http **out, const struct http_opts *o)
{
    struct audience_opts ao = {
        .log = o->log,
        .mount = o->mount,
        .burst_s = o->burst_s,
        .max = o->max_listeners,
    };
    struct http *h = calloc(1, sizeof(*h));
    int err = -ENOMEM;

    *out = NULL;
    if (!h)
        goto out;
    h->o = *o;
    snprintf(h->stream_path, sizeof(h->stream_path), "/%s.opus",
             o->mount->name);
    h->base = event_base_new();
    if (!h->base)
        goto out;
    err = audience_new(&h->audience, &ao);
    if (!err)
        err =
            add_server(h, &h->listen, "listeners", o->listen, serve_listeners);
    if (!err)
        err = add_server(h, &h->admin, "the operator", o->admin, serve_admin);
    if (!err)
        err = add_events(h);
out:
    if (err)
        http_free(&h);
    *out = h;
    return err;
}

uint16_t http_listen_port(const struct http *h)
{
    return server_port(h->listen);
}

uint16_t http_admin_port(const struct http *h)
{
    return server_port(h->admin);
}

int http_run(struct http *h, const struct jclient *jack)
{
    thread_enter(TH_EV);
    /* A listener who leaves is an error of write(), not the end of us. */
    signal(SIGPIPE, SIG_IGN);
    h->jack = jack;
    h->begun = h->second_at = clock_now();
    if (event_base_dispatch(h->base) < 0)
        h->result = -EIO;
    audience_cut(h->audience, "the sink ends");
    return h->result;
}

static void free_event(struct event *e)
{
    if (e)
        event_free(e);
}

void http_free(struct http **http)
{
    struct http *h = *http;

    if (!h)
        return;
    /* Streams first: a server's end would free their connections without a
       reset. */
    audience_free(&h->audience);
    server_free(&h->listen);
    server_free(&h->admin);
    free_event(h->on_int);
    free_event(h->on_term);
    free_event(h->tick);
    free_event(h->packets);
    if (h->base) {
        /* libevent puts the freeing of connections off to the loop. */
        event_base_loop(h->base, EVLOOP_NONBLOCK);
        event_base_free(h->base);
    }
    free(h);
    *http = NULL;
}
