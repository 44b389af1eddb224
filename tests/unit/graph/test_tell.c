// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/tell.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/tell_priv.h"
#include "tests/unit/test.h"

#define SERVER "unit test"
#define LARGE  (700 * 1000) /* bytes: several times a socket's buffer */

/* A server of this process alone, so that tests don't meet. */
static const char *server(void)
{
    static char name[64];

    snprintf(name, sizeof(name), SERVER " %ld", (long)getpid());
    return name;
}

static char *echo(void *ctx, const char *question)
{
    char *text = NULL;

    if (asprintf(&text, "%s: %s", (const char *)ctx, question) < 0)
        return NULL;
    return text;
}

static char *large(void *ctx, const char *question)
{
    char *text = malloc(LARGE + 1);

    (void)ctx;
    (void)question;
    for (size_t i = 0; i < LARGE; i++)
        text[i] = (char)('a' + i % 23);
    text[LARGE] = '\0';
    return text;
}

static bool ready(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) > 0;
}

/* Turns of both ends, without waiting, until there is an answer or none. */
static int converse(struct tell *t, struct tell_ask *a, char **out,
                    char *(*text)(void *, const char *), void *ctx)
{
    int r = 0;

    for (int i = 0; r == 0 && i < 1000; i++) {
        if (ready(tell_fd(t)))
            tell_serve(t, text, ctx);
        r = tell_ask_step(a, out);
    }
    return r;
}

static void test_a_question_is_answered(void **state)
{
    struct tell *t;
    struct tell_ask *a;
    char *out;

    (void)state;
    assert_int_equal(tell_open(&t, server(), "gen"), 0);
    assert_int_equal(tell_ask_begin(&a, server(), "gen", "log 7"), 0);
    assert_int_equal(tell_ask_pid(a), getpid());
    assert_int_equal(tell_ask_step(a, &out), 0);
    assert_int_equal(converse(t, a, &out, echo, "gen"), 1);
    assert_string_equal(out, "gen: log 7");
    free(out);
    tell_ask_end(&a);
    assert_false(ready(tell_fd(t))); /* nothing left to do */
    tell_close(&t);
    assert_null(t);
}

static void test_who_is_asked(void **state)
{
    struct tell *one, *other, *again;
    struct tell_ask *a;

    (void)state;
    assert_int_equal(tell_ask_begin(&a, server(), "gen", ""), -ENOENT);
    assert_int_equal(tell_open(&one, server(), "gen"), 0);
    assert_int_equal(tell_open(&again, server(), "gen"), -EADDRINUSE);
    assert_null(again);
    assert_int_equal(tell_open(&other, server(), ""), 0);
    tell_close(&one);
    assert_int_equal(tell_ask_begin(&a, server(), "gen", ""), -ENOENT);
    assert_int_equal(tell_open(&one, server(), "gen"), 0);
    tell_close(&one);
    tell_close(&other);
}

static void test_long_names_are_not_mixed_up(void **state)
{
    char long1[300], long2[300];
    struct tell *t1, *t2;
    struct tell_ask *a;
    char *out;

    (void)state;
    memset(long1, 'x', sizeof(long1));
    long1[150] = '\0';
    strcpy(long2, long1);
    long2[149] = 'y';
    assert_int_equal(tell_open(&t1, server(), long1), 0);
    assert_int_equal(tell_open(&t2, server(), long2), 0);
    assert_int_equal(tell_ask_begin(&a, server(), long2, ""), 0);
    assert_int_equal(converse(t2, a, &out, echo, "two"), 1);
    assert_string_equal(out, "two: ");
    assert_false(ready(tell_fd(t1)));
    free(out);
    tell_ask_end(&a);
    tell_close(&t1);
    tell_close(&t2);
}

static void test_an_answer_larger_than_a_socket(void **state)
{
    char *want = large(NULL, ""), *out = NULL;
    struct tell *t;
    struct tell_ask *a;

    (void)state;
    assert_int_equal(tell_open(&t, server(), "gen"), 0);
    assert_int_equal(tell_ask_begin(&a, server(), "gen", ""), 0);
    tell_serve(t, large, NULL); /* as far as it goes */
    assert_false(ready(tell_fd(t)));
    assert_int_equal(converse(t, a, &out, large, NULL), 1);
    assert_string_equal(out, want);
    free(out);
    free(want);
    tell_ask_end(&a);
    tell_close(&t);
}

/* Who never reads, and who never asks, holds nobody up, however many. */
static void test_hung_askers_cost_themselves_alone(void **state)
{
    enum { HUNG = 40 };
    struct tell_ask *hung[HUNG], *a;
    struct tell *t;
    int mute[HUNG];
    struct sockaddr_un addr;
    socklen_t len = tell_address(&addr, server(), "gen");
    char *out;

    (void)state;
    assert_int_equal(tell_open(&t, server(), "gen"), 0);
    for (int i = 0; i < HUNG; i++) {
        assert_int_equal(tell_ask_begin(&hung[i], server(), "gen", ""), 0);
        mute[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(connect(mute[i], (struct sockaddr *)&addr, len), 0);
        tell_serve(t, large, NULL);
    }
    assert_int_equal(tell_ask_begin(&a, server(), "gen", "still"), 0);
    assert_int_equal(converse(t, a, &out, echo, "there"), 1);
    assert_string_equal(out, "there: still");
    free(out);
    tell_ask_end(&a);
    for (int i = 0; i < HUNG; i++) {
        tell_ask_end(&hung[i]);
        close(mute[i]);
    }
    tell_close(&t);
}

/* Serves until that end, which reads nothing, is hung up on. */
static bool hung_up_on(struct tell *t, int fd)
{
    int64_t end = clock_now() + 20 * NS_PER_S;
    struct pollfd p[2] = {{.fd = tell_fd(t), .events = POLLIN}, {.fd = fd}};

    do {
        poll(p, 2, 100);
        if (p[0].revents)
            tell_serve(t, large, NULL);
    } while (!(p[1].revents & POLLHUP) && clock_now() < end);
    return p[1].revents & POLLHUP;
}

/* Their places are there for others, without anybody coming. */
static void test_mute_guests_leave(void **state)
{
    struct sockaddr_un addr;
    socklen_t len = tell_address(&addr, server(), "gen");
    struct tell *t;
    int fd[2];

    (void)state;
    assert_int_equal(tell_open(&t, server(), "gen"), 0);
    for (int i = 0; i < 2; i++) {
        fd[i] = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(connect(fd[i], (struct sockaddr *)&addr, len), 0);
    }
    assert_int_equal(send(fd[1], "\n", 1, 0), 1); /* it asks, and is deaf */
    assert_true(hung_up_on(t, fd[0]));
    assert_true(hung_up_on(t, fd[1]));
    assert_false(ready(tell_fd(t))); /* and the timer rests */
    for (int i = 0; i < 2; i++)
        close(fd[i]);
    tell_close(&t);
}

/* More than are let in at once are all answered. */
static void test_a_crowd(void **state)
{
    enum { CROWD = 24 };
    struct tell_ask *a[CROWD];
    uint32_t n = 0;
    struct tell *t;
    char *out;

    (void)state;
    assert_int_equal(tell_open(&t, server(), "gen"), 0);
    for (int i = 0; i < CROWD; i++)
        if (tell_ask_begin(&a[n], server(), "gen", "") == 0)
            n++;
    assert_true(n > 16); /* else there is no crowd */
    tell_serve(t, echo, "yes");
    assert_true(ready(tell_fd(t))); /* some are left */
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(converse(t, a[i], &out, echo, "yes"), 1);
        free(out);
        tell_ask_end(&a[i]);
    }
    tell_close(&t);
}

/* Without files nobody can be let in: that costs no time, and is over. */
static void test_no_more_files(void **state)
{
    struct rlimit was, none;
    struct tell_ask *a;
    struct tell *t;
    struct pollfd p;
    char *out;

    (void)state;
    assert_int_equal(tell_open(&t, server(), "gen"), 0);
    assert_int_equal(tell_ask_begin(&a, server(), "gen", "now"), 0);
    assert_true(ready(tell_fd(t)));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    none = (struct rlimit){3, was.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    tell_serve(t, echo, "yes");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
    assert_false(ready(tell_fd(t)));
    p = (struct pollfd){.fd = tell_fd(t), .events = POLLIN};
    assert_int_equal(poll(&p, 1, 20000), 1); /* it hears again by itself */
    assert_int_equal(converse(t, a, &out, echo, "yes"), 1);
    assert_string_equal(out, "yes: now");
    free(out);
    tell_ask_end(&a);
    tell_close(&t);
}

/* Who is asked and doesn't move: the asker goes by its own clock, and after
   some such questions the kernel takes no more. */
static void test_a_hung_teller(void **state)
{
    struct tell_ask *a[64] = {NULL};
    struct tell *t;
    char *out;
    int r = 0, n = 0;

    (void)state;
    assert_int_equal(tell_open(&t, server(), "gen"), 0);
    assert_int_equal(
        tell_ask_wait(&out, server(), "gen", "", clock_now() + 10 * NS_PER_MS),
        -ETIMEDOUT);
    assert_null(out);
    while (n < 64 && r == 0)
        r = tell_ask_begin(&a[n++], server(), "gen", "");
    assert_int_equal(r, -ETIMEDOUT);
    /* it wakes up: the last one to have got through is answered */
    assert_int_equal(converse(t, a[n - 2], &out, echo, "awake"), 1);
    free(out);
    while (n-- > 0)
        tell_ask_end(&a[n]);
    tell_close(&t);
}

static void test_a_teller_that_ends(void **state)
{
    struct tell *t;
    struct tell_ask *a;
    char *out;

    (void)state;
    assert_int_equal(tell_open(&t, server(), "gen"), 0);
    assert_int_equal(tell_ask_begin(&a, server(), "gen", ""), 0);
    tell_close(&t);
    assert_int_equal(tell_ask_step(a, &out), -ECONNRESET);
    assert_null(out);
    tell_ask_end(&a);
}

static void test_questions_that_are_none(void **state)
{
    static const char *const wrong[] = {
        "012345678901234567890123456789012345678901234567890123456789012345",
        ""};
    struct sockaddr_un addr;
    socklen_t len = tell_address(&addr, server(), "gen");
    struct tell *t;
    char byte;

    (void)state;
    assert_int_equal(tell_open(&t, server(), "gen"), 0);
    for (int i = 0; i < 2; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)&addr, len), 0);
        send(fd, wrong[i], strlen(wrong[i]), MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        while (ready(tell_fd(t)))
            tell_serve(t, echo, "no");
        errno = 0;
        assert_true(recv(fd, &byte, 1, 0) <= 0);
        assert_int_not_equal(errno, EAGAIN); /* it was hung up on */
        close(fd);
    }
    tell_close(&t);
}

static char *no_answer(void *ctx, const char *question)
{
    (void)ctx;
    (void)question;
    return NULL;
}

static void test_nothing_to_tell(void **state)
{
    struct tell *t;
    struct tell_ask *a;
    char *out;

    (void)state;
    assert_int_equal(tell_open(&t, server(), "gen"), 0);
    assert_int_equal(tell_ask_begin(&a, server(), "gen", ""), 0);
    assert_int_equal(converse(t, a, &out, no_answer, NULL), -ECONNRESET);
    tell_ask_end(&a);
    tell_close(&t);
    tell_serve(NULL, no_answer, NULL);
    assert_int_equal(tell_fd(NULL), -1);
}

/* Another user has taken the name: nothing it says is believed, nor is it told
   anything. */
static void test_another_user(void **state)
{
    struct sockaddr_un addr;
    socklen_t len = tell_address(&addr, server(), "gen");
    struct tell_ask *a;
    struct tell *t;
    int up[2], down[2], status;
    char byte;

    (void)state;
    if (getuid() != 0)
        skip();
    assert_int_equal(pipe(up) | pipe(down), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (setuid(65534) || bind(fd, (struct sockaddr *)&addr, len) ||
            listen(fd, 4) || write(up[1], "x", 1) != 1 ||
            read(down[0], &byte, 1) != 1)
            _exit(1);
        close(fd);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (write(up[1], "x", 1) != 1 || read(down[0], &byte, 1) != 1 ||
            connect(fd, (struct sockaddr *)&addr, len) ||
            send(fd, "\n", 1, MSG_NOSIGNAL) != 1 || write(up[1], "x", 1) != 1)
            _exit(2);
        _exit(recv(fd, &byte, 1, 0) > 0 ? 3 : 0);
    }
    assert_int_equal(read(up[0], &byte, 1), 1);
    assert_int_equal(tell_ask_begin(&a, server(), "gen", ""), -EPERM);
    assert_null(a);
    assert_int_equal(write(down[1], "x", 1), 1);
    assert_int_equal(read(up[0], &byte, 1), 1);
    assert_int_equal(tell_open(&t, server(), "gen"), 0);
    assert_int_equal(write(down[1], "x", 1), 1);
    assert_int_equal(read(up[0], &byte, 1), 1);
    tell_serve(t, echo, "secret");
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    tell_close(&t);
}

static void test_who_there_is(void **state)
{
    struct tell *t[3];
    char *names[8];
    uint32_t n, seen = 0;

    (void)state;
    assert_int_equal(tell_open(&t[0], server(), ""), 0);
    assert_int_equal(tell_open(&t[1], server(), "my gen"), 0);
    assert_int_equal(tell_open(&t[2], "another server", "x"), 0);
    n = tell_names(server(), names, 8);
    assert_int_equal(n, 2);
    for (uint32_t i = 0; i < n; i++) {
        seen |= strcmp(names[i], "") == 0 ? 1u : 0;
        seen |= strcmp(names[i], "my gen") == 0 ? 2u : 0;
        free(names[i]);
    }
    assert_int_equal(seen, 3);
    n = tell_names(server(), names, 1);
    assert_int_equal(n, 1);
    free(names[0]);
    for (int i = 0; i < 3; i++)
        tell_close(&t[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_question_is_answered),
        cmocka_unit_test(test_who_is_asked),
        cmocka_unit_test(test_long_names_are_not_mixed_up),
        cmocka_unit_test(test_an_answer_larger_than_a_socket),
        cmocka_unit_test(test_hung_askers_cost_themselves_alone),
        cmocka_unit_test(test_mute_guests_leave),
        cmocka_unit_test(test_a_crowd),
        cmocka_unit_test(test_no_more_files),
        cmocka_unit_test(test_a_hung_teller),
        cmocka_unit_test(test_a_teller_that_ends),
        cmocka_unit_test(test_questions_that_are_none),
        cmocka_unit_test(test_nothing_to_tell),
        cmocka_unit_test(test_another_user),
        cmocka_unit_test(test_who_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
