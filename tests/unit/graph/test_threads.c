// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/threads.h"

#include <pthread.h>

#include "tests/unit/test.h"

static void *enter(void *id)
{
    char name[16] = "";

    assert_int_equal(thread_self(), TH_NONE);
    thread_enter(*(enum thread_id *)id);
    assert_int_equal(thread_self(), TH_ENC);
    pthread_getname_np(pthread_self(), name, sizeof(name));
    assert_string_equal(name, "lw:enc");
    return NULL;
}

static void test_a_thread_says_who_it_is(void **state)
{
    (void)state;
    enum thread_id id = TH_ENC;
    pthread_t t;

    assert_int_equal(pthread_create(&t, NULL, enter, &id), 0);
    pthread_join(t, NULL);
    assert_int_equal(thread_self(), TH_NONE);
}

#define TIMES 20000

struct shared {
    pthread_mutex_t m;
    unsigned n;
};

static void *count(void *arg)
{
    struct shared *s = arg;

    for (int i = 0; i < TIMES; i++) {
        pthread_mutex_lock(&s->m);
        s->n++;
        pthread_mutex_unlock(&s->m);
    }
    return NULL;
}

static void test_one_at_a_time(void **state)
{
    (void)state;
    struct shared s = {.n = 0};
    pthread_t t[2];

    thread_mutex_init(&s.m);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&t[i], NULL, count, &s), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(s.n, 2 * TIMES);
    pthread_mutex_destroy(&s.m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thread_says_who_it_is),
        cmocka_unit_test(test_one_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
