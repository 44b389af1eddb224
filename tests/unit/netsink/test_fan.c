// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The fan-out on real sockets: a mount that is fed by the test, listeners that
 * are TCP connections over the loopback, and an [ev] loop. What is waited for
 * is waited for patiently: nothing here is about speed.
 */
#include "netsink/fan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "graph/clock.h"
#include "netsink/timeline.h"
#include "tests/unit/netsink/ogg_reader.h"
#include "tests/unit/test.h"

#define PERIOD  480 /* frames */
#define PATIENT (40 * NS_PER_S)
#define PEERS   200
#define HEAD    "HTTP/1.1 200 OK\r\n\r\n"
#define QUEUE   (36 * 1024)

static const uint32_t ladder[] = {24, 48, 96};
enum { RUNG_24, RUNG_48, RUNG_96 };

struct world;

/* A listener, and the peer's end of its connection. */
struct peer {
    struct world *w;
    struct listener *l;
    int fd, server_fd;
    _Atomic uint32_t ended; /* times */
    enum listener_end why;
    uint8_t *data; /* what came */
    size_t len;
};

struct world {
    struct hub_budget budget;
    struct mount mount;
    struct loop *ev;
    _Atomic(struct fan *) fan;
    int door; /* a listening socket */
    struct sockaddr_in address;

    pthread_t feeder;
    _Atomic uint64_t leap; /* frames beyond what the clock says */
    _Atomic uint64_t fed;
    atomic_bool stop;

    struct peer peers[PEERS];
    _Atomic uint32_t n_ended;
};

static uint64_t seq(const struct world *w)
{
    uint64_t first, end;

    encoder_history(w->mount.encoder, &first, &end);
    return end;
}

/* Cycles as JACK makes them, and faster than time when it leaps. */
static void *feed(void *ctx)
{
    struct world *w = ctx;
    float left[PERIOD], right[PERIOD];
    const float *in[2] = {left, right};
    const int64_t begin = clock_now();
    uint64_t n = 0;

    while (!atomic_load(&w->stop)) {
        uint64_t due = atomic_load(&w->leap) +
                       (uint64_t)((clock_now() - begin) * 48 / 1000000);
        if (n >= due || n / TIMELINE_PACKET > seq(w) + 50) {
            clock_sleep(NS_PER_MS);
            continue;
        }
        for (uint32_t i = 0; i < PERIOD; i++) {
            double t = (double)(n + i) / TIMELINE_RATE;
            left[i] = (float)(.3 * sin(2 * M_PI * 220 * t));
            right[i] = (float)(.3 * sin(2 * M_PI * 331 * t));
        }
        const struct jclient_cycle c = {.n_frames = PERIOD,
                                        .rate = TIMELINE_RATE,
                                        .time = begin + (int64_t)n * NS_PER_S /
                                                            TIMELINE_RATE,
                                        .in = in};
        tap_process_rt(w->mount.tap, &c);
        n += PERIOD;
        atomic_store(&w->fed, n);
    }
    return NULL;
}

/* So many seconds pass at once. */
static void leap(struct world *w, uint32_t seconds)
{
    uint64_t goal = seq(w) + seconds * 50;
    int64_t until = clock_now() + PATIENT;

    atomic_fetch_add(&w->leap, seconds * TIMELINE_RATE);
    while (seq(w) < goal) {
        assert_true(clock_now() < until);
        clock_sleep(NS_PER_MS);
    }
}

static void on_put(void *ctx)
{
    struct world *w = ctx;
    struct fan *f = atomic_load(&w->fan);

    if (f)
        fan_put(f);
}

static void on_ended(void *ctx, struct listener *l, enum listener_end why)
{
    struct world *w = ctx;
    struct peer *p = listener_owner(l);

    p->why = why;
    encoder_release(w->mount.encoder, RUNG_96);
    listener_free(&l);
    close(p->server_fd);
    atomic_fetch_add(&p->ended, 1);
    atomic_fetch_add(&w->n_ended, 1);
}

static void door_open(struct world *w)
{
    socklen_t len = sizeof(w->address);

    w->address.sin_family = AF_INET;
    w->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    w->door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(w->door >= 0);
    assert_int_equal(bind(w->door, (struct sockaddr *)&w->address, len), 0);
    assert_int_equal(listen(w->door, PEERS), 0);
    getsockname(w->door, (struct sockaddr *)&w->address, &len);
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct fan *f;

    w->budget.max = 64 << 20;
    const struct mount_opts m = {
        .name = "live",
        .n_channels = 2,
        .ladder_kbps = ladder,
        .n_ladder = 3,
        .usual_kbps = 96,
        .budget = &w->budget,
        .put = on_put,
        .ctx = w,
    };
    assert_int_equal(mount_init(&w->mount, &m), 0);
    assert_int_equal(loop_new(&w->ev, TH_EV), 0);
    assert_int_equal(loop_start(w->ev), 0);
    const struct fan_opts o = {
        .mounts = &w->mount,
        .n_mounts = 1,
        .n_loops = 2,
        .burst_rate = 1e6,
        .ev = w->ev,
        .ended = on_ended,
        .ctx = w,
    };
    assert_int_equal(fan_new(&f, &o), 0);
    atomic_store(&w->fan, f);
    door_open(w);
    pthread_create(&w->feeder, NULL, feed, w);
    leap(w, 12);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;
    struct fan *f = atomic_load(&w->fan);

    atomic_store(&w->stop, true);
    pthread_join(w->feeder, NULL);
    loop_stop(w->ev);
    loop_join(w->ev);
    /* [enc] may be within the last call of it. */
    atomic_store(&w->fan, NULL);
    clock_sleep(50 * NS_PER_MS);
    if (f)
        fan_free(&f);
    for (uint32_t r = 0; r < 3; r++) {
        struct encoder_rung_stats s;
        encoder_rung_stats(w->mount.encoder, r, &s);
        assert_int_equal(s.held, 0);
    }
    mount_fini(&w->mount);
    loop_free(&w->ev);
    for (uint32_t i = 0; i < PEERS; i++) {
        if (w->peers[i].w) {
            close(w->peers[i].fd);
            assert_int_equal(atomic_load(&w->peers[i].ended), 1);
        }
        free(w->peers[i].data);
    }
    close(w->door);
    assert_int_equal(atomic_load(&w->budget.used), 0);
    free(w);
    return 0;
}

/* Runs fn(ctx) on [ev] and waits for it. */
struct call {
    void (*fn)(void *ctx);
    void *ctx;
    atomic_bool done;
};

static void do_call(void *ctx)
{
    struct call *c = ctx;

    c->fn(c->ctx);
    atomic_store(&c->done, true);
}

static void on_ev(struct world *w, void (*fn)(void *ctx), void *ctx)
{
    struct call c = {.fn = fn, .ctx = ctx};

    assert_int_equal(loop_post(w->ev, do_call, &c), 0);
    while (!atomic_load(&c.done))
        clock_sleep(NS_PER_MS / 10);
}

static void add(void *ctx)
{
    struct peer *p = ctx;

    fan_add(atomic_load(&p->w->fan), p->l);
}

struct wish {
    enum latency latency;
    bool chunked, pinned;
    int rcvbuf, sndbuf; /* bytes; 0: the system's */
};

static struct peer *join(struct world *w, uint32_t i, const struct wish *k)
{
    const struct latency_class *c = &latency_classes[k->latency];
    struct peer *p = &w->peers[i];
    uint64_t at = seq(w);
    struct stream_opts s = {
        .kind = STREAM_OGG,
        .mount = &w->mount,
        .rung = RUNG_96,
        .seq = at - c->lead,
        .page = c->page,
        .serial = i,
    };
    struct listener_opts o = {
        .id = i,
        .latency = k->latency,
        .lead = c->lead,
        .chunked = k->chunked,
        .pinned = k->pinned,
        .head = HEAD,
        .owner = p,
    };

    p->w = w;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (k->rcvbuf)
        setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &k->rcvbuf, sizeof(int));
    assert_int_equal(
        connect(p->fd, (struct sockaddr *)&w->address, sizeof(w->address)), 0);
    p->server_fd = accept4(w->door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(p->server_fd >= 0);
    if (k->sndbuf)
        setsockopt(p->server_fd, SOL_SOCKET, SO_SNDBUF, &k->sndbuf,
                   sizeof(int));
    o.fd = p->server_fd;
    assert_int_equal(encoder_hold(w->mount.encoder, RUNG_96, s.seq), 0);
    assert_int_equal(stream_init(&o.stream, &s), 0);
    assert_int_equal(listener_new(&p->l, &o), 0);
    on_ev(w, add, p);
    return p;
}

/* Reads at most n bytes more, waiting for them; what there was. */
static size_t hear(struct peer *p, size_t n)
{
    struct pollfd f = {.fd = p->fd, .events = POLLIN};
    ssize_t got;

    if (poll(&f, 1, 20) <= 0)
        return 0;
    p->data = realloc(p->data, p->len + n);
    assert_non_null(p->data);
    got = recv(p->fd, p->data + p->len, n, MSG_DONTWAIT);
    p->len += got > 0 ? (size_t)got : 0;
    return got > 0 ? (size_t)got : 0;
}

static int hex(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* The body without head and chunks, as far as it is whole. In place, in a copy.
 */
static uint8_t *body(const struct peer *p, bool chunked, size_t *len)
{
    uint8_t *out = malloc(p->len + 1);
    size_t at = strlen(HEAD);

    assert_true(p->len >= at);
    assert_memory_equal(p->data, HEAD, at);
    *len = 0;
    while (chunked && at < p->len) {
        size_t n = 0, digits = 0;
        while (at < p->len && hex(p->data[at]) >= 0) {
            n = 16 * n + (size_t)hex(p->data[at++]);
            digits++;
        }
        if (at + 2 + n + 2 > p->len)
            break;
        assert_in_range(digits, 1, 6);
        assert_in_range(n, 1, 100000);
        assert_memory_equal(p->data + at, "\r\n", 2);
        memcpy(out + *len, p->data + at + 2, n);
        *len += n;
        at += 2 + n;
        assert_memory_equal(p->data + at, "\r\n", 2);
        at += 2;
    }
    if (!chunked) {
        *len = p->len - at;
        memcpy(out, p->data + at, *len);
    }
    return out;
}

struct heard {
    uint64_t n; /* packets, headers too */
    int wrong;
};

static void on_packet(void *ctx, const uint8_t *packet, size_t len,
                      int64_t granule)
{
    struct heard *h = ctx;

    if (h->n == 0)
        h->wrong += len < 8 || memcmp(packet, "OpusHead", 8) != 0;
    h->n++;
    if (granule > 0)
        h->wrong += granule != (int64_t)(h->n - 2) * TIMELINE_PACKET;
}

/* A valid stream from its own first page, granule from 0, no packet missing;
   audio packets in it. */
static uint64_t packets(const struct peer *p, bool chunked)
{
    struct heard h = {0};
    size_t len;
    uint8_t *ogg = body(p, chunked, &len);

    if (len > 0)
        assert_true(ogg_reader(ogg, len, on_packet, &h) >= 0);
    assert_int_equal(h.wrong, 0);
    free(ogg);
    return h.n > 2 ? h.n - 2 : 0;
}

/* Hears all until there are so many packets, or forever. */
static void hear_packets(struct peer *p, bool chunked, uint64_t n)
{
    int64_t until = clock_now() + PATIENT;

    while (p->len < strlen(HEAD) || packets(p, chunked) < n) {
        assert_true(clock_now() < until);
        hear(p, 65536);
    }
}

struct figures {
    struct world *w;
    struct fan_stats all;
    struct listener_stats of[PEERS];
    bool there[PEERS];
    atomic_bool done;
};

static void on_figures(void *ctx, const struct fan_report *r, uint32_t n_loops)
{
    struct figures *f = ctx;

    for (uint32_t i = 0; i < n_loops; i++) {
        f->all.listeners += r[i].mounts[0].listeners;
        f->all.chunks += r[i].mounts[0].chunks;
        f->all.skips += r[i].mounts[0].skips;
        f->all.switches += r[i].mounts[0].switches;
        f->all.bytes += r[i].mounts[0].bytes;
        f->all.bursts += r[i].mounts[0].bursts;
        f->all.ends[LISTENER_LEFT] += r[i].mounts[0].ends[LISTENER_LEFT];
        for (uint32_t k = 0; k < r[i].n; k++) {
            const struct listener_stats *s = &r[i].listeners[k];
            f->of[s->id] = *s;
            f->there[s->id] = true;
        }
    }
    atomic_store(&f->done, true);
}

static void ask_figures(void *ctx)
{
    struct figures *f = ctx;

    fan_collect(atomic_load(&f->w->fan), true, on_figures, f);
}

static void figures(struct world *w, struct figures *f)
{
    memset(f, 0, sizeof(*f));
    f->w = w;
    on_ev(w, ask_figures, f);
    while (!atomic_load(&f->done))
        clock_sleep(NS_PER_MS / 10);
}

static void test_valid_in_every_class(void **state)
{
    struct world *w = *state;
    static struct figures f;

    for (uint32_t i = 0; i < 2 * LATENCY_CLASSES; i++) {
        const struct wish k = {.latency = (enum latency)(i / 2),
                               .chunked = i % 2};
        join(w, i, &k);
    }
    for (uint32_t i = 0; i < 2 * LATENCY_CLASSES; i++) {
        uint32_t lead = latency_classes[i / 2].lead;
        hear_packets(&w->peers[i], i % 2, lead + 130);
    }
    figures(w, &f);
    assert_int_equal(f.all.listeners, 2 * LATENCY_CLASSES);
    for (uint32_t i = 0; i < 2 * LATENCY_CLASSES; i++) {
        assert_true(f.there[i]);
        assert_int_equal(f.of[i].skips, 0);
        assert_int_equal(f.of[i].latency, i / 2);
        assert_true(f.of[i].chunks > 0);
        assert_int_equal(f.of[i].rung, RUNG_96);
        assert_true(f.of[i].bytes >= w->peers[i].len);
    }
}

static uint32_t queue(const struct peer *p)
{
    int n = 0;

    assert_int_equal(ioctl(p->server_fd, SIOCOUTQ, &n), 0);
    return (uint32_t)n;
}

/* Its queue is bounded, and what it did not take comes later. */
static void test_a_pause_of_5_s_loses_nothing(void **state)
{
    struct world *w = *state;
    static struct figures f;
    const struct wish k = {.latency = LATENCY_SAFE,
                           .chunked = true,
                           .pinned = true,
                           .rcvbuf = 4096};
    struct peer *p = join(w, 0, &k);

    hear_packets(p, true, 500);
    uint64_t at = seq(w);
    while (seq(w) < at + 250) {
        assert_true(queue(p) <= QUEUE);
        clock_sleep(50 * NS_PER_MS);
    }
    uint64_t had = packets(p, true);
    hear_packets(p, true, had + 300);
    figures(w, &f);
    assert_int_equal(f.of[0].skips, 0);
    assert_int_equal(f.of[0].switches, 0);
}

/* A socket that takes parts of pages and chunks gets the rest of them. */
static void test_short_writes_break_nothing(void **state)
{
    struct world *w = *state;
    static struct figures f;

    for (uint32_t i = 0; i < 4; i++) {
        const struct wish k = {
            .latency = i < 2 ? LATENCY_NORMAL : LATENCY_LIVE,
            .chunked = i % 2,
            .pinned = true,
            .rcvbuf = 2048,
            .sndbuf = 2048,
        };
        join(w, i, &k);
    }
    for (uint32_t n = 10; n <= 300; n += 10)
        for (uint32_t i = 0; i < 4; i++)
            while (w->peers[i].len < strlen(HEAD) ||
                   packets(&w->peers[i], i % 2) < n)
                hear(&w->peers[i], 777);
    figures(w, &f);
    assert_int_equal(f.all.skips, 0);
}

/* Too long away: it goes on at its lead, and the stream is whole. */
static void test_a_jump_to_the_lead(void **state)
{
    struct world *w = *state;
    static struct figures f;
    const struct wish k = {
        .latency = LATENCY_LOW, .pinned = true, .rcvbuf = 4096};
    const struct wish far = {
        .latency = LATENCY_NORMAL, .chunked = true, .rcvbuf = 4096};
    struct peer *p = join(w, 0, &k), *q = join(w, 1, &far);

    hear_packets(p, false, 60);
    hear_packets(q, true, 210);
    leap(w, 10); /* fills what is theirs */
    clock_sleep(300 * NS_PER_MS);
    leap(w, 35);
    uint64_t had = packets(p, false);
    int64_t until = clock_now() + PATIENT;
    do {
        hear(p, 65536);
        figures(w, &f);
        assert_true(clock_now() < until);
    } while (f.of[0].skips == 0 || f.of[0].lag_s > 1);
    assert_int_equal(f.of[0].skips, 1);
    assert_true(f.of[0].skipped > 30 * 50);
    hear_packets(p, false, had + 100);
    /* Beyond what the hub holds it jumps too. */
    leap(w, 30);
    had = packets(q, true);
    do {
        hear(q, 65536);
        figures(w, &f);
        assert_true(clock_now() < until);
    } while (f.of[1].skips == 0 || f.of[1].lag_s > 1);
    hear_packets(q, true, had + 200);
    assert_true(f.all.skips >= 2);
}

/* 40 kbit/s: it gets a rung that fits, on the same stream, without a gap. */
static void test_a_narrow_peer_gets_a_lower_rung(void **state)
{
    struct world *w = *state;
    static struct figures f;
    struct encoder_rung_stats s;
    const struct wish k = {.latency = LATENCY_LOW, .rcvbuf = 4096};
    const struct wish wide = {.latency = LATENCY_LOW};
    struct peer *p = join(w, 0, &k), *q = join(w, 1, &wide);
    int64_t until = clock_now() + PATIENT;

    do {
        int64_t next = clock_now() + 100 * NS_PER_MS;
        for (size_t n = 500; n > 0 && clock_now() < next;)
            n -= hear(p, n);
        hear(q, 65536);
        if (next > clock_now())
            clock_sleep(next - clock_now());
        figures(w, &f);
        assert_true(clock_now() < until);
    } while (f.of[0].rung == RUNG_96);
    assert_int_equal(f.of[0].skips, 0);
    assert_true(f.of[0].n_rungs >= 2);
    assert_int_equal(f.of[0].rungs[0].rung, RUNG_96);
    assert_int_equal(f.of[0].rungs[1].seq % RUNG_KEY, 0);
    encoder_rung_stats(w->mount.encoder, f.of[0].rung, &s);
    assert_int_equal(s.held, 1);
    hear_packets(p, false, packets(p, false) + 100);
    /* It is nothing to the other one. */
    assert_int_equal(f.of[1].rung, RUNG_96);
    assert_int_equal(f.of[1].switches, 0);
    hear_packets(q, false, 100);
}

/* A peer that closes its side, or talks all the time, is a listener still. */
static void test_half_closed_and_talkative(void **state)
{
    struct world *w = *state;
    static uint8_t nonsense[1 << 20];
    const struct wish k = {.latency = LATENCY_LOW};
    struct peer *p = join(w, 0, &k), *q = join(w, 1, &k);

    assert_int_equal(shutdown(p->fd, SHUT_WR), 0);
    fcntl(q->fd, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 20; i++) {
        if (send(q->fd, nonsense, sizeof(nonsense), MSG_NOSIGNAL) < 0)
            assert_int_equal(errno, EAGAIN);
        hear(q, 65536);
    }
    hear_packets(p, false, 150);
    hear_packets(q, false, 150);
    assert_int_equal(atomic_load(&w->n_ended), 0);
    /* The reset that follows is noticed. */
    close(p->fd);
    p->fd = -1;
    int64_t until = clock_now() + PATIENT;
    while (atomic_load(&p->ended) == 0) {
        assert_true(clock_now() < until);
        clock_sleep(NS_PER_MS);
    }
    assert_int_equal(p->why, LISTENER_LEFT);
}

static void cut_odd(void *ctx)
{
    struct world *w = ctx;

    for (uint32_t i = 1; i < PEERS; i += 2)
        if (!w->peers[i].ended)
            fan_end(atomic_load(&w->fan), w->peers[i].l, LISTENER_CUT);
}

/* Half of them by themselves while the operator cuts others, some both. */
static void test_200_leave_at_once(void **state)
{
    struct world *w = *state;
    static struct figures f;
    const struct linger reset = {.l_onoff = 1};
    int64_t until = clock_now() + PATIENT;

    for (uint32_t i = 0; i < PEERS; i++) {
        const struct wish k = {.latency = (enum latency)(i % LATENCY_CLASSES),
                               .chunked = i % 3 == 0};
        join(w, i, &k);
    }
    for (uint32_t i = 0; i < PEERS; i++)
        if (i % 4 != 3) {
            setsockopt(w->peers[i].fd, SOL_SOCKET, SO_LINGER, &reset,
                       sizeof(reset));
            close(w->peers[i].fd);
            w->peers[i].fd = -1;
        }
    on_ev(w, cut_odd, w);
    while (atomic_load(&w->n_ended) < PEERS) {
        assert_true(clock_now() < until);
        clock_sleep(NS_PER_MS);
    }
    figures(w, &f);
    assert_int_equal(f.all.listeners, 0);
    for (uint32_t i = 0; i < PEERS; i++) {
        assert_int_equal(atomic_load(&w->peers[i].ended), 1);
        if (i % 2 == 0)
            assert_int_equal(w->peers[i].why, LISTENER_LEFT);
        if (i % 4 == 3)
            assert_int_equal(w->peers[i].why, LISTENER_CUT);
    }
}

static void cut_some(void *ctx)
{
    struct world *w = ctx;

    for (uint32_t i = 0; i < 10; i++)
        fan_end(atomic_load(&w->fan), w->peers[i].l, LISTENER_REPLACED);
    loop_stop(w->ev);
}

/* end() frees the fan with all of them on air, some on their way home. */
static void test_freed_with_listeners_on_air(void **state)
{
    struct world *w = *state;

    for (uint32_t i = 0; i < 20; i++) {
        const struct wish k = {.latency = (enum latency)(i % LATENCY_CLASSES)};
        join(w, i, &k);
    }
    on_ev(w, cut_some, w);
}

/* Nothing is sent that was not asked for by a socket that says so. */
static void test_figures_without_listeners(void **state)
{
    struct world *w = *state;
    static struct figures f;

    figures(w, &f);
    assert_int_equal(f.all.listeners, 0);
    assert_int_equal(f.all.bytes, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_figures_without_listeners),
        TEST(test_valid_in_every_class),
        TEST(test_a_pause_of_5_s_loses_nothing),
        TEST(test_short_writes_break_nothing),
        TEST(test_a_jump_to_the_lead),
        TEST(test_a_narrow_peer_gets_a_lower_rung),
        TEST(test_half_closed_and_talkative),
        TEST(test_200_leave_at_once),
        TEST(test_freed_with_listeners_on_air),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
