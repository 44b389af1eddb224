// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/server.h"

#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>

#include "netsink/reply.h"
#include "tests/unit/netsink/peer.h"

#define GET_KEPT  "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
#define GET_CLOSE "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
#define MANY      200

struct fixture {
    struct event_base *base;
    struct server *server;
    struct event *tick;
};

static void handle(struct evhttp_request *req, void *ctx)
{
    (void)ctx;
    reply_text(req, 200, "hello");
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct fixture *f = arg;
    (void)fd;
    (void)what;
    server_tick(f->server);
}

static void start(struct fixture *f, const struct guard_limits *limits)
{
    struct timeval period = {.tv_usec = 10000};
    struct server_opts o = {
        .base = f->base,
        .addr = {"127.0.0.1", 0},
        .what = "a test",
        .limits = *limits,
        .handle = handle,
    };
    assert_int_equal(server_new(&f->server, &o), 0);
    f->tick = event_new(f->base, -1, EV_PERSIST, on_tick, f);
    event_add(f->tick, &period);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    *state = f;
    f->base = event_base_new();
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    event_free(f->tick);
    server_free(&f->server);
    assert_null(f->server);
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    event_base_free(f->base);
    free(f);
    return 0;
}

static struct guard_stats stats(const struct fixture *f)
{
    struct guard_stats s;

    server_stats(f->server, &s);
    return s;
}

static void expect_answer(struct fixture *f, int fd)
{
    char text[1000];

    assert_true(peer_hear(f->base, fd, text, sizeof(text)) > 0);
    assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
}

static void test_a_request_in_time_is_served_and_again(void **state)
{
    struct fixture *f = *state;
    int fd;

    start(f, &(struct guard_limits){0});
    fd = peer_connect(server_port(f->server));
    for (int i = 0; i < 3; i++) {
        peer_say(fd, GET_KEPT);
        expect_answer(f, fd);
    }
    assert_int_equal(stats(f).accepted, 1);
    assert_int_equal(stats(f).open, 1);
    close(fd);
    while (stats(f).open > 0)
        peer_turn(f->base);
    assert_int_equal(stats(f).late, 0);
}

/* A byte now and then is no way to keep a connection. */
static void test_a_slow_request_ends_at_the_deadline(void **state)
{
    struct fixture *f = *state;
    char text[1000];
    int fd, end = -EAGAIN;
    int64_t begun = clock_now();

    start(f, &(struct guard_limits){.deadline = NS_PER_S});
    fd = peer_connect(server_port(f->server));
    peer_say(fd, "GET / HTTP/1.1\r\nX: ");
    while (end == -EAGAIN && clock_now() - begun < PEER_PATIENCE) {
        send(fd, "x", 1, MSG_NOSIGNAL);
        for (int i = 0; i < 50; i++)
            peer_turn(f->base);
        ssize_t n = recv(fd, text, sizeof(text), 0);
        end = n < 0 ? -errno : (int)n;
    }
    assert_true(end == 0 || end == -ECONNRESET);
    assert_int_equal(stats(f).late, 1);
    close(fd);
    while (stats(f).open > 0)
        peer_turn(f->base);
}

/* One that is answered has the same time for its next request. */
static void test_a_kept_connection_ends_too(void **state)
{
    struct fixture *f = *state;
    char text[1000];
    int fd;

    start(f, &(struct guard_limits){.deadline = NS_PER_S / 2});
    fd = peer_connect(server_port(f->server));
    peer_say(fd, GET_KEPT);
    expect_answer(f, fd);
    assert_int_equal(peer_hear_all(f->base, fd, text, sizeof(text)), 0);
    assert_int_equal(stats(f).late, 1);
    close(fd);
}

static void test_so_many_by_address(void **state)
{
    struct fixture *f = *state;
    int fds[MANY], n_open = 0;
    char byte;

    start(f, &(struct guard_limits){.per_address = 64, .count_loopback = true});
    for (int i = 0; i < MANY; i++)
        fds[i] = peer_connect(server_port(f->server));
    while (stats(f).accepted < MANY || stats(f).open > 64)
        peer_turn(f->base);
    assert_int_equal(stats(f).per_address, MANY - 64);
    for (int i = 0; i < MANY; i++)
        n_open += recv(fds[i], &byte, 1, 0) < 0 && errno == EAGAIN;
    assert_int_equal(n_open, 64);
    /* Those are served, and who comes once they have gone. */
    for (int i = 0; i < MANY; i++) {
        if (recv(fds[i], &byte, 1, 0) < 0 && errno == EAGAIN) {
            peer_say(fds[i], GET_CLOSE);
            expect_answer(f, fds[i]);
        }
        close(fds[i]);
    }
    while (stats(f).open > 0)
        peer_turn(f->base);
    int fd = peer_connect(server_port(f->server));
    peer_say(fd, GET_CLOSE);
    expect_answer(f, fd);
    close(fd);
}

/* Half-open ones make room for those who ask, the oldest first. */
static void test_so_many_in_all(void **state)
{
    struct fixture *f = *state;
    int fds[MANY];
    char byte;

    start(f, &(struct guard_limits){.max = 10});
    for (int i = 0; i < MANY; i++)
        fds[i] = peer_connect(server_port(f->server));
    while (stats(f).accepted < MANY || stats(f).open > 10)
        peer_turn(f->base);
    assert_int_equal(stats(f).over, MANY - 10);
    assert_int_equal(recv(fds[0], &byte, 1, 0), 0);
    peer_say(fds[MANY - 1], GET_CLOSE);
    expect_answer(f, fds[MANY - 1]);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
}

static void test_descriptors_are_left_for_others(void **state)
{
    struct fixture *f = *state;
    int next = dup(0), fds[20];

    close(next);
    /* The server takes some itself, and each peer is one beside it. */
    start(f, &(struct guard_limits){.fd_max = next + 20});
    for (int i = 0; i < 20; i++)
        fds[i] = peer_connect(server_port(f->server));
    while (stats(f).no_fds == 0)
        peer_turn(f->base);
    for (int i = 0; i < 20; i++)
        close(fds[i]);
    while (stats(f).open > 0)
        peer_turn(f->base);
    int fd = peer_connect(server_port(f->server));
    peer_say(fd, GET_CLOSE);
    expect_answer(f, fd);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_a_request_in_time_is_served_and_again, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_slow_request_ends_at_the_deadline, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_kept_connection_ends_too, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_so_many_by_address, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_so_many_in_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_descriptors_are_left_for_others,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
