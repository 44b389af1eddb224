// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/sse.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "graph/clock.h"
#include "netsink/park.h"
#include "netsink/reply.h"

#define SLICE      64    /* subscribers written to at once */
#define IOV        16    /* events in one write */
#define HEARD_MAX  4096  /* bytes that a subscriber may say */
#define DEAD_MS    60000 /* without an acknowledgement */
#define SNDBUF_MAX 65536 /* bytes that the kernel may keep of one */
#define COME_AGAIN "10"  /* s */

/* As it is sent. */
struct said {
    uint32_t topics;
    size_t len;
    char text[];
};

struct subscriber {
    struct sse *s;
    uint32_t index; /* in s->all */
    uint32_t topics;
    struct park *park;
    struct event *read, *write;
    struct evbuffer *hello; /* head and begin, until it is sent */
    uint64_t at;            /* the event that comes next */
    size_t done;            /* bytes of it that are sent */
    size_t heard;
    bool full; /* the socket takes nothing now */
};

struct sse {
    struct sse_opts o; /* [init] */
    struct event *turn;
    struct sse_stats stats;
    struct subscriber **all; /* [stats.subscribers], room for n_room */
    uint32_t n_room;
    uint32_t left; /* of all: those before it are still to be written to */
    bool again;    /* something was said since this round began */

    struct said *ring[SSE_KEPT]; /* events [first, next) */
    uint64_t first, next;
    size_t bytes;
    int64_t idle_at; /* ns: the next comment */
};

/* ---- what is said ------------------------------------------------------- */

static void drop_first(struct sse *s)
{
    struct said **e = &s->ring[s->first++ % SSE_KEPT];

    s->bytes -= (*e)->len;
    free(*e);
    *e = NULL;
}

static void drop_all(struct sse *s)
{
    while (s->first < s->next)
        drop_first(s);
}

/* Bytes of an event's text beside those of data: names, id, line ends. */
static size_t text_size(const char *event, const char *data)
{
    size_t lines = 1;

    for (const char *at = data; *at; at++)
        lines += *at == '\n';
    return 64 + strlen(event) + strlen(data) + 7 * lines;
}

/* Returns its length. text has room for text_size(). */
static size_t write_text(const struct sse *s, uint64_t id, const char *event,
                         const char *data, char *text)
{
    char *at = text + sprintf(text, "event: %s\nid: %" PRId64 ".%" PRIu64 "\n",
                              event, s->o.epoch, id);

    for (;;) {
        size_t n = strcspn(data, "\n");
        at += sprintf(at, "data: ");
        memcpy(at, data, n);
        at += n;
        *at++ = '\n';
        if (!data[n])
            break;
        data += n + 1;
    }
    *at++ = '\n';
    return (size_t)(at - text);
}

/* Takes e over. */
static void push(struct sse *s, struct said *e)
{
    while (s->first < s->next &&
           (s->next - s->first == SSE_KEPT || s->bytes + e->len > s->o.kept))
        drop_first(s);
    s->ring[s->next++ % SSE_KEPT] = e;
    s->bytes += e->len;
    if (s->left > 0) {
        s->again = true;
        return;
    }
    s->left = s->stats.subscribers;
    event_active(s->turn, EV_TIMEOUT, 1);
}

void sse_say(struct sse *s, uint32_t topics, const char *event,
             const char *data)
{
    struct said *e;

    if (s->stats.subscribers == 0)
        return;
    e = malloc(sizeof(*e) + text_size(event, data));
    if (!e)
        return;
    e->topics = topics;
    e->len = write_text(s, s->next + 1, event, data, e->text);
    push(s, e);
}

void sse_put(struct sse *s, struct evbuffer *hello, const char *event,
             const char *data)
{
    char *text = malloc(text_size(event, data));

    if (!text)
        return;
    evbuffer_add(hello, text, write_text(s, s->next, event, data, text));
    free(text);
}

/* ---- subscribers -------------------------------------------------------- */

static void subscriber_free(struct subscriber *u)
{
    struct sse *s = u->s;
    struct subscriber *last = s->all[--s->stats.subscribers];

    s->all[u->index] = last;
    last->index = u->index;
    if (s->left > s->stats.subscribers)
        s->left = s->stats.subscribers;
    if (s->stats.subscribers == 0)
        drop_all(s);
    if (u->read)
        event_free(u->read);
    if (u->write)
        event_free(u->write);
    if (u->hello)
        evbuffer_free(u->hello);
    park_close(&u->park);
    free(u);
}

/* n: what the socket said. False: there is no peer. */
static bool took(struct subscriber *u, ssize_t n)
{
    if (n >= 0)
        return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR &&
        errno != ENOBUFS && errno != ENOMEM)
        return false;
    u->full = true;
    event_add(u->write, NULL);
    return true;
}

static bool write_hello(struct subscriber *u)
{
    while (u->hello && !u->full) {
        if (!took(u, evbuffer_write(u->hello, park_fd(u->park))))
            return false;
        if (evbuffer_get_length(u->hello) == 0) {
            evbuffer_free(u->hello);
            u->hello = NULL;
        }
    }
    return true;
}

static bool wanted(const struct subscriber *u, uint64_t i)
{
    return u->s->ring[i % SSE_KEPT]->topics & u->topics;
}

/* The next events, as much as one write takes. Returns how many buffers. */
static int gather(const struct subscriber *u, struct iovec iov[IOV])
{
    size_t done = u->done;
    int n = 0;

    for (uint64_t i = u->at; i < u->s->next && n < IOV; i++) {
        struct said *e = u->s->ring[i % SSE_KEPT];
        if (!wanted(u, i))
            continue;
        iov[n++] = (struct iovec){e->text + done, e->len - done};
        done = 0;
    }
    return n;
}

/* Goes on by n bytes that were sent, and over what is not wanted. */
static void advance(struct subscriber *u, size_t n)
{
    u->done += n;
    while (u->at < u->s->next) {
        if (wanted(u, u->at)) {
            size_t len = u->s->ring[u->at % SSE_KEPT]->len;
            if (u->done < len)
                break;
            u->done -= len;
        }
        u->at++;
    }
}

/* All that it takes. False: it is to be cut. */
static bool write_all(struct subscriber *u)
{
    struct iovec iov[IOV];
    struct msghdr m = {.msg_iov = iov};

    if (!write_hello(u))
        return false;
    while (!u->full && (m.msg_iovlen = (size_t)gather(u, iov)) > 0) {
        ssize_t n = sendmsg(park_fd(u->park), &m, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (!took(u, n))
            return false;
        if (n > 0)
            advance(u, (size_t)n);
    }
    if (!u->full)
        advance(u, 0);
    return true;
}

/* False: it is to be cut. */
static bool visit(struct subscriber *u)
{
    if (u->at < u->s->first) {
        u->s->stats.slow++;
        return false;
    }
    return u->full || write_all(u);
}

/* All are written to: what was said needs not be kept. */
static void tidy(struct sse *s)
{
    for (uint32_t i = 0; i < s->stats.subscribers; i++) {
        if (s->all[i]->at < s->next)
            return;
    }
    drop_all(s);
}

/* [ev] */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct sse *s = arg;
    (void)fd;
    (void)what;

    for (int i = 0; i < SLICE && s->left > 0; i++) {
        /* From the end, since the last one takes the place of one cut. */
        struct subscriber *u = s->all[--s->left];
        if (!visit(u))
            subscriber_free(u);
    }
    if (s->left == 0 && s->again) {
        s->again = false;
        s->left = s->stats.subscribers;
    }
    if (s->left > 0)
        event_active(s->turn, EV_TIMEOUT, 1);
    else
        tidy(s);
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
    struct subscriber *u = arg;
    (void)fd;
    (void)what;

    u->full = false;
    if (!visit(u))
        subscriber_free(u);
}

/* It has nothing to say: this is its end, or nonsense. */
static void on_read(evutil_socket_t fd, short what, void *arg)
{
    struct subscriber *u = arg;
    char nonsense[512];
    ssize_t n = recv(fd, nonsense, sizeof(nonsense), MSG_DONTWAIT);
    (void)what;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0) {
        u->heard += (size_t)n;
        if (u->heard <= HEARD_MAX)
            return;
    }
    subscriber_free(u);
}

/* ---- requests ----------------------------------------------------------- */

static bool make_room(struct sse *s)
{
    uint32_t n = s->n_room ? 2 * s->n_room : 16;
    struct subscriber **all;

    if (s->stats.subscribers < s->n_room)
        return true;
    all = realloc(s->all, n * sizeof(struct subscriber *));
    if (!all)
        return false;
    s->all = all;
    s->n_room = n;
    return true;
}

static bool refused(const struct sse *s, struct evhttp_request *req)
{
    struct bufferevent *b =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));

    return s->stats.subscribers >= s->o.max ||
           (s->o.fd_max > 0 && bufferevent_getfd(b) >= s->o.fd_max);
}

static void refuse(struct sse *s, struct evhttp_request *req)
{
    s->stats.refused++;
    if (s->o.anybody)
        reply_header(req, "Access-Control-Allow-Origin", "*");
    reply_header(req, "Retry-After", COME_AGAIN);
    reply_text(req, 503, "too many listen to events");
}

/* The head, and then what hello has. */
static struct evbuffer *begin(const struct sse *s, struct evbuffer *hello)
{
    struct evbuffer *buf = evbuffer_new();

    if (!buf)
        return NULL;
    /* Without a length or chunks: its end is the connection's. A proxy is not
       to wait for more. */
    if (evbuffer_add_printf(buf,
                            "HTTP/1.1 200 OK\r\n"
                            "Content-Type: text/event-stream\r\n"
                            "Cache-Control: no-store\r\n"
                            "Connection: close\r\n"
                            "X-Accel-Buffering: no\r\n"
                            "X-Content-Type-Options: nosniff\r\n"
                            "%s\r\nretry: %d\n\n",
                            s->o.anybody ? "Access-Control-Allow-Origin: *\r\n"
                                         : "Cross-Origin-Resource-Policy: "
                                           "same-origin\r\n",
                            SSE_RETRY_MS) < 0 ||
        (hello && evbuffer_add_buffer(buf, hello))) {
        evbuffer_free(buf);
        return NULL;
    }
    return buf;
}

static void tune(int fd, size_t kept)
{
    const int one = 1, dead = DEAD_MS;
    const int size = kept < SNDBUF_MAX ? (int)kept : SNDBUF_MAX;

    /* What does not work out is only less good. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &dead, sizeof(dead));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* Its connection, and so its place among all. Errors: -ENOMEM; the request is
   evhttp's still. */
static int enter(struct subscriber *u, struct evhttp_request *req)
{
    struct sse *s = u->s;

    if (!make_room(s))
        return -ENOMEM;
    struct bufferevent *b =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
    u->read = event_new(s->o.base, bufferevent_getfd(b), EV_READ | EV_PERSIST,
                        on_read, u);
    u->write =
        event_new(s->o.base, bufferevent_getfd(b), EV_WRITE, on_write, u);
    if (!u->read || !u->write || park_new(&u->park, req))
        return -ENOMEM;
    u->index = s->stats.subscribers;
    s->all[s->stats.subscribers++] = u;
    s->stats.ever++;
    return 0;
}

static int subscribe(struct sse *s, struct evhttp_request *req, uint32_t topics,
                     struct evbuffer *hello)
{
    struct subscriber *u = calloc(1, sizeof(*u));
    int err = -ENOMEM;

    if (!u)
        return err;
    u->s = s;
    u->topics = topics;
    u->at = s->next;
    u->hello = begin(s, hello);
    if (u->hello)
        err = enter(u, req);
    if (err) {
        if (u->read)
            event_free(u->read);
        if (u->write)
            event_free(u->write);
        if (u->hello)
            evbuffer_free(u->hello);
        free(u);
        return err;
    }
    tune(park_fd(u->park), s->o.kept);
    if (event_add(u->read, NULL) || !write_all(u))
        subscriber_free(u); /* it has gone already */
    return 0;
}

static void serve_head(const struct sse *s, struct evhttp_request *req)
{
    reply_header(req, "Content-Type", "text/event-stream");
    reply_header(req, "Cache-Control", "no-store");
    if (s->o.anybody)
        reply_header(req, "Access-Control-Allow-Origin", "*");
    evhttp_send_reply(req, 200, "OK", NULL);
}

bool sse_serve(struct sse *s, struct evhttp_request *req, uint32_t topics,
               struct evbuffer *hello)
{
    uint32_t before = s->stats.subscribers;

    if (refused(s, req))
        refuse(s, req);
    else if (reply_is_head(req))
        serve_head(s, req);
    else if (subscribe(s, req, topics, hello))
        refuse(s, req);
    return s->stats.subscribers > before;
}

int sse_new(struct sse **out, const struct sse_opts *o)
{
    struct sse *s = calloc(1, sizeof(*s));

    *out = s;
    if (!s)
        return -ENOMEM;
    s->o = *o;
    s->turn = event_new(o->base, -1, 0, on_turn, s);
    if (!s->turn)
        sse_free(out);
    return *out ? 0 : -ENOMEM;
}

void sse_free(struct sse **s)
{
    if (!*s)
        return;
    while ((*s)->stats.subscribers > 0)
        subscriber_free((*s)->all[0]);
    drop_all(*s);
    if ((*s)->turn)
        event_free((*s)->turn);
    free((*s)->all);
    free(*s);
    *s = NULL;
}

void sse_tick(struct sse *s, int64_t now)
{
    static const char comment[] = ":\n\n";
    struct said *e;

    if (now < s->idle_at || s->stats.subscribers == 0)
        return;
    s->idle_at = now + SSE_IDLE_S * NS_PER_S;
    e = malloc(sizeof(*e) + sizeof(comment));
    if (!e)
        return;
    e->topics = SSE_TOPICS_ALL;
    e->len = strlen(comment);
    memcpy(e->text, comment, sizeof(comment));
    push(s, e);
}

uint32_t sse_subscribers(const struct sse *s)
{
    return s->stats.subscribers;
}

void sse_stats(const struct sse *s, struct sse_stats *out)
{
    *out = s->stats;
}
