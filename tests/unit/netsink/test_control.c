// SPDX-License-Identifier: GPL-3.0-or-later
/* What an order leaves behind: memory, and lines in the log. The rest of it is
   test_admin's. */
#include "netsink/control.h"

#include <event2/bufferevent.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/netsink/peer.h"
#include "tests/unit/netsink/any_port.h"

#define TOKEN "token-of-the-test"
#define LINES 50

struct fixture {
    struct loop *loop;
    struct event_base *base;
    struct evhttp *http;
    uint16_t port;
    struct log_tail *tail;
    struct log log;
    struct admin_desk desk;
    struct control *control;
    struct bufferevent *bev; /* of the latest order */
    void (*done)(void *arg, int err, const char *said);
    void *arg; /* of the latest order that is under way */
};

/* The desk's: the answer comes when the test wants. */
static int keep(struct desk *d, const char *generator, const char *name,
                const char *value, double fade_s,
                void (*done)(void *arg, int err, const char *said), void *arg)
{
    struct fixture *f = (struct fixture *)d;
    (void)generator;
    (void)name;
    (void)value;
    (void)fade_s;

    f->done = done;
    f->arg = arg;
    return 0;
}

static void on_request(struct evhttp_request *req, void *arg)
{
    struct fixture *f = arg;

    f->bev =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
    bufferevent_incref(f->bev);
    control_serve(f->control, req);
    /* evhttp has ceased to read, and hears of an end only by what it still
       writes, as the 100 of an Expect; so it does without our waiting for it.
     */
    bufferevent_enable(f->bev, EV_READ);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    *state = f;
    assert_int_equal(loop_new(&f->loop, TH_EV), 0);
    assert_int_equal(log_tail_new(&f->tail, LINES), 0);
    f->log =
        (struct log){.program = "test", .level = LOG_INFO, .tail = f->tail};
    f->desk = (struct admin_desk){.desk = (struct desk *)f, .set = keep};
    const struct control_opts o = {
        .log = &f->log, .loop = f->loop, .desk = &f->desk, .token = TOKEN};
    assert_int_equal(control_new(&f->control, &o), 0);
    f->base = loop_base(f->loop);
    f->http = evhttp_new(f->base);
    evhttp_set_gencb(f->http, on_request, f);
    f->port = any_port(f->http);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    evhttp_free(f->http);
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    control_free(&f->control);
    loop_free(&f->loop);
    log_tail_free(&f->tail);
    free(f);
    return 0;
}

/* An order that has come and is under way. */
static int order(struct fixture *f, const char *name, const char *value)
{
    int fd = peer_connect(f->port);
    int64_t begun = clock_now();
    char body[100], text[500];

    snprintf(body, sizeof(body), "{\"name\":\"%s\",\"value\":\"%s\"}", name,
             value);
    snprintf(text, sizeof(text),
             "POST /control/set HTTP/1.1\r\nHost: x\r\n"
             "Content-Type: application/json\r\nAuthorization: Bearer " TOKEN
             "\r\nContent-Length: %zu\r\n\r\n%s",
             strlen(body), body);
    f->done = NULL;
    peer_say(fd, text);
    while (!f->done) {
        assert_true(clock_now() - begun < PEER_PATIENCE);
        peer_turn(f->base);
    }
    return fd;
}

/* evhttp has let go of the connection: it takes its callbacks out then. */
static bool ended(const struct fixture *f)
{
    bufferevent_event_cb on_event;

    bufferevent_getcb(f->bev, NULL, NULL, &on_event, NULL);
    return !on_event;
}

static void test_gone_before_the_answer(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 20; i++) {
        int64_t begun = clock_now();
        close(order(f, "root", "1"));
        while (!ended(f)) {
            assert_true(clock_now() - begun < PEER_PATIENCE);
            peer_turn(f->base);
        }
        bufferevent_decref(f->bev);
        f->done(f->arg, 0, ""); /* to nobody */
        peer_turn(f->base);
    }
    /* That of the request is seen by a leak sanitizer alone. */
}

/* The server ends first; then the request is evhttp's to free. */
static void test_end_before_the_answer(void **state)
{
    struct fixture *f = *state;
    int fd = order(f, "root", "1");

    evhttp_free(f->http);
    bufferevent_decref(f->bev);
    f->done(f->arg, 0, "");
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    f->http = evhttp_new(f->base);
    close(fd);
}

static void set(struct fixture *f, const char *name, const char *value)
{
    char text[500];
    int fd = order(f, name, value);

    f->done(f->arg, 0, "");
    assert_true(peer_hear(f->base, fd, text, sizeof(text)) > 0);
    assert_non_null(strstr(text, "200 OK"));
    bufferevent_decref(f->bev);
    close(fd);
}

static void test_a_slider_is_one_line(void **state)
{
    struct fixture *f = *state;
    struct log_line l;

    set(f, "root", "50");
    set(f, "root", "51");
    set(f, "brightness", "-1.5");
    set(f, "root", "52");
    set(f, "brightness", "-1");
    assert_int_equal(log_tail_newest(f->tail), 2);
    assert_true(log_tail_next(f->tail, 0, &l));
    assert_string_equal(l.text, "the operator sets root to 50");
    assert_true(log_tail_next(f->tail, 1, &l));
    assert_string_equal(l.text, "the operator sets brightness to -1.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_gone_before_the_answer, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_end_before_the_answer, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_slider_is_one_line, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
