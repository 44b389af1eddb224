// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * floor: the least that a server of one Ogg Opus stream per listener can do, to
 * compare others with. One thread, one epoll, one timer: pages of one size made
 * beforehand, each listener's header patched (own page numbers and granule
 * positions), one writev() of header and body per page. Whatever path is asked
 * for is this stream. It has no limits and trusts its peers: for loopback only.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/log.h"
#include "tests/bench/load/crc.h"

#define OPTIONS     6
#define EVENTS      256
#define BACKLOG     4096
#define WHEEL_MS    10
#define PACKET_MS   20
#define PACKET      960   /* samples */
#define TOC         0xfc  /* CELT, full band, 20 ms, stereo, one frame */
#define HEADER      27    /* bytes of a page's, without the table */
#define TABLE       255   /* segments at most */
#define PACKET_MAX  1275  /* bytes, RFC 6716 3.4 */
#define BODY_MAX    65025 /* bytes, RFC 3533 6 */
#define PREFIX_MAX  512
#define SERIAL      0x6c6f6f72
#define PAGE_NUMBER 2 /* of the first page of audio */

static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Type: audio/ogg\r\n"
                             "Cache-Control: no-store\r\n\r\n";

struct options {
    struct cli_addr listen;
    uint32_t page_ms, kbps;
    double burst_s;
    bool together;
};

struct client {
    int fd;
    bool streaming;  /* it has asked */
    bool full;       /* its socket took less than was due */
    uint8_t newline; /* how much of the request's end has come */
    uint32_t bucket;
    uint64_t due;               /* pages that should be out */
    uint64_t page;              /* that is being written, */
    size_t at;                  /* and its bytes that are out */
    struct client *prev, *next; /* in the bucket */
};

struct floor {
    struct log log;
    struct cli_program cli;
    struct options o; /* [init], as far as n_buckets */
    struct crc crc;
    struct crc_shift shift; /* by table and body */
    uint32_t sum;           /* of those two */
    uint32_t n_packets;     /* of a page */
    size_t prefix_len, header_len, body_len;
    uint8_t prefix[PREFIX_MAX]; /* answer and header pages */
    uint8_t header[HEADER + TABLE];
    uint8_t body[BODY_MAX];
    uint32_t n_buckets;

    int ep, listener, timer;
    uint32_t at;            /* bucket of the next tick */
    uint32_t *load;         /* [n_buckets] clients in each */
    struct client **bucket; /* [n_buckets] first of each */
};

static uint8_t *put_le(uint8_t *p, uint64_t value, int n)
{
    for (int i = 0; i < n; i++)
        *p++ = (uint8_t)(value >> 8 * i);
    return p;
}

/* The fixed part of a header (RFC 3533 6), the checksum left 0. */
static void put_header(uint8_t *h, uint8_t flags, uint64_t granule,
                       uint32_t number, uint8_t n_segments)
{
    memcpy(h, "OggS", 4);
    h[4] = 0;
    h[5] = flags;
    h = put_le(h + 6, granule, 8);
    h = put_le(h, SERIAL, 4);
    h = put_le(h, number, 4);
    h = put_le(h, 0, 4);
    *h = n_segments;
}

/* A whole page of one packet under 255 bytes; returns its end. */
static uint8_t *put_page(const struct floor *f, uint8_t *p, uint8_t flags,
                         uint32_t number, const char *packet, uint8_t len)
{
    put_header(p, flags, 0, number, 1);
    p[HEADER] = len;
    memcpy(p + HEADER + 1, packet, len);
    size_t size = HEADER + 1 + (size_t)len;
    put_le(p + 22, crc_add(&f->crc, 0, p, size), 4);
    return p + size;
}

/* RFC 7845 5: stereo, no pre-skip, 48 kHz; no comments. */
static void make_prefix(struct floor *f)
{
    static const char head[] = "OpusHead\1\2\0\0\x80\xbb\0\0\0\0\0";
    static const char tags[] = "OpusTags\5\0\0\0floor\0\0\0\0";
    uint8_t *p = f->prefix;

    memcpy(p, answer, sizeof(answer) - 1);
    p += sizeof(answer) - 1;
    p = put_page(f, p, 2, 0, head, sizeof(head) - 1);
    p = put_page(f, p, 0, 1, tags, sizeof(tags) - 1);
    f->prefix_len = (size_t)(p - f->prefix);
}

/* The table and the body of every page. Errors: -EINVAL. */
static int make_page(struct floor *f)
{
    uint32_t bytes = f->o.kbps * PACKET_MS / 8, laces = bytes / 255 + 1;
    uint8_t *table = f->header + HEADER;
    uint32_t noise = 1;

    f->n_packets = f->o.page_ms / PACKET_MS;
    if (bytes > PACKET_MAX || f->n_packets * laces > TABLE)
        return -EINVAL;
    for (uint32_t i = 0; i < f->n_packets; i++) {
        for (uint32_t k = 0; k < laces; k++)
            *table++ = (uint8_t)(k + 1 < laces ? 255 : bytes % 255);
        for (uint32_t k = 0; k < bytes; k++) {
            noise = noise * 1664525 + 1013904223;
            f->body[f->body_len++] = k == 0 ? TOC : (uint8_t)(noise >> 24);
        }
    }
    size_t n_table = (size_t)(table - f->header) - HEADER;
    f->header_len = HEADER + n_table;
    f->sum = crc_add(&f->crc, 0, f->header + HEADER, n_table);
    f->sum = crc_add(&f->crc, f->sum, f->body, f->body_len);
    crc_shift_init(&f->shift, &f->crc, n_table + f->body_len);
    return 0;
}

/* The header of a client's page k in place of f->header's fixed part. */
static void patch(struct floor *f, uint64_t k)
{
    uint8_t *h = f->header;

    put_header(h, 0, (k + 1) * f->n_packets * PACKET,
               (uint32_t)(k + PAGE_NUMBER), (uint8_t)(f->header_len - HEADER));
    uint32_t sum = crc_shift(&f->shift, crc_add(&f->crc, 0, h, HEADER));
    put_le(h + 22, sum ^ f->sum, 4);
}

static void drop(struct floor *f, struct client *c)
{
    if (c->streaming) {
        f->load[c->bucket]--;
        if (c->prev)
            c->prev->next = c->next;
        else
            f->bucket[c->bucket] = c->next;
        if (c->next)
            c->next->prev = c->prev;
    }
    close(c->fd);
    free(c);
}

static int watch(struct floor *f, struct client *c, int op, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = c};
    return epoll_ctl(f->ep, op, c->fd, &e) ? -errno : 0;
}

/* Writes what is due, as far as the socket takes it. Errors: the connection's
   end, as writev(). */
static int write_due(struct floor *f, struct client *c)
{
    size_t size = f->header_len + f->body_len;
    bool was_full = c->full;

    c->full = false;
    while (c->page < c->due && !c->full) {
        patch(f, c->page);
        size_t skip = c->at < f->header_len ? c->at : f->header_len;
        struct iovec v[2] = {
            {f->header + skip, f->header_len - skip},
            {f->body + (c->at - skip), f->body_len - (c->at - skip)},
        };
        ssize_t n = writev(c->fd, v, 2);
        if (n < 0 && errno != EAGAIN)
            return -errno;
        if (n > 0)
            c->at += (size_t)n;
        c->full = c->at < size;
        if (!c->full) {
            c->page++;
            c->at = 0;
        }
    }
    if (c->full != was_full)
        return watch(f, c, EPOLL_CTL_MOD, EPOLLIN | (c->full ? EPOLLOUT : 0));
    return 0;
}

/* Into the bucket that has fewest; the burst is due, or one page. */
static int start(struct floor *f, struct client *c)
{
    uint32_t b = 0;

    for (uint32_t i = 1; i < f->n_buckets && !f->o.together; i++)
        if (f->load[i] < f->load[b])
            b = i;
    c->streaming = true;
    c->bucket = b;
    c->next = f->bucket[b];
    if (c->next)
        c->next->prev = c;
    f->bucket[b] = c;
    f->load[b]++;
    /* A new connection's buffer holds so little. */
    if (send(c->fd, f->prefix, f->prefix_len, MSG_NOSIGNAL) !=
        (ssize_t)f->prefix_len)
        return -EPIPE;
    c->due = (uint64_t)(f->o.burst_s * 1000 / f->o.page_ms);
    c->due += c->due == 0;
    return write_due(f, c);
}

/* Looks for the empty line; what follows is nothing to us. */
static int on_readable(struct floor *f, struct client *c)
{
    static const char end[] = "\r\n\r\n";
    char in[4096];
    ssize_t n = recv(c->fd, in, sizeof(in), 0);

    if (n <= 0)
        return n < 0 && errno == EAGAIN ? 0 : -ECONNRESET;
    for (ssize_t i = 0; i < n && !c->streaming; i++) {
        c->newline = in[i] == end[c->newline] ? c->newline + 1 : in[i] == '\r';
        if (c->newline == sizeof(end) - 1)
            return start(f, c);
    }
    return 0;
}

static void accept_all(struct floor *f)
{
    int fd, one = 1;

    while ((fd = accept4(f->listener, NULL, NULL,
                         SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct client *c = calloc(1, sizeof(*c));
        if (!c) {
            close(fd);
            return;
        }
        c->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        if (watch(f, c, EPOLL_CTL_ADD, EPOLLIN) < 0)
            drop(f, c);
    }
    if (errno == EMFILE || errno == ENFILE) {
        log_error(&f->log, "no more open files are allowed (ulimit -Hn)");
        clock_sleep(100 * NS_PER_MS); /* the epoll would say so again */
    }
}

static void on_tick(struct floor *f)
{
    uint64_t n = 0;

    if (read(f->timer, &n, sizeof(n)) != sizeof(n))
        return;
    for (uint64_t i = 0; i < n; i++) {
        struct client *next, *c = f->bucket[f->at];
        for (; c; c = next) {
            next = c->next;
            c->due++;
            if (!c->full && write_due(f, c) < 0)
                drop(f, c);
        }
        f->at = (f->at + 1) % f->n_buckets;
    }
}

static void on_event(struct floor *f, const struct epoll_event *e)
{
    struct client *c = e->data.ptr;
    int err = 0;

    if (e->events & EPOLLOUT)
        err = write_due(f, c);
    if (!err && e->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        err = on_readable(f, c);
    if (err)
        drop(f, c);
}

static int loop(struct floor *f)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        int n = epoll_wait(f->ep, events, EVENTS, -1);
        if (n < 0 && errno != EINTR)
            return -errno;
        /* A tick drops clients that another event may be about: it comes last,
           and then all are asked for anew. */
        bool tick = false;
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &f->timer)
                tick = true;
            else if (events[i].data.ptr == &f->listener)
                accept_all(f);
            else
                on_event(f, &events[i]);
        }
        if (tick)
            on_tick(f);
    }
}

static int open_listener(struct floor *f)
{
    struct addrinfo hints = {.ai_flags =
                                 AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM},
                    *a = NULL;
    char port[8];
    int one = 1, err = 0;

    snprintf(port, sizeof(port), "%u", (unsigned)f->o.listen.port);
    if (getaddrinfo(f->o.listen.host, port, &hints, &a) != 0)
        return -EINVAL;
    f->listener =
        socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (f->listener < 0)
        err = -errno;
    if (!err) {
        setsockopt(f->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        if (bind(f->listener, a->ai_addr, a->ai_addrlen) ||
            listen(f->listener, BACKLOG))
            err = -errno;
    }
    freeaddrinfo(a);
    return err;
}

/* On the grid of the wheel, from now on. */
static int open_timer(struct floor *f)
{
    const struct itimerspec t = {
        .it_interval.tv_nsec = WHEEL_MS * NS_PER_MS,
        .it_value.tv_nsec = WHEEL_MS * NS_PER_MS,
    };

    f->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return f->timer < 0 || timerfd_settime(f->timer, 0, &t, NULL) ? -errno : 0;
}

static int open_all(struct floor *f)
{
    struct epoll_event l = {.events = EPOLLIN, .data.ptr = &f->listener};
    struct epoll_event t = {.events = EPOLLIN, .data.ptr = &f->timer};
    struct rlimit r;

    if (!getrlimit(RLIMIT_NOFILE, &r)) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
    f->n_buckets = f->o.page_ms / WHEEL_MS;
    f->load = calloc(f->n_buckets, sizeof(*f->load));
    f->bucket = calloc(f->n_buckets, sizeof(struct client *));
    if (!f->load || !f->bucket)
        return -ENOMEM;
    f->ep = epoll_create1(EPOLL_CLOEXEC);
    if (f->ep < 0)
        return -errno;
    int err = open_listener(f);
    if (!err)
        err = open_timer(f);
    if (!err && (epoll_ctl(f->ep, EPOLL_CTL_ADD, f->listener, &l) ||
                 epoll_ctl(f->ep, EPOLL_CTL_ADD, f->timer, &t)))
        err = -errno;
    return err;
}

/* Says where, for whoever asked for any free port. */
static void announce(const struct floor *f)
{
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof(a);
    struct cli_addr where = f->o.listen;
    char text[CLI_ADDR_TEXT_MAX];

    getsockname(f->listener, (struct sockaddr *)&a, &len);
    where.port =
        ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
                                      : ((struct sockaddr_in *)&a)->sin_port);
    printf("floor listens on %s\n", cli_format_addr(&where, text));
    fflush(stdout);
}

/* clang-format off */
static void fill_table(struct cli_option t[OPTIONS], struct options *o)
{
    t[0] = (struct cli_option){"listen", CLI_ADDR, &o->listen, "ADDR:PORT",
        "where (default 127.0.0.1:8002; port 0: any free one)"};
    t[1] = (struct cli_option){"page-ms", CLI_UINT, &o->page_ms, "MS",
        "audio of a page, and how often one is sent (default 100)", 20, 4000};
    t[2] = (struct cli_option){"bitrate", CLI_UINT, &o->kbps, "KBPS",
        "of the audio, kbit/s (default 96)", 6, 510};
    t[3] = (struct cli_option){"burst", CLI_REAL, &o->burst_s, "SECONDS",
        "sent at once on connect, one page at least (default 1)", 0, 60};
    t[4] = (struct cli_option){"together", CLI_FLAG, &o->together, NULL,
        "send to all at one instant, not staggered over the wheel"};
    t[5] = (struct cli_option){NULL};
}
/* clang-format on */

static int parse(struct floor *f, int argc, char **argv)
{
    struct cli_option table[OPTIONS];

    f->cli = (struct cli_program){
        .name = "floor",
        .summary = "The barest server of one stream per listener.",
        .usage = "[OPTIONS]",
        .options = table,
    };
    fill_table(table, &f->o);
    int r = cli_parse(&f->cli, argc, argv);
    f->cli.options = NULL; /* they end here */
    return r;
}

int main(int argc, char **argv)
{
    struct floor *f = calloc(1, sizeof(*f));
    int code = EXIT_OK;

    if (!f)
        return EXIT_RUNNING;
    f->log = (struct log){"floor", LOG_INFO};
    f->ep = f->listener = f->timer = -1;
    f->o = (struct options){{"127.0.0.1", 8002}, 100, 96, 1, false};
    int r = parse(f, argc, argv);
    if (r <= 0) {
        code = r < 0 ? EXIT_USAGE : EXIT_OK;
        goto out;
    }
    signal(SIGPIPE, SIG_IGN); /* writev() to who has left */
    crc_init(&f->crc);
    make_prefix(f);
    if (f->o.page_ms % PACKET_MS != 0 || make_page(f) < 0) {
        log_error(&f->log,
                  "--page-ms: found %u, allowed are multiples of %d whose "
                  "packets need at most %d segments of 255 bytes",
                  (unsigned)f->o.page_ms, PACKET_MS, TABLE);
        code = EXIT_USAGE;
        goto out;
    }
    int err = open_all(f);
    if (!err) {
        announce(f);
        err = loop(f); /* until a signal ends the process */
    }
    log_error(&f->log, "%s", strerror(-err));
    code = EXIT_RUNNING;
out:
    cli_fini(&f->cli);
    free(f->load);
    free(f->bucket);
    free(f);
    return code;
}
