// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/park.h"

#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/netsink/peer.h"
#include "tests/unit/netsink/any_port.h"

#define REQUEST "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

struct fixture {
    struct event_base *base;
    struct evhttp *http;
    uint16_t port;
    struct park *park; /* the latest */
    uint32_t n;        /* requests so far */
};

static void on_request(struct evhttp_request *req, void *arg)
{
    struct fixture *f = arg;

    f->n++;
    assert_int_equal(park_new(&f->park, req), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    *state = f;
    f->base = event_base_new();
    f->http = evhttp_new(f->base);
    evhttp_set_gencb(f->http, on_request, f);
    evhttp_set_timeout(f->http, 1);
    f->port = any_port(f->http);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    park_reset(&f->park);
    evhttp_free(f->http);
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    event_base_free(f->base);
    free(f);
    return 0;
}

/* A peer whose request is parked. */
static int parked(struct fixture *f, const char *request)
{
    int fd = peer_connect(f->port);

    peer_say(fd, request);
    for (int i = 0; !f->park; i++) {
        assert_true(i < 10000);
        peer_turn(f->base);
    }
    return fd;
}

static void say(struct fixture *f, const char *text)
{
    assert_int_equal(send(park_fd(f->park), text, strlen(text), MSG_NOSIGNAL),
                     strlen(text));
}

static void test_what_is_written_arrives_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    char text[100];
    int fd = parked(f, REQUEST);

    say(f, "one");
    assert_int_equal(peer_hear(f->base, fd, text, sizeof(text)), 3);
    assert_string_equal(text, "one");
    /* evhttp's timeout, a second, is not for it any more. */
    for (int64_t begun = clock_now(); clock_now() - begun < 2 * NS_PER_S;)
        peer_turn(f->base);
    say(f, "two");
    park_close(&f->park);
    assert_null(f->park);
    assert_int_equal(peer_hear_all(f->base, fd, text, sizeof(text)), 0);
    assert_string_equal(text, "two");
    close(fd);
}

static void test_a_reset_is_a_reset(void **state)
{
    struct fixture *f = *state;
    char text[100];
    int fd = parked(f, REQUEST);

    park_reset(&f->park);
    assert_null(f->park);
    assert_int_equal(peer_hear_all(f->base, fd, text, sizeof(text)),
                     -ECONNRESET);
    close(fd);
    park_reset(&f->park); /* NULL */
    park_close(&f->park);
}

/* A second request behind the first is never answered, nor is what comes
   later read by evhttp. */
static void test_what_the_peer_says_is_lost(void **state)
{
    struct fixture *f = *state;
    char text[100], *much = malloc(70001);
    int fd = parked(f, REQUEST REQUEST);

    memset(much, 'x', 70000);
    much[70000] = '\0';
    peer_say(fd, much);
    free(much);
    for (int i = 0; i < 20; i++)
        peer_turn(f->base);
    assert_int_equal(f->n, 1);
    say(f, "still here");
    peer_hear(f->base, fd, text, sizeof(text));
    assert_string_equal(text, "still here");
    close(fd);
}

/* The peer has sent all it had to say, and listens. */
static void test_a_half_closed_one_goes_on(void **state)
{
    struct fixture *f = *state;
    char text[100];
    int fd = parked(f, "GET / HTTP/1.0\r\n\r\n");

    shutdown(fd, SHUT_WR);
    for (int i = 0; i < 20; i++)
        peer_turn(f->base);
    say(f, "still here");
    peer_hear(f->base, fd, text, sizeof(text));
    assert_string_equal(text, "still here");
    close(fd);
}

static void test_a_peer_that_went_is_no_trouble(void **state)
{
    struct fixture *f = *state;
    int fd = parked(f, REQUEST);

    close(fd);
    for (int i = 0; i < 20; i++)
        peer_turn(f->base);
    send(park_fd(f->park), "x", 1, MSG_NOSIGNAL);
    for (int i = 0; i < 20; i++)
        peer_turn(f->base);
    assert_int_equal(send(park_fd(f->park), "x", 1, MSG_NOSIGNAL), -1);
    park_reset(&f->park);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_what_is_written_arrives_and_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_reset_is_a_reset, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_the_peer_says_is_lost, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_half_closed_one_goes_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_peer_that_went_is_no_trouble,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
