// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A listener without its loop, visited at times that the test makes up: what
 * takes minutes in life. Its mount has no graph, so it plays silence: as WAV,
 * which fills sockets all the same.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "graph/clock.h"
#include "netsink/listener_priv.h"
#include "tests/unit/test.h"

#define TICKS 2 /* per packet */

static const uint32_t ladder[] = {24, 96};

struct world {
    struct hub_budget budget;
    struct mount mount;
    double rates[ENCODER_RUNGS_MAX];
    struct fan_stats figures;
    struct scratch scratch;
    struct due due;
    uint32_t rung;
    int fds[2]; /* the server's, the peer's */
    struct listener *l;
    struct visit v;
};

static void on_put(void *ctx)
{
    (void)ctx;
}

static void connect_pair(int fds[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    int small = 4096, door = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(door, (struct sockaddr *)&a, len), 0);
    assert_int_equal(listen(door, 1), 0);
    getsockname(door, (struct sockaddr *)&a, &len);
    fds[1] = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fds[1], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    assert_int_equal(connect(fds[1], (struct sockaddr *)&a, len), 0);
    fds[0] = accept4(door, NULL, NULL, SOCK_NONBLOCK);
    assert_true(fds[0] >= 0);
    close(door);
}

static int begin(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    uint64_t first, end = 0;

    w->budget.max = 64 << 20;
    const struct mount_opts o = {.name = "quiet",
                                 .n_channels = 1,
                                 .ladder_kbps = ladder,
                                 .n_ladder = 2,
                                 .usual_kbps = 96,
                                 .budget = &w->budget,
                                 .put = on_put};
    assert_int_equal(mount_init(&w->mount, &o), 0);
    const struct wav_spec wav = {WAV_S16, 48000, 1};
    int rung = mount_wav_rung(&w->mount, &wav);
    assert_true(rung >= 0);
    w->rung = (uint32_t)rung;
    assert_int_equal(encoder_hold(w->mount.encoder, w->rung, 0), 0);
    while (end < 100) {
        hub_range(w->mount.rungs[w->rung].hub, &first, &end);
        clock_sleep(NS_PER_MS);
    }
    connect_pair(w->fds);
    for (uint32_t i = 0; i < w->mount.n_rungs; i++)
        w->rates[i] = rung_bytes_per_s(&w->mount.rungs[i].spec);
    *state = w;
    return 0;
}

static int end(void **state)
{
    struct world *w = *state;

    listener_free(&w->l);
    close(w->fds[0]);
    close(w->fds[1]);
    encoder_release(w->mount.encoder, w->rung);
    mount_fini(&w->mount);
    assert_int_equal(w->budget.used, 0);
    free(w);
    return 0;
}

static void begin_listener(struct world *w, enum latency latency)
{
    const struct latency_class *c = &latency_classes[latency];
    const struct stream_opts s = {.kind = STREAM_WAV,
                                  .mount = &w->mount,
                                  .rung = w->rung,
                                  .page = c->page};
    struct listener_opts o = {.fd = w->fds[0],
                              .latency = latency,
                              .lead = c->lead,
                              .pinned = true,
                              .head = "HTTP/1.0 200 OK\r\n\r\n"};

    assert_int_equal(stream_init(&o.stream, &s), 0);
    assert_int_equal(listener_new(&w->l, &o), 0);
    w->l->rates = w->rates;
    listener_place(w->l, 0);
    w->v = (struct visit){
        .scratch = &w->scratch, .due = &w->due, .figures = &w->figures};
}

static bool visit(struct world *w, int64_t now)
{
    w->v.now = now;
    w->v.tick =
        (uint64_t)(TICKS * pace_position(encoder_pace(w->mount.encoder), now));
    bool on = listener_visit(w->l, &w->v);
    hub_views_clear(&w->scratch.views);
    w->due.seq = 0;
    return on;
}

/* Who takes nothing for two minutes is given up; not before. */
static void test_stall(void **state)
{
    struct world *w = *state;
    int64_t now = clock_now();
    char heard[4096];

    begin_listener(w, LATENCY_LOW);
    /* Until it is full, both sides: the kernel's timers need a moment. */
    for (int i = 0; i < 50; i++) {
        assert_true(visit(w, now));
        clock_sleep(10 * NS_PER_MS);
        now += 10 * NS_PER_MS;
    }
    int64_t last = w->l->taken_at;
    assert_true(listener_queue(w->l) > 0);
    assert_true(visit(w, last + 119 * NS_PER_S));
    assert_true(w->l->next_tick > w->v.tick);
    assert_true(w->l->next_tick <= w->v.tick + 50);
    /* A single sign of life is enough. */
    for (int i = 0; i < 8; i++)
        assert_true(recv(w->fds[1], heard, sizeof(heard), MSG_DONTWAIT) != 0);
    clock_sleep(300 * NS_PER_MS);
    assert_true(visit(w, last + 119 * NS_PER_S));
    assert_true(w->l->taken_at > last);
    last = w->l->taken_at;
    assert_true(visit(w, last + 120 * NS_PER_S));
    assert_false(visit(w, last + 121 * NS_PER_S));
    assert_int_equal(w->l->why, LISTENER_STALLED);
}

/* A peer that went away is noticed by the write. */
static void test_reset(void **state)
{
    struct world *w = *state;
    const struct linger reset = {.l_onoff = 1};

    begin_listener(w, LATENCY_LOW);
    assert_true(visit(w, clock_now()));
    setsockopt(w->fds[1], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(w->fds[1]);
    w->fds[1] = -1;
    bool on = true;
    for (int i = 0; i < 1000 && on; i++) {
        clock_sleep(10 * NS_PER_MS);
        on = visit(w, clock_now());
    }
    assert_false(on);
    assert_int_equal(w->l->why, LISTENER_LEFT);
}

/* In every phase chunks end where pages do, and are due within a page's time;
   each phase is another tick. */
static void test_places(void **state)
{
    struct world *w = *state;

    for (int c = LATENCY_LOW; c < LATENCY_CLASSES; c++) {
        const struct latency_class *k = &latency_classes[c];
        bool seen[200] = {false};

        begin_listener(w, (enum latency)c);
        for (uint32_t p = 0; p < k->cadence * TICKS; p++) {
            listener_place(w->l, p);
            assert_int_equal(w->l->residue % k->page, 0);
            assert_true(w->l->residue < k->cadence);
            assert_true(w->l->off < k->page * TICKS);
            uint32_t tick =
                (w->l->residue * TICKS + w->l->off) % (k->cadence * TICKS);
            assert_false(seen[tick]);
            seen[tick] = true;
        }
        listener_free(&w->l);
    }
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_stall),
        TEST(test_reset),
        TEST(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
