// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * cutter [OPTIONS] FROM TO: a TCP proxy that forwards connections from one
 * address to another, and can spoil them:
 *   --after S   a connection that has streamed for S seconds is reset, to both
 *               sides: what the peers had not read is lost, as in life
 *   --times N   so many connections, and no more (1; 0: none by time)
 *   --delay MS  what TO sends is held back so long
 * A connection streams from when it has carried 16 KiB from TO. SIGUSR1 resets
 * all that stream now. Each cut is told on stdout, with how much it carried;
 * what one side resets itself is reset to the other, and not told. "FROM" may
 * have port 0; where it listens is said first. Until a signal.
 */
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/log.h"

#define OPTIONS   4
#define PAIRS     64
#define PIECE     16384 /* bytes read at once */
#define HELD_MAX  (256 * 1024)
#define STREAMING 16384 /* bytes */
#define BACKLOG   64

enum side { CLIENT, SERVER };

/* Bytes on their way. */
struct piece {
    struct piece *next;
    int64_t due; /* ns */
    size_t at, len;
    uint8_t bytes[PIECE];
};

/* What goes to one side. */
struct flow {
    struct piece *first, **end;
    size_t held;  /* bytes */
    bool over;    /* its source has ended, */
    bool told_so; /* and its sink knows */
};

struct pair {
    bool used, gone; /* gone: to be closed, */
    bool reset;      /* by reset, */
    bool cut;        /* which is our doing */
    int fd[2];       /* enum side */
    struct flow to[2];
    uint64_t carried;  /* bytes, from the server */
    int64_t streaming; /* ns: since when; 0: not yet */
};

struct options {
    const char *args[2];
    double after, delay_ms;
    uint32_t times;
};

struct cutter {
    struct log log;
    struct cli_program cli;
    struct options o;
    struct addrinfo *addr[2]; /* enum side: where clients come, where to */
    int listener, signals;
    uint32_t n_cut; /* by time */
    struct pair pairs[PAIRS];
};

static void clear(struct flow *f)
{
    while (f->first) {
        struct piece *p = f->first;
        f->first = p->next;
        free(p);
    }
}

static void drop(struct pair *p)
{
    const struct linger at_once = {.l_onoff = 1};

    if (p->cut) {
        printf("reset after %" PRIu64 " bytes\n", p->carried);
        fflush(stdout);
    }
    for (int s = 0; s < 2; s++) {
        if (p->reset)
            setsockopt(p->fd[s], SOL_SOCKET, SO_LINGER, &at_once,
                       sizeof(at_once));
        close(p->fd[s]);
        clear(&p->to[s]);
    }
    memset(p, 0, sizeof(*p));
}

static void take_in(struct cutter *c)
{
    int one = 1, fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
    struct pair *p = c->pairs;

    while (p < c->pairs + PAIRS && p->used)
        p++;
    if (fd < 0)
        return;
    int up = socket(c->addr[SERVER]->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p == c->pairs + PAIRS || up < 0 ||
        connect(up, c->addr[SERVER]->ai_addr, c->addr[SERVER]->ai_addrlen)) {
        log_warn(&c->log, "no connection: %s", strerror(errno));
        close(fd);
        if (up >= 0)
            close(up);
        return;
    }
    *p = (struct pair){.used = true, .fd = {fd, up}};
    for (int s = 0; s < 2; s++) {
        p->to[s].end = &p->to[s].first;
        setsockopt(p->fd[s], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    }
}

static void receive(struct cutter *c, struct pair *p, enum side from)
{
    struct flow *f = &p->to[!from];
    struct piece *new = malloc(sizeof(*new));

    if (!new) {
        p->gone = true;
        return;
    }
    ssize_t n = recv(p->fd[from], new->bytes, PIECE, MSG_DONTWAIT);
    if (n <= 0) {
        free(new);
        f->over = n == 0;
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            p->gone = p->reset = true;
        return;
    }
    new->next = NULL;
    new->at = 0;
    new->len = (size_t)n;
    new->due = clock_now();
    if (from == SERVER) {
        new->due += (int64_t)(c->o.delay_ms * NS_PER_MS);
        p->carried += (uint64_t)n;
        if (p->streaming == 0 && p->carried >= STREAMING)
            p->streaming = clock_now();
    }
    *f->end = new;
    f->end = &new->next;
    f->held += (size_t)n;
}

static void send_due(struct pair *p, enum side to, int64_t now)
{
    struct flow *f = &p->to[to];

    while (f->first && f->first->due <= now) {
        struct piece *first = f->first;
        ssize_t n = send(p->fd[to], first->bytes + first->at,
                         first->len - first->at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR)
                p->gone = true;
            return;
        }
        first->at += (size_t)n;
        f->held -= (size_t)n;
        if (first->at < first->len)
            return;
        f->first = first->next;
        if (!f->first)
            f->end = &f->first;
        free(first);
    }
    if (f->over && !f->first && !f->told_so) {
        shutdown(p->fd[to], SHUT_WR);
        f->told_so = true;
        p->gone = p->gone || p->to[!to].told_so;
    }
}

/* What to wait for on one side, and until when at most. */
static short events_of(const struct pair *p, enum side s, int64_t now,
                       int64_t *until)
{
    const struct flow *in = &p->to[!s], *out = &p->to[s];
    short events = 0;

    if (!in->over && in->held < HELD_MAX)
        events |= POLLIN;
    if (out->first && out->first->due <= now)
        events |= POLLOUT;
    else if (out->first && out->first->due < *until)
        *until = out->first->due;
    return events;
}

static bool must_cut(const struct cutter *c, const struct pair *p, int64_t now,
                     int64_t *until)
{
    if (p->streaming == 0 || c->n_cut >= c->o.times)
        return false;
    int64_t at = p->streaming + (int64_t)(c->o.after * NS_PER_S);
    if (at > now && at < *until)
        *until = at;
    return at <= now;
}

/* Everybody's due; returns until when nothing is, ns. */
static int64_t look_after(struct cutter *c)
{
    int64_t now = clock_now(), until = now + NS_PER_S;

    for (struct pair *p = c->pairs; p < c->pairs + PAIRS; p++) {
        if (!p->used)
            continue;
        for (int s = 0; s < 2 && !p->gone; s++)
            send_due(p, (enum side)s, now);
        if (!p->gone && must_cut(c, p, now, &until)) {
            c->n_cut++;
            p->gone = p->reset = p->cut = true;
        }
        if (p->gone)
            drop(p);
    }
    return until;
}

static void on_signal(struct cutter *c)
{
    struct signalfd_siginfo info;

    if (read(c->signals, &info, sizeof(info)) != sizeof(info))
        return;
    for (struct pair *p = c->pairs; p < c->pairs + PAIRS; p++)
        if (p->used && p->streaming > 0)
            p->gone = p->reset = p->cut = true;
}

static int loop(struct cutter *c)
{
    struct pollfd fds[2 + 2 * PAIRS];
    struct pair *of[PAIRS];

    for (;;) {
        int64_t until = look_after(c), now = clock_now();
        nfds_t n = 2;
        fds[0] = (struct pollfd){.fd = c->listener, .events = POLLIN};
        fds[1] = (struct pollfd){.fd = c->signals, .events = POLLIN};
        for (struct pair *p = c->pairs; p < c->pairs + PAIRS; p++) {
            if (!p->used)
                continue;
            of[(n - 2) / 2] = p;
            for (int s = 0; s < 2; s++) {
                short events = events_of(p, (enum side)s, now, &until);
                /* A negative one is left alone: else an end that was seen
                   would be told for ever. */
                fds[n++] = (struct pollfd){.fd = events ? p->fd[s] : -1,
                                           .events = events};
            }
        }
        int64_t ms =
            until > now ? (until - now + NS_PER_MS - 1) / NS_PER_MS : 0;
        if (poll(fds, n, (int)ms) < 0 && errno != EINTR)
            return -errno;
        for (nfds_t i = 2; i < n; i++)
            if (fds[i].fd >= 0 && fds[i].revents & (POLLIN | POLLHUP | POLLERR))
                receive(c, of[(i - 2) / 2], (enum side)(i % 2));
        if (fds[1].revents)
            on_signal(c);
        if (fds[0].revents)
            take_in(c);
    }
}

static int resolve(struct cutter *c, enum side s)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    const char *why = "missing";
    struct cli_addr a;
    char port[8];

    if (c->o.args[s] && cli_parse_addr(c->o.args[s], &a, &why) == 0) {
        snprintf(port, sizeof(port), "%u", (unsigned)a.port);
        if (getaddrinfo(a.host, port, &hints, &c->addr[s]) == 0)
            return 0;
    }
    log_error(&c->log, "%s: %s, allowed is ADDR:PORT", s ? "TO" : "FROM", why);
    return -EINVAL;
}

static int open_all(struct cutter *c)
{
    const struct addrinfo *a = c->addr[CLIENT];
    struct sockaddr_storage at;
    socklen_t len = sizeof(at);
    char host[64], port[8];
    int one = 1;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    c->signals = signalfd(-1, &set, SFD_CLOEXEC);
    c->listener = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->signals < 0 || c->listener < 0)
        return -errno;
    setsockopt(c->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(c->listener, a->ai_addr, a->ai_addrlen) ||
        listen(c->listener, BACKLOG) ||
        getsockname(c->listener, (struct sockaddr *)&at, &len))
        return -errno;
    getnameinfo((struct sockaddr *)&at, len, host, sizeof(host), port,
                sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
    printf("cutter listens on %s:%s\n", host, port);
    fflush(stdout);
    return 0;
}

int main(int argc, char **argv)
{
    static struct cutter c;
    struct options *o = &c.o;
    struct cli_option table[OPTIONS] = {
        {"after", CLI_REAL, &o->after, "S",
         "a connection is reset after so long (default: none is)", 0, 1e6},
        {"times", CLI_UINT, &o->times, "N", "so many are (default 1)", 0, 1e6},
        {"delay", CLI_REAL, &o->delay_ms, "MS",
         "TO's bytes are held back so long (default 0)", 0, 1e5},
        {NULL},
    };

    c.log = (struct log){"cutter", LOG_INFO};
    c.cli = (struct cli_program){
        .name = "cutter",
        .summary = "A TCP proxy that resets connections, or delays them.",
        .usage = "[OPTIONS] FROM TO",
        .options = table,
        .max_args = 2,
        .args = o->args,
    };
    o->after = -1;
    o->times = 1;
    int r = cli_parse(&c.cli, argc, argv), err = 0;
    if (r <= 0)
        return r < 0 ? EXIT_USAGE : EXIT_OK;
    if (o->after < 0)
        o->times = 0;
    if (resolve(&c, CLIENT) < 0 || resolve(&c, SERVER) < 0)
        return EXIT_USAGE;
    err = open_all(&c);
    if (!err)
        err = loop(&c);
    log_error(&c.log, "%s", strerror(-err));
    return EXIT_RUNNING;
}
