// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/listener.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/util.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "graph/clock.h"
#include "graph/text.h"
#include "netsink/ogg.h"
#include "netsink/reply.h"
#include "netsink/timeline.h"

#define PRE_SKIP         3840 /* samples: a decoder has settled after 80 ms */
#define PACKETS_PER_PAGE 5    /* 100 ms */
#define PACKETS_PER_S    (TIMELINE_RATE / TIMELINE_PACKET)
#define SLACK_S          2.0  /* output held beyond the burst, s of audio */
#define READ_MAX         4096 /* bytes a listener can make us hold */
#define AGENT_MAX        120  /* bytes */
#define ADDRESS_MAX      64   /* bytes: "[v6%scope]:port" */

struct listener {
    /* [init] */
    struct listener_opts o;
    char address[ADDRESS_MAX];
    char agent[AGENT_MAX + 1];
    uint64_t burst; /* packets */
    size_t cap;     /* bytes: no more is fed while the output holds so much */
    int64_t begun;  /* ns */

    /* [ev] The connection; both NULL once it has ended. */
    struct evhttp_request *req;
    struct evhttp_connection *conn;
    const char *why; /* it ends, for the log */

    /* [ev] The stream. */
    struct ogg *ogg;
    struct evbuffer *pages; /* finished, on their way into the output */
    bool broken;            /* a page was lost for want of memory */
    uint64_t cursor;        /* number of the next packet */
    uint64_t packets;
    uint64_t skips;

    /* [ev] The output: evhttp's buffer and the socket's queue. */
    uint64_t queued;  /* bytes put into it so far */
    size_t unacked;   /* bytes in the socket's queue when last asked for */
    uint64_t taken;   /* bytes out of it when last looked at */
    int64_t taken_at; /* ns: when that last grew, or nothing waited */
};

static struct evbuffer *output(const struct listener *l)
{
    return bufferevent_get_output(evhttp_connection_get_bufferevent(l->conn));
}

/* Bytes that the peer has not acknowledged. The socket's queue counts: by
   itself it grows to megabytes, minutes of audio. */
static size_t held(const struct listener *l)
{
    return evbuffer_get_length(output(l)) + l->unacked;
}

/* Bytes of the stream that the peer has. What an earlier answer on the
   connection left behind may be held too. */
static uint64_t got(const struct listener *l)
{
    return held(l) < l->queued ? l->queued - held(l) : 0;
}

/* Asked once for a page and once a second, since it is a system call. */
static void look_at_socket(struct listener *l)
{
    int n = 0;

    if (ioctl(bufferevent_getfd(evhttp_connection_get_bufferevent(l->conn)),
              SIOCOUTQ, &n))
        n = 0;
    l->unacked = (size_t)n;
}

static void on_page(void *ctx, const uint8_t *header, uint32_t header_len,
                    const uint8_t *body, uint32_t body_len)
{
    struct listener *l = ctx;

    if (evbuffer_add(l->pages, header, header_len) ||
        evbuffer_add(l->pages, body, body_len))
        l->broken = true;
}

static void add_headers(struct evhttp_request *req)
{
    struct evkeyvalq *in = evhttp_request_get_input_headers(req);

    /* What the peer said of keeping the connection is overruled here: evhttp
       would answer a 1.0 keep-alive with "Content-Length: 0". */
    evhttp_remove_header(in, "Connection");
    evhttp_add_header(in, "Connection", "close");
    reply_header(req, "Content-Type", "audio/ogg");
    reply_header(req, "Cache-Control", "no-store");
    reply_header(req, "Access-Control-Allow-Origin", "*");
    reply_header(req, "X-Content-Type-Options", "nosniff");
    reply_header(req, "icy-name", "Longwave");
}

void listener_answer_head(struct evhttp_request *req)
{
    add_headers(req);
    evhttp_send_reply(req, 200, "OK", NULL);
}

/* The connection is being freed by evhttp, because the peer ended it or because
   we did. */
static void on_close(struct evhttp_connection *conn, void *arg)
{
    struct listener *l = arg;
    (void)conn;

    l->taken = got(l);
    /* libevent 2.1.12 lets go of a request whose reply is under way when the
       peer ends (evhttp_connection_incoming_fail()), and then it is ours; when
       we end the connection it still frees the request itself. */
    if (!evhttp_request_get_connection(l->req))
        evhttp_request_free(l->req);
    l->req = NULL;
    l->conn = NULL;

    struct listener_stats s;
    listener_stats(l, &s);
    log_info(l->o.log,
             "listener %llu gone after %.1f s and %llu bytes, %llu skips: %s",
             (unsigned long long)s.id, s.seconds, (unsigned long long)s.bytes,
             (unsigned long long)s.skips, l->why);
    l->o.gone(l->o.ctx, l);
}

static void describe(struct listener *l)
{
    char *host = NULL, clean[ADDRESS_MAX - 10];
    ev_uint16_t port = 0;

    evhttp_connection_get_peer(l->conn, &host, &port);
    text_clean(clean, sizeof(clean), host);
    snprintf(l->address, sizeof(l->address),
             strchr(clean, ':') ? "[%s]:%u" : "%s:%u", clean, (unsigned)port);
    text_clean(l->agent, sizeof(l->agent),
               evhttp_find_header(evhttp_request_get_input_headers(l->req),
                                  "User-Agent"));
}

/* The burst's begin, when the hub holds [first, end). */
static uint64_t burst_begin(const struct listener *l, uint64_t first,
                            uint64_t end)
{
    return end - first > l->burst ? end - l->burst : first;
}

/* Everything that can fail, before a byte is sent. */
static int prepare(struct listener *l)
{
    uint64_t first, end;
    uint32_t serial;

    hub_range(l->o.mount->hub, &first, &end);
    l->cursor = burst_begin(l, first, end);
    l->pages = evbuffer_new();
    if (!l->pages)
        return -ENOMEM;
    evutil_secure_rng_get_bytes(&serial, sizeof(serial));
    /* Some readers show a negative one strangely. */
    serial &= INT32_MAX;
    int err = ogg_new(&l->ogg, (int32_t)serial, l->o.mount->n_channels,
                      PRE_SKIP, l->cursor, on_page, l);
    if (!err)
        err = ogg_headers(l->ogg);
    return err || !l->broken ? err : -ENOMEM;
}

/* The answer's head; evhttp chunks what follows for HTTP/1.1. */
static void start_reply(struct listener *l)
{
    struct bufferevent *b = evhttp_connection_get_bufferevent(l->conn);
    struct evbuffer *in = bufferevent_get_input(b);
    int one = 1;

    add_headers(l->req);
    evhttp_connection_set_closecb(l->conn, on_close, l);
    size_t before = evbuffer_get_length(output(l));
    evhttp_send_reply_start(l->req, 200, "OK");
    l->queued = evbuffer_get_length(output(l)) - before;
    /* From here evhttp goes on reading, to learn of the end, and consumes
       nothing: without a mark a peer could fill our memory. */
    evbuffer_drain(in, evbuffer_get_length(in));
    bufferevent_setwatermark(b, EV_READ, 0, READ_MAX);
    /* The server's timeout is for requests; a listener has nothing to say.
       listener_stalled() looks after those who take nothing. */
    bufferevent_set_timeouts(b, NULL, NULL);
    /* A page is to leave when it is made. */
    setsockopt(bufferevent_getfd(b), IPPROTO_TCP, TCP_NODELAY, &one,
               sizeof(one));
}

int listener_new(struct listener **out, const struct listener_opts *o,
                 struct evhttp_request *req)
{
    struct listener *l = calloc(1, sizeof(*l));
    int err = -ENOMEM;

    *out = NULL;
    if (!l)
        goto out;
    l->o = *o;
    l->req = req;
    l->conn = evhttp_request_get_connection(req);
    l->why = "it left";
    l->burst = (uint64_t)(o->burst_s * PACKETS_PER_S);
    l->cap = (size_t)((o->burst_s + SLACK_S) * o->mount->kbps * 125);
    l->begun = l->taken_at = clock_now();
    describe(l);
    err = prepare(l);
    if (err)
        goto out;
    start_reply(l);
    log_info(o->log, "listener %llu connected: %s, %s",
             (unsigned long long)o->id, l->address,
             l->agent[0] ? l->agent : "no agent");
out:
    if (err)
        listener_free(&l);
    *out = l;
    return err;
}

void listener_free(struct listener **l)
{
    if (!*l)
        return;
    ogg_free(&(*l)->ogg);
    if ((*l)->pages)
        evbuffer_free((*l)->pages);
    free(*l);
    *l = NULL;
}

/* Moves the finished pages into the output, as one chunk. */
static void send_pages(struct listener *l)
{
    size_t before = evbuffer_get_length(output(l));

    if (evbuffer_get_length(l->pages) == 0)
        return;
    evhttp_send_reply_chunk(l->req, l->pages);
    l->queued += evbuffer_get_length(output(l)) - before;
    look_at_socket(l);
}

/* To the burst's begin, when the hub no longer has what comes next. */
static void skip(struct listener *l)
{
    uint64_t first, end;

    hub_range(l->o.mount->hub, &first, &end);
    if (l->cursor >= first)
        return;
    l->cursor = burst_begin(l, first, end);
    l->skips++;
}

int listener_feed(struct listener *l)
{
    size_t before = held(l);
    uint8_t data[HUB_PACKET_MAX];

    if (before >= l->cap)
        return 0;
    skip(l);
    while (before + evbuffer_get_length(l->pages) < l->cap) {
        int len = hub_get(l->o.mount->hub, l->cursor, data);
        if (len < 0)
            break;
        int err =
            ogg_add(l->ogg, l->cursor, data, (uint32_t)len, PACKETS_PER_PAGE);
        if (err || l->broken)
            return -ENOMEM;
        l->cursor++;
        l->packets++;
    }
    send_pages(l);
    return 0;
}

int64_t listener_stalled(struct listener *l, int64_t now)
{
    look_at_socket(l);
    if (held(l) == 0 || got(l) > l->taken)
        l->taken_at = now;
    l->taken = got(l);
    return now - l->taken_at;
}

void listener_cut(struct listener *l, const char *why)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(l->conn));

    l->why = why;
    /* To connect to nobody sends the reset, connect(2); SO_LINGER would come
       too late, since evhttp ends the sending side in order before it closes.
     */
    connect(fd, &nobody, sizeof(nobody));
    evhttp_connection_free(l->conn); /* on_close() from within */
}

void listener_stats(const struct listener *l, struct listener_stats *out)
{
    uint64_t taken = l->conn ? got(l) : l->taken;
    uint64_t first, end;

    hub_range(l->o.mount->hub, &first, &end);
    out->id = l->o.id;
    out->address = l->address;
    out->agent = l->agent;
    out->mount = l->o.mount->name;
    out->seconds = (double)(clock_now() - l->begun) / NS_PER_S;
    out->bytes = taken;
    out->packets = l->packets;
    out->skips = l->skips;
    out->lag_s = (double)(end - l->cursor) / PACKETS_PER_S +
                 (double)(l->queued - taken) / (l->o.mount->kbps * 125.0);
}
