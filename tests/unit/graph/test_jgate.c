// SPDX-License-Identifier: GPL-3.0-or-later
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/jgate.h"
#include "tests/unit/test.h"

#define THREADS 4
#define ROUNDS  50

static char server[64]; /* of this run alone */

struct crowd {
    _Atomic int inside, most, without;
};

static void *pass(void *arg)
{
    struct crowd *c = arg;

    for (int i = 0; i < ROUNDS; i++) {
        int gate = jgate_enter(server);
        if (gate < 0) {
            atomic_fetch_add(&c->without, 1);
            continue;
        }
        int n = atomic_fetch_add(&c->inside, 1) + 1;
        if (n > atomic_load(&c->most))
            atomic_store(&c->most, n);
        clock_sleep(10000);
        atomic_fetch_sub(&c->inside, 1);
        jgate_leave(gate, server);
    }
    return NULL;
}

static void test_one_at_a_time(void **state)
{
    struct crowd c = {0};
    pthread_t thread[THREADS];
    char path[160];
    struct stat st;
    (void)state;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, pass, &c), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(atomic_load(&c.most), 1);
    snprintf(path, sizeof(path), "/dev/shm/longwave-%u-%s.gate",
             (unsigned)getuid(), server);
    assert_int_equal(stat(path, &st), -1); /* nothing is left behind */
}

/* Who hangs in it keeps nobody for good; another server has another gate. */
static void test_a_stuck_one_is_passed(void **state)
{
    int stuck = jgate_enter(server), other = jgate_enter("another/test");
    int64_t begun = clock_now();
    (void)state;

    assert_true(stuck >= 0 && other >= 0);
    jgate_leave(other, "another/test");
    assert_int_equal(jgate_enter(server), -1);
    assert_true(clock_now() - begun >= JGATE_PATIENCE_MS * NS_PER_MS);
    jgate_leave(-1, server);
    jgate_leave(stuck, server);
}

static void test_which_server(void **state)
{
    (void)state;
    unsetenv("JACK_DEFAULT_SERVER");
    assert_string_equal(jgate_server(NULL), "default");
    assert_string_equal(jgate_server("studio"), "studio");
    setenv("JACK_DEFAULT_SERVER", "live", 1);
    assert_string_equal(jgate_server(NULL), "live");
    assert_string_equal(jgate_server("studio"), "studio");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_a_stuck_one_is_passed),
        cmocka_unit_test(test_which_server),
    };

    snprintf(server, sizeof(server), "test-%d", (int)getpid());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
