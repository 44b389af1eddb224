// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/keep.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/proc.h"
#include "tests/unit/test.h"

static const struct log log_here = {.program = "test", .level = LOG_INFO};

/* Says its name once it was told to stop, a little later; or never. */
#define SAYS(name)                                                      \
    "trap 'sleep 0.2; echo " name " >&%d; exit 5' TERM; echo up >&%d; " \
    "while :; do sleep 0.02; done"
#define DEAF "trap '' TERM; echo up >&%d; while :; do sleep 0.02; done"

static struct proc *start(const char *const *argv, int line, int fd,
                          bool outlives)
{
    struct proc *p;
    struct proc_opts o = {.log = &log_here,
                          .name = "child",
                          .argv = argv,
                          .inherit = {line, fd},
                          .outlives = outlives};

    if (proc_start(&p, &o) < 0)
        abort();
    return p;
}

static struct proc *start_shell(const char *script, int fd)
{
    char text[256];
    const char *const argv[] = {"sh", "-c", text, NULL};

    snprintf(text, sizeof(text), script, fd, fd);
    return start(argv, 0, fd, false);
}

/* What a keeper is started as: this program, see main(). */
static struct proc *start_keeper(int line, const char *server, int fd)
{
    char number[16], text[256] = "";
    const char *const argv[] = {"/proc/self/exe",     "keep", number, "500",
                                server ? "sh" : NULL, "-c",   text,   NULL};

    snprintf(number, sizeof(number), "%d", line);
    if (server)
        snprintf(text, sizeof(text), server, fd, fd);
    return start(argv, line, fd, true);
}

static void wait_up(int fd, int n)
{
    char c;

    for (int lines = 0; lines < n && read(fd, &c, 1) == 1;)
        lines += c == '\n';
}

/* A supervisor with a keeper, a server and a client; is killed. */
static void supervise(int fd, int ready, const char *client)
{
    int line[2];

    if (keep_line(line) < 0)
        abort();
    /* both are inherited: the line by its number, fd by not being CLOEXEC */
    start_keeper(line[0], SAYS("server"), fd);
    close(line[0]);
    keep_add(line[1], proc_pid(start_shell(client, fd)), false);
    (void)!write(ready, "x", 1);
    pause();
}

static void kill_supervisor(const char *client, const char *expected)
{
    int out[2], ready[2];
    char text[64] = "", c;
    size_t n = 0;
    ssize_t r;

    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(out[0]);
        supervise(out[1], ready[1], client);
    }
    close(out[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    wait_up(out[0], 2);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    /* To the end of file: by then all of them have ended. */
    while ((r = read(out[0], text + n, sizeof(text) - 1 - n)) > 0)
        n += (size_t)r;
    text[n] = '\0';
    assert_string_equal(text, expected);
    close(out[0]);
    close(ready[0]);
    close(ready[1]);
}

static void test_client_first(void **state)
{
    (void)state;
    kill_supervisor(SAYS("client"), "client\nserver\n");
}

static void test_deaf_client_is_killed(void **state)
{
    (void)state;
    kill_supervisor(DEAF, "server\n");
}

static int wait_end(struct proc *p)
{
    int code;

    while (proc_running(p, &code))
        clock_sleep(NS_PER_MS);
    return code;
}

/* `killall longwave` is for the supervisor to deal with. */
static void test_stops_by_the_line_alone(void **state)
{
    int line[2], out[2], code;
    char text[64] = "";
    struct proc *keeper, *client;

    (void)state;
    assert_int_equal(pipe(out), 0);
    assert_int_equal(keep_line(line), 0);
    keeper = start_keeper(line[0], SAYS("server"), out[1]);
    client = start_shell(SAYS("client"), out[1]);
    keep_add(line[1], proc_pid(client), false);
    wait_up(out[0], 2);
    close(line[0]);
    proc_signal(keeper, SIGTERM);
    proc_signal(client, SIGTERM);
    assert_int_equal(wait_end(client), 5);
    keep_remove(line[1], proc_pid(client));
    assert_true(proc_running(keeper, &code));
    close(line[1]);
    assert_int_equal(wait_end(keeper), 5); /* the server's */
    assert_true(read(out[0], text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "client\nserver\n");
    proc_stop(&client, 0);
    proc_stop(&keeper, 0);
    close(out[0]);
    close(out[1]);
}

static void test_codes(void **state)
{
    static const struct {
        const char *script;
        int code;
    } all[] = {{"exit 3", 3}, {"kill -KILL $$", 128 + SIGKILL}};
    int line[2];

    (void)state;
    assert_int_equal(keep_line(line), 0);
    for (int i = 0; i < 2; i++) {
        struct proc *p = start_keeper(line[0], all[i].script, 0);
        assert_int_equal(wait_end(p), all[i].code);
        proc_stop(&p, 0);
    }
    close(line[0]);
    close(line[1]);
}

/* By which the supervisor knows what is its own. */
static void test_tells_the_server(void **state)
{
    const char *detail;
    char want[16], said[16] = "";
    int line[2], out[2];
    struct proc *p;

    (void)state;
    assert_int_equal(keep_line(line), 0);
    assert_int_equal(pipe(out), 0);
    p = start_keeper(line[0], "echo $$ >&%d; sleep 1000; :", out[1]);
    close(line[0]);
    close(out[1]);
    ssize_t n = read(out[0], want, sizeof(want) - 1);
    assert_true(n > 0);
    want[n] = '\0';
    want[strcspn(want, "\n")] = '\0';
    while (!proc_ready(p, &detail))
        clock_sleep(NS_PER_MS);
    snprintf(said, sizeof(said), "%s", detail);
    close(line[1]);
    proc_stop(&p, 5 * NS_PER_S);
    close(out[0]);
    assert_string_equal(said, want);
}

static void test_no_such_server(void **state)
{
    int line[2];
    char number[16];
    const char *const argv[] = {"/proc/self/exe", "keep", number, "500",
                                "/nowhere/jackd", NULL};
    struct proc *p;
    struct proc_opts o = {.log = &log_here,
                          .name = "jackd",
                          .argv = argv,
                          .quiet = true,
                          .outlives = true};

    (void)state;
    assert_int_equal(keep_line(line), 0);
    snprintf(number, sizeof(number), "%d", line[0]);
    o.inherit[0] = line[0];
    assert_int_equal(proc_start(&p, &o), 0);
    assert_int_equal(wait_end(p), KEEP_NO_EXEC);
    assert_string_equal(proc_last_line(p), "No such file or directory");
    proc_stop(&p, 0);
    close(line[0]);
    close(line[1]);
}

/* Somebody else's server: it keeps the clients alone. */
static void test_without_a_server(void **state)
{
    int line[2], code;
    struct proc *p;

    (void)state;
    assert_int_equal(keep_line(line), 0);
    p = start_keeper(line[0], NULL, 0);
    close(line[0]);
    assert_true(proc_running(p, &code));
    close(line[1]);
    assert_int_equal(wait_end(p), 0);
    proc_stop(&p, 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "keep") == 0)
        return keep_main(argc - 1, argv + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_first),
        cmocka_unit_test(test_deaf_client_is_killed),
        cmocka_unit_test(test_stops_by_the_line_alone),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_tells_the_server),
        cmocka_unit_test(test_no_such_server),
        cmocka_unit_test(test_without_a_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
