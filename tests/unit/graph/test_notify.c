// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "graph/clock.h"
#include "tests/unit/test.h"

/* A socket in the abstract name space for $NOTIFY_SOCKET. */
static int listen_here(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char name[64];
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    snprintf(name, sizeof(name), "@longwave-test-%d", (int)getpid());
    memcpy(a.sun_path, name, strlen(name));
    a.sun_path[0] = '\0';
    assert_int_equal(bind(fd, (struct sockaddr *)&a,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
                                      strlen(name))),
                     0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void test_watchdog(void **state)
{
    (void)state;
    char text[64];
    int fd = listen_here(), n = 0;

    notify_watchdog();
    ssize_t len = recv(fd, text, sizeof(text), 0);
    assert_int_equal(len, strlen("WATCHDOG=1"));
    assert_memory_equal(text, "WATCHDOG=1", (size_t)len);
    /* a listener that stands still stops nobody */
    for (int i = 0; i < 5000; i++)
        notify_watchdog();
    while (recv(fd, text, sizeof(text), 0) > 0)
        n++;
    assert_int_equal(errno, EAGAIN);
    assert_true(n > 0 && n < 5000);
    close(fd);
    notify_watchdog(); /* nor one that has gone */
    unsetenv("NOTIFY_SOCKET");
    notify_watchdog();
}

static int64_t period(const char *us, const char *pid)
{
    if (us)
        setenv("WATCHDOG_USEC", us, 1);
    else
        unsetenv("WATCHDOG_USEC");
    if (pid)
        setenv("WATCHDOG_PID", pid, 1);
    else
        unsetenv("WATCHDOG_PID");
    return notify_watchdog_period();
}

/* Asked for longer, and back to what was said. */
static void test_watchdog_allow(void **state)
{
    static const char longer[] = "WATCHDOG_USEC=60000000";
    static const char usual[] = "WATCHDOG_USEC=10000000";
    (void)state;
    char text[64];
    int fd = listen_here();

    unsetenv("WATCHDOG_USEC");
    notify_watchdog_allow(60000000000);
    assert_int_equal(recv(fd, text, sizeof(text), 0), -1); /* nobody asks */
    assert_int_equal(period("10000000", NULL), 5000000000);
    notify_watchdog_allow(60000000000);
    assert_int_equal(recv(fd, text, sizeof(text), 0), strlen(longer));
    assert_memory_equal(text, longer, strlen(longer));
    notify_watchdog_allow(0);
    assert_int_equal(recv(fd, text, sizeof(text), 0), strlen(usual));
    assert_memory_equal(text, usual, strlen(usual));
    notify_watchdog_allow(1); /* never less than was said */
    assert_int_equal(recv(fd, text, sizeof(text), 0), strlen(usual));
    close(fd);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
}

static void test_period(void **state)
{
    (void)state;
    char own[32];

    snprintf(own, sizeof(own), "%d", (int)getpid());
    assert_int_equal(period(NULL, NULL), 0);
    assert_int_equal(period("3000000", NULL), 1500 * NS_PER_MS);
    assert_int_equal(period("3000000", own), 1500 * NS_PER_MS);
    assert_int_equal(period("3000000", "1"), 0);
    assert_int_equal(period("soon", own), 0);
    assert_int_equal(period("0", own), 0);
    assert_int_equal(period("18446744073709551614", own), 0);
}

static void test_journal(void **state)
{
    (void)state;
    char text[64];
    struct stat is;
    int fd[2];

    unsetenv("JOURNAL_STREAM");
    assert_int_equal(pipe(fd), 0);
    assert_false(notify_is_journal(fd[0]));
    assert_int_equal(fstat(fd[0], &is), 0);
    snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)is.st_dev,
             (uintmax_t)is.st_ino);
    setenv("JOURNAL_STREAM", text, 1);
    assert_true(notify_is_journal(fd[0]));
    close(fd[0]);
    assert_false(notify_is_journal(fd[0]));
    snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)is.st_dev,
             (uintmax_t)is.st_ino + 1);
    setenv("JOURNAL_STREAM", text, 1);
    assert_false(notify_is_journal(fd[1])); /* whose inode is the first one's */
    unsetenv("JOURNAL_STREAM");
    close(fd[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_watchdog_allow),
        cmocka_unit_test(test_period),
        cmocka_unit_test(test_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
