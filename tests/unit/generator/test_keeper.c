// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/threads.h"
#include "tests/unit/graph/capture.h"
#include "tests/unit/test.h"

#define LONG (60 * NS_PER_S) /* nothing here waits for so long */

struct client {
    struct log log;
    const char *name;
    double loud;
    bool stuck; /* no thread moves */
    uint64_t turns;
    uint32_t refreshed;
    struct cli_option options[3];
    struct cli_program p;
    struct keeper s;
    char said[4096]; /* on stderr, by the last call that was caught */
};

static char folder[] = "/tmp/longwave-test-XXXXXX";
static char state_path[64];

static void refresh(void *ctx)
{
    ((struct client *)ctx)->refreshed++;
}

static uint32_t progress(void *ctx, uint64_t count[WATCHDOG_COUNTS])
{
    struct client *c = ctx;

    count[0] = c->stuck ? c->turns : ++c->turns;
    return 1;
}

static char *told(void *ctx, const char *question)
{
    const struct client *c = ctx;
    char *text = NULL;

    if (asprintf(&text, "%s of %s", question, c->name) < 0)
        return NULL;
    return text;
}

static int begin(struct client *c, const char *path)
{
    struct capture caught;
    int r;

    *c = (struct client){.log = {.program = "prog", .level = LOG_INFO},
                         .name = "prog",
                         .loud = -3};
    struct cli_option options[] = {
        {"name", CLI_STRING, &c->name, "N", "", .keep = CLI_KEEP_NEVER},
        {"loud", CLI_REAL, &c->loud, "DB", "", .min = -9, .max = 9,
         .keep = CLI_KEEP_ALWAYS},
        {NULL},
    };
    memcpy(c->options, options, sizeof(options));
    c->p = (struct cli_program){.name = "prog", .options = c->options};
    assert_int_equal(cli_parse(&c->p, 1, (char *[]){"prog", NULL}), 1);
    caught = capture_start(STDERR_FILENO);
    r = keeper_begin(&c->s, &(struct keeper_opts){.log = &c->log,
                                                  .program = &c->p,
                                                  .state = path,
                                                  .name = &c->name,
                                                  .refresh = refresh,
                                                  .progress = progress,
                                                  .told = told,
                                                  .ctx = c});
    if (r == 1)
        r = keeper_ready(&c->s, "ready") ? -1 : 1;
    capture_end(&caught, c->said, sizeof(c->said));
    return r;
}

static void end(struct client *c)
{
    keeper_end(&c->s);
    cli_fini(&c->p);
}

/* What keeper_wait() says, caught. */
static bool ends(struct client *c, int64_t ns)
{
    struct capture caught = capture_start(STDERR_FILENO);
    bool r = keeper_wait(&c->s, ns, -1);

    capture_end(&caught, c->said, sizeof(c->said));
    return r;
}

static void test_signals_end_it(void **state)
{
    (void)state;
    static const int all[] = {SIGINT, SIGTERM, SIGHUP};
    struct client c;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(begin(&c, NULL), 1);
        assert_false(ends(&c, 0));
        kill(getpid(), all[i]);
        assert_true(ends(&c, LONG));
        end(&c);
    }
}

static void test_another_wakes_it(void **state)
{
    (void)state;
    struct client c;
    int fd[2];

    assert_int_equal(begin(&c, NULL), 1);
    assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
    assert_int_equal(write(fd[1], "x", 1), 1);
    assert_false(keeper_wait(&c.s, LONG, fd[0]));
    close(fd[0]);
    close(fd[1]);
    end(&c);
}

static void test_saves_when_asked(void **state)
{
    (void)state;
    struct client c;

    unlink(state_path);
    assert_int_equal(begin(&c, state_path), 1);
    assert_int_not_equal(access(state_path, F_OK), 0);
    c.loud = 4.5;
    kill(getpid(), SIGUSR1);
    assert_false(ends(&c, 0));
    assert_non_null(strstr(c.said, "state saved to "));
    assert_int_equal(c.refreshed, 1);
    end(&c);
    assert_int_equal(begin(&c, state_path), 1);
    assert_true(c.loud == 4.5);
    /* asked to save and to end at once, it does both */
    c.loud = 5;
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGTERM);
    assert_true(ends(&c, LONG));
    assert_non_null(strstr(c.said, "state saved to "));
    end(&c);
}

static void test_nowhere_to_save(void **state)
{
    (void)state;
    struct client c;

    assert_int_equal(begin(&c, NULL), 1);
    kill(getpid(), SIGUSR1);
    assert_false(ends(&c, 0));
    assert_non_null(strstr(c.said, "warning: SIGUSR1"));
    assert_non_null(strstr(c.said, "--state FILE"));
    end(&c);
    assert_int_equal(begin(&c, "/nowhere/at/all.yaml"), 1);
    kill(getpid(), SIGUSR1);
    assert_false(ends(&c, 0)); /* said, and it goes on */
    assert_non_null(strstr(c.said, "error: the state is not saved: "));
    end(&c);
}

static void test_broken_state(void **state)
{
    (void)state;
    struct client c;
    FILE *f = fopen(state_path, "w");

    fputs("loud: very\n", f);
    fclose(f);
    assert_int_equal(begin(&c, state_path), -EINVAL);
    assert_non_null(strstr(c.said, "state.yaml:1: key 'loud': found 'very'"));
    end(&c);
}

/* How many pings came to the socket, which is emptied. */
static int pings(int fd)
{
    char text[64];
    int n = 0;

    while (recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0)
        n++;
    return n;
}

/* Until so many have come. */
static void wait_pings(struct client *c, int fd, int n)
{
    for (int i = 0; n > 0 && i < 1000; i++) {
        keeper_wait(&c->s, 10 * NS_PER_MS, -1);
        n -= pings(fd);
    }
    assert_true(n <= 0);
}

static void test_watchdog(void **state)
{
    (void)state;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct client c;

    snprintf(a.sun_path, sizeof(a.sun_path), "%s/notify", folder);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    setenv("NOTIFY_SOCKET", a.sun_path, 1);
    setenv("WATCHDOG_USEC", "20000", 1);
    assert_int_equal(begin(&c, NULL), 1);
    pings(fd);
    wait_pings(&c, fd, 5);
    c.stuck = true;
    pings(fd);
    keeper_wait(&c.s, 100 * NS_PER_MS, -1);
    assert_int_equal(pings(fd), 0);
    c.stuck = false;
    wait_pings(&c, fd, 1);
    end(&c);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unlink(a.sun_path);
    close(fd);
}

static void test_never_begun(void **state)
{
    (void)state;
    struct keeper s = {.signals = -1};

    keeper_end(&s);
}

static int setup(void **state)
{
    (void)state;
    unsetenv("NSM_URL");
    if (!mkdtemp(folder))
        return -1;
    snprintf(state_path, sizeof(state_path), "%s/state.yaml", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(state_path);
    return rmdir(folder);
}

/* By the client's name, and no longer by the one that it had. */
static void test_who_asks_is_answered(void **state)
{
    struct client c;
    struct tell_ask *a;
    char server[64], *text;

    (void)state;
    snprintf(server, sizeof(server), "keeper test %ld", (long)getpid());
    assert_int_equal(begin(&c, NULL), 1);
    keeper_tell(&c.s, server, "one");
    keeper_tell(&c.s, server, "one");
    assert_int_equal(tell_ask_begin(&a, server, "one", "levels"), 0);
    assert_false(ends(&c, 10 * NS_PER_MS));
    assert_int_equal(tell_ask_step(a, &text), 1);
    assert_string_equal(text, "levels of prog");
    free(text);
    tell_ask_end(&a);
    keeper_tell(&c.s, server, "two");
    assert_int_equal(tell_ask_begin(&a, server, "one", ""), -ENOENT);
    assert_int_equal(tell_ask_begin(&a, server, "two", ""), 0);
    tell_ask_end(&a);
    end(&c);
    assert_int_equal(tell_ask_begin(&a, server, "two", ""), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals_end_it),
        cmocka_unit_test(test_another_wakes_it),
        cmocka_unit_test(test_saves_when_asked),
        cmocka_unit_test(test_nowhere_to_save),
        cmocka_unit_test(test_broken_state),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_never_begun),
        cmocka_unit_test(test_who_asks_is_answered),
    };

    thread_enter(TH_MAIN);
    return cmocka_run_group_tests(tests, setup, teardown);
}
