// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/load/fleet.h"

#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "graph/clock.h"
#include "tests/bench/load/answer.h"

#define EVENTS       256
#define BUFFER       (256 * 1024) /* bytes read at once: a burst */
#define BATCH        64 /* connects between two looks at what arrived */
#define TICK         (10 * NS_PER_MS)
#define WAIT_MAX     (100 * NS_PER_MS)
#define SLOW_DEPTH_S 0.1 /* what a slow one may catch up at once */
#define SOURCE       UINT32_C(0x7f000101) /* 127.0.1.1 */

enum state { IDLE, CONNECTING, STREAMING, OVER };

struct client {
    int fd;
    uint8_t state; /* enum state */
    bool faulty;
    double budget; /* bytes that a slow one may read */
    struct answer answer;
    struct pages pages;
    struct judge judge;
};

struct fleet {
    /* [init] */
    const struct fleet_opts *o;
    struct pages_opts pages;
    uint32_t k; /* its number */
    uint32_t n; /* clients */
    size_t request_len;

    int ep;
    struct client *all; /* [n] */
    uint32_t *faulty;   /* [n_faulty] indices into all */
    uint32_t n_faulty;
    uint32_t n_begun; /* have been connected, or tried to */
    bool fault_begun, fault_ended;
    int64_t tick;    /* ns: when the slow ones last read */
    int64_t arrived; /* ns: when what is being looked at was read */
    bool window_begun;
    int64_t cpu; /* ns: at the window's begin, then in it */
    struct fleet_figures figures;
    uint8_t buffer[BUFFER];
};

/* What a page's callback is told. */
struct reading {
    const struct judge_rules *rules;
    struct judge *judge;
    int64_t now;
};

static void on_page(void *ctx, const struct pages_page *page)
{
    const struct reading *r = ctx;
    judge_page(r->judge, r->rules, page, r->now);
}

/* Every so many-th of all listeners, whichever fleet they are in. */
static bool is_faulty(const struct fleet_opts *o, uint32_t index)
{
    return o->fault != FLEET_NONE &&
           floor((index + 1) * o->share) > floor(index * o->share);
}

static uint32_t index_of(const struct fleet *f, uint32_t i)
{
    return i * f->o->n_fleets + f->k;
}

int fleet_new(struct fleet **out, const struct fleet_opts *o, uint32_t k)
{
    struct fleet *f = calloc(1, sizeof(*f));
    int err = -ENOMEM;

    *out = NULL;
    if (!f)
        goto out;
    f->ep = -1;
    f->o = o;
    f->k = k;
    f->n = o->n / o->n_fleets + (k < o->n % o->n_fleets);
    f->pages = o->pages;
    f->pages.on_page = on_page;
    f->request_len = strlen(o->request);
    f->all = calloc(f->n > 0 ? f->n : 1, sizeof(*f->all));
    f->faulty = calloc(f->n > 0 ? f->n : 1, sizeof(*f->faulty));
    if (!f->all || !f->faulty)
        goto out;
    for (uint32_t i = 0; i < f->n; i++) {
        f->all[i].fd = -1;
        f->all[i].faulty = is_faulty(o, index_of(f, i));
        if (f->all[i].faulty)
            f->faulty[f->n_faulty++] = i;
    }
    f->ep = epoll_create1(EPOLL_CLOEXEC);
    err = f->ep < 0 ? -errno : 0;
out:
    if (err)
        fleet_free(&f);
    *out = f;
    return err;
}

void fleet_free(struct fleet **f)
{
    if (!*f)
        return;
    for (uint32_t i = 0; (*f)->all && i < (*f)->n; i++) {
        if ((*f)->all[i].fd >= 0)
            close((*f)->all[i].fd);
        free((*f)->all[i].judge.d);
    }
    if ((*f)->ep >= 0)
        close((*f)->ep);
    free((*f)->all);
    free((*f)->faulty);
    free(*f);
    *f = NULL;
}

void fleet_add(const struct fleet *f, struct fleet_figures *to)
{
    pool_merge(&to->good, &f->figures.good);
    pool_merge(&to->faulty, &f->figures.faulty);
    to->cpu += f->cpu;
    if (f->cpu > to->busiest)
        to->busiest = f->cpu;
    if (f->figures.error)
        to->error = f->figures.error;
}

static void end(struct fleet *f, struct client *c, enum judge_end how)
{
    c->judge.status = c->answer.status;
    judge_end(&c->judge, &f->o->rules, how, c->pages.n_lost, clock_now(),
              c->faulty ? &f->figures.faulty : &f->figures.good);
    c->state = OVER;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static int watch(struct fleet *f, struct client *c, int op, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = c};
    return epoll_ctl(f->ep, op, c->fd, &e) ? -errno : 0;
}

static void fail_to_connect(struct fleet *f, struct client *c, int error)
{
    f->figures.error = error;
    end(f, c, JUDGE_NOT_CONNECTED);
}

/* Binds to the client's own source address; the port stays free until connect()
   knows both ends, so that the same port can serve several. */
static int bind_source(const struct fleet *f, const struct client *c)
{
    uint32_t i = index_of(f, (uint32_t)(c - f->all));
    struct sockaddr_in from = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(SOURCE + i % f->o->sources),
    };
    int one = 1;

    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
    return bind(c->fd, (struct sockaddr *)&from, sizeof(from)) ? -errno : 0;
}

static void begin(struct fleet *f, struct client *c)
{
    const struct fleet_opts *o = f->o;
    int err = 0;

    c->state = CONNECTING;
    c->judge.asked = clock_now();
    c->fd = socket(o->addr.ss_family,
                   SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        err = -errno;
    if (!err && o->sources > 0)
        err = bind_source(f, c);
    if (!err && c->faulty && o->rcvbuf > 0)
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &o->rcvbuf, sizeof(o->rcvbuf));
    if (!err &&
        connect(c->fd, (const struct sockaddr *)&o->addr, o->addr_len) &&
        errno != EINPROGRESS)
        err = -errno;
    if (!err)
        err = watch(f, c, EPOLL_CTL_ADD, EPOLLOUT);
    if (err)
        fail_to_connect(f, c, -err);
}

static bool holds(const struct fleet_opts *o)
{
    return o->fault == FLEET_STOP || o->fault == FLEET_SLOW;
}

/* The client doesn't read when there is something to. */
static bool is_held(const struct fleet *f, const struct client *c)
{
    return c->faulty && holds(f->o) && f->fault_begun && !f->fault_ended;
}

static void on_connected(struct fleet *f, struct client *c)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len))
        error = errno;
    if (error) {
        fail_to_connect(f, c, error);
        return;
    }
    c->judge.connected = clock_now();
    c->state = STREAMING;
    /* A new connection's buffer holds a request. */
    if (send(c->fd, f->o->request, f->request_len, MSG_NOSIGNAL) !=
        (ssize_t)f->request_len) {
        end(f, c, JUDGE_RESET);
        return;
    }
    int err =
        watch(f, c, is_held(f, c) ? EPOLL_CTL_DEL : EPOLL_CTL_MOD, EPOLLIN);
    if (err)
        fail_to_connect(f, c, -err);
}

static bool has_stayed(const struct fleet *f, const struct client *c)
{
    return f->o->stay >= 0 && c->judge.first > 0 &&
           f->arrived - c->judge.first >= f->o->stay;
}

/* What was read just now. */
static void take(struct fleet *f, struct client *c, size_t len)
{
    struct reading r = {&f->o->rules, &c->judge, f->arrived};
    const uint8_t *p = f->buffer, *body;
    size_t body_len;

    while (len > 0) {
        size_t n = answer_feed(&c->answer, p, len, &body, &body_len);
        if (body_len > 0 && c->answer.status == 200)
            pages_feed(&c->pages, &f->pages, body, body_len, &r);
        p += n;
        len -= n;
    }
    if (c->answer.state == ANSWER_WRONG)
        end(f, c, JUDGE_WRONG);
    else if (c->answer.status != 200 && c->answer.state >= ANSWER_BODY)
        end(f, c, JUDGE_REFUSED);
    else if (c->answer.state == ANSWER_DONE)
        end(f, c, JUDGE_DONE);
    else if (has_stayed(f, c))
        end(f, c, JUDGE_LEFT);
}

/* Reads at most max bytes, once. */
static void read_some(struct fleet *f, struct client *c, size_t max)
{
    ssize_t n = recv(c->fd, f->buffer, max < BUFFER ? max : BUFFER, 0);

    f->arrived = clock_now();
    if (n > 0) {
        c->budget -= (double)n;
        take(f, c, (size_t)n);
    } else if (n == 0) {
        end(f, c, JUDGE_CLOSED);
    } else if (errno != EAGAIN && errno != EINTR) {
        end(f, c, JUDGE_RESET);
    }
}

/* An epoll reports errors even of those that it is asked nothing of, so who is
   held is taken out. */
static void switch_fault(struct fleet *f, bool on)
{
    for (uint32_t i = 0; i < f->n_faulty; i++) {
        struct client *c = &f->all[f->faulty[i]];
        c->budget = 0;
        if (c->state != STREAMING)
            continue;
        if (f->o->fault == FLEET_LEAVE)
            end(f, c, JUDGE_LEFT);
        else
            watch(f, c, on ? EPOLL_CTL_DEL : EPOLL_CTL_ADD, EPOLLIN);
    }
}

static void read_slowly(struct fleet *f, int64_t now)
{
    double grant = f->o->slow_rate * (double)(now - f->tick) / NS_PER_S;
    double most = f->o->slow_rate * SLOW_DEPTH_S;

    for (uint32_t i = 0; i < f->n_faulty; i++) {
        struct client *c = &f->all[f->faulty[i]];
        c->budget = fmin(c->budget + grant, most);
        if (c->state == STREAMING && c->budget >= 1)
            read_some(f, c, (size_t)c->budget);
    }
}

static void look_after_faults(struct fleet *f, int64_t now)
{
    const struct fleet_opts *o = f->o;

    if (o->fault == FLEET_NONE || f->fault_ended)
        return;
    if (!f->fault_begun && now >= o->fault_at) {
        f->fault_begun = true;
        switch_fault(f, true);
        f->tick = now;
    }
    if (o->fault == FLEET_SLOW && f->fault_begun && now - f->tick >= TICK) {
        read_slowly(f, now);
        f->tick = now;
    }
    if (holds(o) && f->fault_begun && now >= o->fault_end) {
        switch_fault(f, false);
        f->fault_ended = true;
    }
}

/* How many should have been begun by now. */
static uint32_t due(const struct fleet *f, int64_t now)
{
    double s = (double)(now - f->o->start) / NS_PER_S;

    if (s < 0)
        return 0;
    if (f->o->ramp <= 0)
        return f->n;
    /* All fleets follow one ramp: those with an index below this. */
    double all = floor(s * f->o->ramp) + 1;
    double own = ceil((all - f->k) / f->o->n_fleets);
    return own < 0 ? 0 : own < f->n ? (uint32_t)own : f->n;
}

static void begin_due(struct fleet *f, int64_t now)
{
    uint32_t to = due(f, now);

    for (uint32_t i = 0; i < BATCH && f->n_begun < to; i++)
        begin(f, &f->all[f->n_begun++]);
}

/* The wait for what arrives, ms. */
static int wait_ms(const struct fleet *f, int64_t now)
{
    int64_t ns = f->o->rules.to - now;

    if (f->n_begun < due(f, now) || (f->window_begun && f->o->nap > 0))
        return 0;
    if (f->n_begun < f->n)
        return 1;
    if (f->o->fault != FLEET_NONE && !f->fault_ended && ns > TICK)
        ns = TICK;
    if (!f->window_begun && f->o->rules.from - now < ns)
        ns = f->o->rules.from - now;
    ns = ns > WAIT_MAX ? WAIT_MAX : ns;
    return ns > 0 ? (int)((ns + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

static void on_event(struct fleet *f, struct client *c)
{
    if (c->state == CONNECTING)
        on_connected(f, c);
    else if (c->state == STREAMING && !is_held(f, c))
        read_some(f, c, BUFFER);
}

static void keep_time(struct fleet *f, int64_t now)
{
    if (!f->window_begun && now >= f->o->rules.from) {
        f->window_begun = true;
        f->cpu = clock_thread_cpu();
    }
}

/* Whoever is woken by what comes makes its sender wake it, several times a
   moment where it is the faster one: that would be counted as the server's. */
static void nap(const struct fleet *f)
{
    if (f->window_begun && f->o->nap > 0)
        clock_sleep(f->o->nap);
}

int fleet_run(struct fleet *f)
{
    struct epoll_event events[EVENTS];
    int64_t now;

    while ((now = clock_now()) < f->o->rules.to) {
        keep_time(f, now);
        nap(f);
        begin_due(f, now);
        look_after_faults(f, now);
        int n = epoll_wait(f->ep, events, EVENTS, wait_ms(f, now));
        if (n < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < n; i++)
            on_event(f, events[i].data.ptr);
    }
    f->cpu = f->window_begun ? clock_thread_cpu() - f->cpu : 0;
    for (uint32_t i = 0; i < f->n_begun; i++)
        if (f->all[i].state != OVER)
            end(f, &f->all[i], JUDGE_OPEN);
    return 0;
}
