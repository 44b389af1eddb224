// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/aside.h"

#include <errno.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/threads.h"
#include "tests/unit/test.h"

/* Work that comes back when it is let. */
struct slow {
    sem_t begun, go;
    int made; /* by the work, for who asked for it */
};

static void work(void *arg)
{
    struct slow *s = arg;

    if (thread_self() != TH_ASIDE)
        return;
    sem_post(&s->begun);
    sem_wait(&s->go);
    s->made++;
}

static int setup(void **state)
{
    static struct slow s;

    s.made = 0;
    sem_init(&s.begun, 0, 0);
    sem_init(&s.go, 0, 0);
    *state = &s;
    return 0;
}

static void test_who_asks_goes_on(void **state)
{
    struct slow *s = *state;
    struct aside a = {.fd = -1};
    int64_t before = clock_now();

    assert_false(aside_busy(&a));
    assert_int_equal(aside_start(&a, work, s), 0);
    assert_true(a.since >= before);
    sem_wait(&s->begun);
    assert_true(aside_busy(&a));
    assert_true(aside_wait(&a, NS_PER_MS)); /* it hangs */
    sem_post(&s->go);
    while (aside_busy(&a))
        clock_sleep(NS_PER_MS);
    assert_int_equal(s->made, 1);

    assert_int_equal(aside_start(&a, work, s), 0); /* and once more */
    sem_post(&s->go);
    aside_join(&a);
    assert_false(aside_busy(&a));
    assert_int_equal(s->made, 2);
}

static void test_waits_no_longer_than_it_takes(void **state)
{
    struct slow *s = *state;
    struct aside a = {.fd = -1};

    assert_int_equal(aside_start(&a, work, s), 0);
    sem_post(&s->go);
    /* else it would be an hour */
    assert_false(aside_wait(&a, 3600 * NS_PER_S));
    assert_int_equal(s->made, 1);
    assert_false(aside_wait(&a, 3600 * NS_PER_S)); /* nothing is under way */
    aside_join(&a);
}

/* Readable means that it is done already. */
static void test_tells_that_it_is_done(void **state)
{
    struct slow *s = *state;
    struct aside a = {.fd = eventfd(0, EFD_CLOEXEC)};
    uint64_t pokes = 0;

    assert_true(a.fd >= 0);
    assert_int_equal(aside_start(&a, work, s), 0);
    sem_post(&s->go);
    assert_int_equal(read(a.fd, &pokes, sizeof(pokes)), sizeof(pokes));
    assert_int_equal(pokes, 1);
    assert_false(aside_busy(&a));
    assert_int_equal(s->made, 1);
    close(a.fd);
}

static void test_one_that_nobody_waits_for(void **state)
{
    struct slow *s = *state;

    assert_int_equal(aside_forget(work, s), 0);
    sem_wait(&s->begun);
    sem_post(&s->go);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_who_asks_goes_on),
        TEST(test_waits_no_longer_than_it_takes),
        TEST(test_tells_that_it_is_done),
        TEST(test_one_that_nobody_waits_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
