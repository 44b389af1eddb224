// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/usage.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "tests/unit/test.h"

/* Uses CPU time until told to stop. */
static void *work(void *arg)
{
    atomic_bool *stop = arg;

    pthread_setname_np(pthread_self(), "lw:worker");
    while (!atomic_load(stop))
        ;
    return NULL;
}

static const struct usage_thread *named(const struct usage_summary *s,
                                        const char *name)
{
    for (uint32_t i = 0; i < s->n_threads; i++) {
        if (strcmp(s->threads[i].name, name) == 0)
            return &s->threads[i];
    }
    return NULL;
}

/* Until the thread has used so much, by its own clock. */
static void wait_cpu(pthread_t thread, int64_t ns)
{
    struct timespec t;
    clockid_t clock;

    assert_int_equal(pthread_getcpuclockid(thread, &clock), 0);
    do {
        clock_sleep(NS_PER_MS);
        clock_gettime(clock, &t);
    } while (t.tv_sec * NS_PER_S + t.tv_nsec < ns);
}

static void test_a_thread_that_works_is_told_by_name(void **state)
{
    (void)state;
    struct usage *u;
    struct usage_summary s;
    pthread_t thread;
    atomic_bool stop = false;

    assert_int_equal(usage_new(&u), 0);
    assert_int_equal(pthread_create(&thread, NULL, work, &stop), 0);
    wait_cpu(thread, NS_PER_MS);
    usage_sample(u, NS_PER_S, 0, 0);
    wait_cpu(thread, 100 * NS_PER_MS);
    usage_sample(u, 2 * NS_PER_S, 0, 0);
    usage_summary(u, &s);
    const struct usage_thread *t = named(&s, "lw:worker");
    assert_non_null(t);
    /* Ticks of the clock may be as coarse as 10 ms. */
    assert_true(t->total >= 0.08);
    assert_true(t->cpu.now > 0.05);
    assert_true(s.cpu.now >= t->cpu.now * 0.8);
    assert_true(s.cpu_total >= 0.08);
    assert_true(s.memory.now > 100e3);
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    /* What it used stays told. */
    double total = t->total;
    usage_sample(u, 3 * NS_PER_S, 0, 0);
    usage_summary(u, &s);
    assert_true(named(&s, "lw:worker")->total >= total);
    usage_free(&u);
    assert_null(u);
}

static void test_minutes_and_hours(void **state)
{
    (void)state;
    struct usage *u;
    struct usage_summary s;

    assert_int_equal(usage_new(&u), 0);
    usage_summary(u, &s);
    assert_true(s.sent.now == 0 && s.sent.hour_mean == 0);
    /* Two hours: the first is forgotten. */
    for (int i = 0; i <= 2 * USAGE_S; i++) {
        double sent = i <= USAGE_S ? 1e9 : i > 2 * USAGE_S - 60 ? 200 : 100;
        usage_sample(u, (i + 1) * NS_PER_S, sent, (uint64_t)i * NS_PER_MS);
    }
    usage_summary(u, &s);
    assert_true(s.sent.now == 200);
    assert_true(fabs(s.sent.minute_mean - 200) < 1e-3);
    assert_true(s.sent.minute_max == 200);
    assert_true(fabs(s.sent.hour_mean - 100 - 100 / 60.0) < 1e-3);
    assert_true(s.sent.hour_max == 200);
    assert_true(fabs(s.encode.hour_mean - 1e-3) < 1e-6);
    usage_free(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thread_that_works_is_told_by_name),
        cmocka_unit_test(test_minutes_and_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
