// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/proc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/notify.h"
#include "tests/unit/graph/capture.h"
#include "tests/unit/test.h"

#define GRACE (2 * NS_PER_S)

static const struct log log_here = {.program = "test", .level = LOG_INFO};

static struct proc *start_with(const char *script, bool quiet, int fd)
{
    struct proc *p;
    const char *const argv[] = {"sh", "-c", script, NULL};
    assert_int_equal(proc_start(&p, &(struct proc_opts){.log = &log_here,
                                                        .name = "child",
                                                        .argv = argv,
                                                        .quiet = quiet,
                                                        .inherit = {fd}}),
                     0);
    return p;
}

static struct proc *start_shell(const char *script, bool quiet)
{
    return start_with(script, quiet, 0);
}

static int wait_end(struct proc *p)
{
    int code;
    while (proc_running(p, &code))
        clock_sleep(NS_PER_MS);
    return code;
}

static void test_codes(void **state)
{
    (void)state;
    struct proc *p = start_shell("exit 69", false);
    assert_int_equal(wait_end(p), 69);
    proc_stop(&p, GRACE);
    assert_null(p);
    p = start_shell("kill -SEGV $$", false);
    assert_int_equal(wait_end(p), 128 + SIGSEGV);
    proc_stop(&p, GRACE);
}

/* The child's environment, not ours. */
static void test_environment(void **state)
{
    static const char *const env[] = {"LONGWAVE_A=one", "HOME=/nowhere", NULL};
    const char *const argv[] = {"sh", "-c",
                                "echo $LONGWAVE_A $HOME $LONGWAVE_B", NULL};
    struct proc *p;

    (void)state;
    setenv("LONGWAVE_B", "ours", 1);
    assert_int_equal(proc_start(&p, &(struct proc_opts){.log = &log_here,
                                                        .name = "child",
                                                        .argv = argv,
                                                        .env = env,
                                                        .quiet = true}),
                     0);
    assert_int_equal(wait_end(p), 0);
    assert_string_equal(proc_last_line(p), "one /nowhere ours");
    proc_stop(&p, GRACE);
    assert_null(getenv("LONGWAVE_A"));
}

static void test_missing_program(void **state)
{
    (void)state;
    struct proc *p;
    char text[512];
    const char *const argv[] = {"/nowhere/program", NULL};
    struct capture c = capture_start(STDERR_FILENO);
    assert_int_equal(proc_start(&p, &(struct proc_opts){.log = &log_here,
                                                        .name = "child",
                                                        .argv = argv}),
                     -ENOENT);
    capture_end(&c, text, sizeof text);
    assert_null(p);
    assert_string_equal(text, ""); /* the caller says it */
}

/* The test program itself in one of its roles: see main(). */
static struct proc *start_self(const char *role)
{
    struct proc *p;
    const char *const argv[] = {"/proc/self/exe", role, NULL};
    assert_int_equal(proc_start(&p, &(struct proc_opts){.log = &log_here,
                                                        .name = "child",
                                                        .argv = argv}),
                     0);
    return p;
}

static void test_ready(void **state)
{
    (void)state;
    struct proc *p = start_self("notify");
    const char *detail;
    int code;
    while (!proc_ready(p, &detail) && proc_running(p, &code))
        clock_sleep(NS_PER_MS);
    assert_true(proc_ready(p, &detail));
    assert_string_equal(detail, "CPU, 5 partials");
    proc_stop(&p, GRACE);
}

/* Nobody listens, and it comes to its end all the same. */
static void test_status_never_waits(void **state)
{
    (void)state;
    struct proc *p = start_self("status");
    siginfo_t info = {0};
    int code;
    for (int ms = 0; info.si_pid == 0 && ms < 5000; ms++) {
        clock_sleep(NS_PER_MS);
        assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT),
                         0);
    }
    assert_true(info.si_pid > 0);
    assert_false(proc_running(p, &code));
    assert_int_equal(code, 7);
    proc_stop(&p, GRACE);
}

/* Looking whether it runs is listening: its queue never fills up for good. */
static void test_running_listens(void **state)
{
    (void)state;
    struct proc *p = start_self("insist");
    int code;
    for (int ms = 0; proc_running(p, &code) && ms < 5000; ms++)
        clock_sleep(NS_PER_MS);
    assert_false(proc_running(p, &code));
    assert_int_equal(code, 7);
    proc_stop(&p, GRACE);
}

static void test_stop_kills_the_deaf(void **state)
{
    (void)state;
    char text[512];
    struct proc *p = start_shell("trap '' TERM; echo deaf; sleep 100", true);
    clock_sleep(100 * NS_PER_MS); /* let it set the trap */
    struct capture c = capture_start(STDERR_FILENO);
    proc_stop(&p, 100 * NS_PER_MS);
    capture_end(&c, text, sizeof text);
    assert_string_equal(
        text, "test: warning: child did not stop by itself: killed\n");
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie */
}

static void test_complains(void **state)
{
    (void)state;
    char text[512];
    struct proc *p = start_shell("echo one; echo two >&2; exit 1", true);
    assert_int_equal(wait_end(p), 1);
    struct capture c = capture_start(STDERR_FILENO);
    proc_complain(p);
    capture_end(&c, text, sizeof text);
    assert_string_equal(text,
                        "test: error: child: one\ntest: error: child: two\n");
    proc_stop(&p, GRACE);
}

/* What is not quiet is passed on by whole lines, strangers' with their name. */
static void test_passes_on(void **state)
{
    (void)state;
    char text[512];
    struct proc *p;
    const char *const argv[] = {"sh", "-c", "printf 'a\\nb'; echo c >&2", NULL};
    struct proc_opts o = {
        .log = &log_here, .name = "child", .argv = argv, .foreign = true};
    struct capture c = capture_start(STDERR_FILENO);
    assert_int_equal(proc_start(&p, &o), 0);
    assert_int_equal(wait_end(p), 0);
    capture_end(&c, text, sizeof text);
    assert_string_equal(text, "child: a\nchild: bc\n");
    assert_string_equal(proc_last_line(p), "bc");
    proc_stop(&p, GRACE);
}

/* Of much output the end is kept, and nobody waits for a reader. */
static void test_keeps_the_end(void **state)
{
    (void)state;
    struct proc *p = start_shell(
        "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done "
        "2>/dev/null; exit 4",
        true);
    siginfo_t info = {0};
    assert_int_equal(waitid(P_PID, (id_t)proc_pid(p), &info, WEXITED | WNOWAIT),
                     0); /* nothing was read until here */
    assert_int_equal(wait_end(p), 4);
    assert_memory_equal(proc_last_line(p), "line ", 5);
    proc_stop(&p, GRACE);
}

static void test_status_and_state(void **state)
{
    (void)state;
    struct proc *p = start_self("told");
    int code;
    while (proc_running(p, &code))
        clock_sleep(NS_PER_MS);
    assert_string_equal(proc_status(p), "listening?");
    assert_string_equal(proc_state(p), "seed=1 at=2");
    proc_stop(&p, GRACE);
}

/* Only who has ever pinged can be found to hang. */
static void test_hangs(void **state)
{
    (void)state;
    struct proc *p;
    const char *const argv[] = {"/proc/self/exe", "ping", NULL};
    struct proc_opts o = {.log = &log_here,
                          .name = "child",
                          .argv = argv,
                          .watchdog_ns = 3 * NS_PER_S};
    const char *detail;
    int code;
    assert_int_equal(proc_start(&p, &o), 0);
    assert_false(proc_hangs(p, clock_now() + 100 * NS_PER_S));
    while (proc_watch_at(p) == INT64_MAX && proc_running(p, &code))
        clock_sleep(NS_PER_MS);
    assert_true(proc_ready(p, &detail));
    assert_string_equal(detail, "3000000"); /* WATCHDOG_USEC */
    assert_false(proc_hangs(p, clock_now()));
    assert_true(proc_hangs(p, clock_now() + 4 * NS_PER_S));
    proc_stop(&p, GRACE);
}

/* A child that has said it is at work for longer is given that, and no more
   than that; what is absurd is not heard. */
static void test_long_work_is_allowed(void **state)
{
    (void)state;
    struct proc *p;
    const char *const argv[] = {"/proc/self/exe", "busy", NULL};
    struct proc_opts o = {.log = &log_here,
                          .name = "child",
                          .argv = argv,
                          .watchdog_ns = 3 * NS_PER_S};
    int code;
    assert_int_equal(proc_start(&p, &o), 0);
    while (!*proc_status(p) && proc_running(p, &code))
        clock_sleep(NS_PER_MS);
    assert_false(proc_hangs(p, clock_now() + 50 * NS_PER_S));
    assert_true(proc_hangs(p, clock_now() + 61 * NS_PER_S));
    proc_stop(&p, GRACE);
}

/* What it started and left behind goes with it. */
static void test_group_goes_too(void **state)
{
    (void)state;
    int fds[2];
    char script[64], c;
    assert_int_equal(pipe(fds), 0);
    snprintf(script, sizeof script, "sleep 100 & echo up >&%d", fds[1]);
    struct proc *p = start_with(script, true, fds[1]);
    close(fds[1]);
    assert_int_equal(read(fds[0], &c, 1), 1);
    assert_int_equal(wait_end(p), 0);
    while (read(fds[0], &c, 1) > 0) /* until the last writer has ended */
        ;
    close(fds[0]);
    proc_stop(&p, GRACE);
}

/* A supervisor that is killed takes its children along. */
static void test_death_of_the_supervisor(void **state)
{
    (void)state;
    int fds[2];
    pid_t child = 0;
    assert_int_equal(pipe(fds), 0);
    pid_t supervisor = fork();
    if (supervisor == 0) {
        struct proc *p;
        char script[64];
        snprintf(script, sizeof script, "echo $$ >&%d; exec sleep 100", fds[1]);
        const char *const argv[] = {"sh", "-c", script, NULL};
        if (proc_start(&p, &(struct proc_opts){.log = &log_here,
                                               .name = "child",
                                               .argv = argv,
                                               .inherit = {fds[1]}}) < 0)
            _exit(1);
        pause();
    }
    close(fds[1]);
    char text[32] = {0};
    assert_true(read(fds[0], text, sizeof text - 1) > 0);
    child = (pid_t)atoi(text);
    assert_int_equal(kill(child, 0), 0);
    kill(supervisor, SIGKILL);
    waitpid(supervisor, NULL, 0);
    /* The pipe's last writer is the grandchild: end of file is its end. */
    assert_int_equal(read(fds[0], text, sizeof text), 0);
    close(fds[0]);
}

static int notify_and_wait(void)
{
    notify_ready("ready", "CPU, 5 partials");
    pause();
    return 0;
}

/* More messages than any queue holds; notify_ready() waits for its turn. */
static int chatter(bool insist)
{
    for (int i = 0; i < 1000; i++) {
        if (insist)
            notify_ready("ready", NULL);
        else
            notify_status("as before");
    }
    notify_stopping();
    return 7;
}

static int tell_things(void)
{
    notify_status("listening\x1b");
    notify_state("seed=1 at=2");
    return 0;
}

static int ping(void)
{
    notify_ready("ready", getenv("WATCHDOG_USEC"));
    sd_notify(0, "WATCHDOG=1");
    pause();
    return 0;
}

static int work_long(void)
{
    sd_notify(0, "WATCHDOG=1");
    notify_watchdog_allow(60 * NS_PER_S);
    sd_notify(0, "WATCHDOG_USEC=9223372036854775807");
    sd_notify(0, "WATCHDOG_USEC=-1");
    notify_status("at work");
    pause();
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "busy") == 0)
        return work_long();
    if (argc == 2 && strcmp(argv[1], "told") == 0)
        return tell_things();
    if (argc == 2 && strcmp(argv[1], "ping") == 0)
        return ping();
    if (argc == 2 && strcmp(argv[1], "status") == 0)
        return chatter(false);
    if (argc == 2 && strcmp(argv[1], "insist") == 0)
        return chatter(true);
    if (argc == 2 && strcmp(argv[1], "notify") == 0)
        return notify_and_wait();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_missing_program),
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_status_never_waits),
        cmocka_unit_test(test_running_listens),
        cmocka_unit_test(test_stop_kills_the_deaf),
        cmocka_unit_test(test_complains),
        cmocka_unit_test(test_passes_on),
        cmocka_unit_test(test_keeps_the_end),
        cmocka_unit_test(test_status_and_state),
        cmocka_unit_test(test_hangs),
        cmocka_unit_test(test_long_work_is_allowed),
        cmocka_unit_test(test_group_goes_too),
        cmocka_unit_test(test_death_of_the_supervisor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
