// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/sse.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/netsink/peer.h"
#include "tests/unit/netsink/any_port.h"

#define REQUEST "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
#define MAX     70 /* more than a slice */
#define KEPT    20000

struct fixture {
    struct event_base *base;
    struct evhttp *http;
    uint16_t port;
    struct sse *sse;
    uint32_t topics; /* that the next one gets */
    bool hello;
    int fd[MAX + 1]; /* of the peers */
    uint32_t n;
    char text[1 << 20]; /* what one has heard, from its head on */
};

static void on_request(struct evhttp_request *req, void *arg)
{
    struct fixture *f = arg;
    struct evbuffer *hello = NULL;

    if (f->hello) {
        hello = evbuffer_new();
        sse_put(f->sse, hello, "state", "{}");
    }
    sse_serve(f->sse, req, f->topics, hello);
    if (hello)
        evbuffer_free(hello);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    *state = f;
    f->topics = SSE_TOPICS_ALL;
    f->base = event_base_new();
    f->http = evhttp_new(f->base);
    const struct sse_opts o = {
        .base = f->base, .epoch = 7, .max = MAX, .kept = KEPT};
    assert_int_equal(sse_new(&f->sse, &o), 0);
    evhttp_set_gencb(f->http, on_request, f);
    f->port = any_port(f->http);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sse_free(&f->sse);
    for (uint32_t i = 0; i < f->n; i++)
        close(f->fd[i]);
    evhttp_free(f->http);
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    event_base_free(f->base);
    free(f);
    return 0;
}

static uint32_t subscribers(const struct fixture *f)
{
    return sse_subscribers(f->sse);
}

/* Until there are so many. */
static void wait_for(struct fixture *f, uint32_t n)
{
    int64_t begun = clock_now();

    while (subscribers(f) != n) {
        assert_true(clock_now() - begun < PEER_PATIENCE);
        peer_turn(f->base);
    }
}

static int subscribe(struct fixture *f)
{
    int fd = peer_connect(f->port);
    uint32_t before = subscribers(f);

    f->fd[f->n++] = fd;
    peer_say(fd, REQUEST);
    wait_for(f, before + 1);
    return fd;
}

/* What a peer hears from its head on, until it holds `want`. */
static const char *hear(struct fixture *f, int fd, const char *want)
{
    size_t len = 0;

    f->text[0] = '\0';
    while (!strstr(f->text, want)) {
        ssize_t n =
            peer_hear(f->base, fd, f->text + len, sizeof(f->text) - len);
        if (n <= 0)
            fail_msg("the end came before %s, after %s", want, f->text);
        len += (size_t)n;
    }
    return f->text;
}

static void test_the_begin(void **state)
{
    struct fixture *f = *state;

    f->hello = true;
    int fd = subscribe(f);
    const char *text = hear(f, fd, "data: {}\n\n");
    assert_memory_equal(text, "HTTP/1.1 200 OK\r\n", 17);
    assert_non_null(strstr(text, "\r\nContent-Type: text/event-stream\r\n"));
    assert_non_null(strstr(text, "\r\n\r\nretry: 2000\n\n"
                                 "event: state\nid: 7.0\ndata: {}\n\n"));
    assert_null(strstr(text, "Access-Control"));
}

static void test_events(void **state)
{
    struct fixture *f = *state;
    int fd = subscribe(f);

    sse_say(f->sse, 1, "a", "one");
    sse_say(f->sse, 1, "b", "two\nlines\n");
    const char *text = hear(f, fd, "lines\ndata: \n\n");
    assert_non_null(strstr(text, "event: a\nid: 7.1\ndata: one\n\n"
                                 "event: b\nid: 7.2\ndata: two\ndata: lines\n"
                                 "data: \n\n"));
}

static void test_topics(void **state)
{
    struct fixture *f = *state;

    f->topics = 2;
    int fd = subscribe(f);
    sse_say(f->sse, 1, "not", "for you");
    sse_say(f->sse, 2, "for", "you");
    sse_say(f->sse, 4, "not", "either");
    sse_say(f->sse, 3, "the", "end");
    const char *text = hear(f, fd, "data: end\n\n");
    assert_non_null(strstr(text, "event: for\n"));
    assert_null(strstr(text, "event: not\n"));
}

static void test_many_get_all(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < MAX; i++)
        subscribe(f);
    for (int i = 0; i < 10; i++) {
        sse_say(f->sse, 1, "n", "x");
        peer_turn(f->base);
    }
    sse_say(f->sse, 1, "last", "x");
    for (uint32_t i = 0; i < MAX; i++) {
        const char *at =
            hear(f, f->fd[i], "event: last\nid: 7.11\ndata: x\n\n");
        for (int k = 1; k <= 10; k++) {
            char id[32];
            snprintf(id, sizeof(id), "id: 7.%d\n", k);
            at = strstr(at, id);
            assert_non_null(at);
        }
    }
}

static void test_a_full_house(void **state)
{
    struct fixture *f = *state;
    char text[1000];
    struct sse_stats s;

    for (int i = 0; i < MAX; i++)
        subscribe(f);
    int fd = peer_connect(f->port);
    peer_say(fd, REQUEST);
    peer_hear(f->base, fd, text, sizeof(text));
    assert_memory_equal(text, "HTTP/1.1 503", 12);
    assert_non_null(strstr(text, "\r\nRetry-After: "));
    close(fd);
    sse_stats(f->sse, &s);
    assert_int_equal(s.refused, 1);
    /* One goes, one comes. */
    close(f->fd[--f->n]);
    wait_for(f, MAX - 1);
    subscribe(f);
}

/* Some seconds of its events are kept, then it is cut; who reads loses
   nothing. */
static void test_a_slow_one_is_cut(void **state)
{
    struct fixture *f = *state;
    static const int small = 4096;
    int slow = peer_connect(f->port);
    char data[1000];
    uint32_t n = 0;
    size_t len = 0;
    struct sse_stats s;

    /* Before it reads anything: a small window. */
    setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    peer_say(slow, REQUEST);
    f->fd[f->n++] = slow;
    wait_for(f, 1);
    int quick = subscribe(f);
    memset(data, 'x', sizeof(data) - 1);
    data[sizeof(data) - 1] = '\0';
    for (; subscribers(f) == 2; n++) {
        assert_true(n < 100000);
        sse_say(f->sse, 1, "n", data);
        peer_turn(f->base);
        ssize_t got;
        while ((got = recv(quick, f->text, sizeof(f->text), 0)) > 0)
            len += (size_t)got;
    }
    sse_stats(f->sse, &s);
    assert_int_equal(s.slow, 1);
    while (len < n * (sizeof(data) - 1)) {
        ssize_t got = peer_hear(f->base, quick, f->text, sizeof(f->text));
        assert_true(got > 0);
        len += (size_t)got;
    }
    /* The slow one has whole events up to where it was cut, and an end. */
    assert_true(peer_hear_all(f->base, slow, f->text, sizeof(f->text)) <= 0);
    assert_memory_equal(f->text, "HTTP/1.1 200 OK\r\n", 17);
    sse_say(f->sse, 1, "still", "there");
    hear(f, quick, "data: there\n\n");
}

static void test_an_end(void **state)
{
    struct fixture *f = *state;
    const struct linger hard = {.l_onoff = 1};

    subscribe(f);
    close(f->fd[--f->n]);
    wait_for(f, 0);
    int fd = subscribe(f);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(f->fd[--f->n]);
    wait_for(f, 0);
    /* Nothing is kept for nobody, and the next one is not told of it. */
    sse_say(f->sse, 1, "nobody", "hears");
    fd = subscribe(f);
    sse_say(f->sse, 1, "some", "body");
    assert_null(strstr(hear(f, fd, "data: body\n\n"), "hears"));
}

static void test_who_talks_is_cut(void **state)
{
    struct fixture *f = *state;
    int fd = subscribe(f);
    char nonsense[1000];
    int64_t begun = clock_now();

    memset(nonsense, 'x', sizeof(nonsense));
    while (subscribers(f) > 0) {
        assert_true(clock_now() - begun < PEER_PATIENCE);
        send(fd, nonsense, sizeof(nonsense), MSG_NOSIGNAL);
        peer_turn(f->base);
    }
}

static void test_silence_is_broken(void **state)
{
    struct fixture *f = *state;
    int fd = subscribe(f);
    int64_t now = 1000 * NS_PER_S;

    hear(f, fd, "retry: 2000\n\n");
    sse_tick(f->sse, now);
    hear(f, fd, ":\n\n");
    sse_tick(f->sse, now + NS_PER_S);
    sse_tick(f->sse, now + SSE_IDLE_S * NS_PER_S);
    sse_say(f->sse, 1, "a", "b");
    assert_string_equal(hear(f, fd, "data: b\n\n"),
                        ":\n\nevent: a\nid: 7.3\ndata: b\n\n");
}

static void test_head_and_http_1_0(void **state)
{
    struct fixture *f = *state;
    int fd = peer_connect(f->port);
    char text[1000];

    peer_say(fd, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_int_equal(peer_hear_all(f->base, fd, text, sizeof(text)), 0);
    assert_non_null(strstr(text, "Content-Type: text/event-stream"));
    assert_int_equal(subscribers(f), 0);
    close(fd);
    fd = peer_connect(f->port);
    f->fd[f->n++] = fd;
    peer_say(fd, "GET / HTTP/1.0\r\n\r\n");
    wait_for(f, 1);
    sse_say(f->sse, 1, "a", "b");
    hear(f, fd, "data: b\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_begin, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_topics, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_get_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_full_house, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_slow_one_is_cut, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_talks_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silence_is_broken, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_head_and_http_1_0, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
