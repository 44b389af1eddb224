// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/report.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "graph/clock.h"
#include "tests/unit/test.h"

#define LONG (900 * 1024) /* more than a socket takes at once */
#define WAIT (10 * NS_PER_S)

struct room {
    char name[64]; /* of a server that nobody else has */
    struct report *report;
    size_t size; /* of what is told */
};

static int set_up(void **state)
{
    struct room *r = calloc(1, sizeof(*r));

    assert_non_null(r);
    snprintf(r->name, sizeof(r->name), "test-%ld", (long)getpid());
    assert_int_equal(report_open(&r->report, r->name), 0);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    struct room *r = *state;

    report_close(&r->report);
    free(r);
    return 0;
}

static char *text(void *ctx)
{
    const struct room *r = ctx;
    char *t = malloc(r->size + 1);

    assert_non_null(t);
    for (size_t i = 0; i < r->size; i++)
        t[i] = (char)('a' + i % 26);
    t[r->size] = '\0';
    return t;
}

struct question {
    pthread_t thread;
    const char *name;
    char *answer;
    int err;
};

static void *ask(void *arg)
{
    struct question *q = arg;

    q->err = report_ask(&q->answer, q->name, clock_now() + WAIT);
    return NULL;
}

/* As a station's loop does. */
static void serve_until(struct room *r, int64_t until)
{
    while (clock_now() < until) {
        struct pollfd p = {.fd = report_fd(r->report), .events = POLLIN};
        int64_t next = report_next(r->report), now = clock_now();
        int64_t ns = (next < until ? next : until) - now;

        poll(&p, 1, ns > 0 ? (int)(ns / NS_PER_MS) + 1 : 0);
        report_serve(r->report, text, r);
    }
}

static void assert_answered(struct room *r, size_t size)
{
    struct question q = {.name = r->name};
    char *want;

    r->size = size;
    want = text(r);
    assert_int_equal(pthread_create(&q.thread, NULL, ask, &q), 0);
    while (pthread_tryjoin_np(q.thread, NULL) == EBUSY)
        serve_until(r, clock_now() + 20 * NS_PER_MS);
    assert_int_equal(q.err, 0);
    assert_int_equal(strlen(q.answer), size);
    assert_true(strcmp(q.answer, want) == 0);
    free(q.answer);
    free(want);
}

static void test_answers(void **state)
{
    assert_answered(*state, 10);
    assert_answered(*state, LONG);
    assert_answered(*state, 0);
}

/* One who asks and never reads. */
static int mute(const struct room *r)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "longwave/%lu/%s",
                     (unsigned long)getuid(), r->name);

    assert_true(fd >= 0);
    assert_int_equal(
        connect(fd, (struct sockaddr *)&a,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                            (size_t)n)),
        0);
    return fd;
}

/* They keep nobody waiting, however many they are, and are hung up on. */
static void test_mutes(void **state)
{
    enum { MUTES = 2 * REPORT_ANSWERS_MAX };
    struct room *r = *state;
    char some[4096];
    int fd[MUTES];
    ssize_t n;

    r->size = LONG;
    for (int i = 0; i < MUTES; i++) {
        fd[i] = mute(r);
        report_serve(r->report, text, r);
    }
    assert_true(report_next(r->report) < INT64_MAX);
    assert_answered(r, LONG);
    serve_until(r, report_next(r->report) + NS_PER_MS);
    serve_until(r, clock_now() + REPORT_WAIT_NS + NS_PER_MS);
    assert_true(report_next(r->report) == INT64_MAX);
    for (int i = 0; i < MUTES; i++) { /* to an end, which comes */
        while ((n = read(fd[i], some, sizeof(some))) > 0)
            ;
        assert_int_equal(n, 0);
        close(fd[i]);
    }
}

static void test_one_per_server(void **state)
{
    struct room *r = *state;
    struct report *other;
    char *answer;

    assert_int_equal(report_open(&other, r->name), -EADDRINUSE);
    assert_null(other);
    report_close(&r->report);
    assert_int_equal(report_ask(&answer, r->name, clock_now() + WAIT), -ENOENT);
    assert_int_equal(report_open(&r->report, r->name), 0);
    /* there, but it never serves */
    assert_int_equal(report_ask(&answer, r->name, clock_now() + 10 * NS_PER_MS),
                     -ETIMEDOUT);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(test_answers),
        IN_ROOM(test_mutes),
        IN_ROOM(test_one_per_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
