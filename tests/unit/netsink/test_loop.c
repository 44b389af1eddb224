// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/loop.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "tests/unit/test.h"

#define N       10000
#define THREADS 4

struct log {
    struct loop *loop;
    uint32_t n;
    uint32_t seen[THREADS]; /* the next number of each thread */
    int wrong;
};

struct note {
    struct log *log;
    uint32_t thread, number;
};

static void take_note(void *ctx)
{
    struct note *n = ctx;

    loop_assert(n->log->loop);
    n->log->wrong += n->log->seen[n->thread] != n->number;
    n->log->seen[n->thread]++;
    n->log->n++;
    free(n);
}

static void post_note(struct log *log, uint32_t thread, uint32_t number)
{
    struct note *n = malloc(sizeof(*n));

    *n = (struct note){log, thread, number};
    assert_int_equal(loop_post(log->loop, take_note, n), 0);
}

struct poster {
    struct log *log;
    uint32_t thread;
};

static void *post_many(void *ctx)
{
    const struct poster *p = ctx;

    for (uint32_t i = 0; i < N; i++)
        post_note(p->log, p->thread, i);
    return NULL;
}

/* From many threads, each one's in order, all before the stop. */
static void test_every_letter_once_in_order(void **state)
{
    struct log log = {0};
    struct poster p[THREADS];
    pthread_t t[THREADS];
    (void)state;

    assert_int_equal(loop_new(&log.loop, TH_FAN), 0);
    assert_int_equal(loop_start(log.loop), 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        p[i] = (struct poster){&log, i};
        pthread_create(&t[i], NULL, post_many, &p[i]);
    }
    for (uint32_t i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    loop_stop(log.loop);
    loop_join(log.loop);
    assert_int_equal(log.n, THREADS * N);
    assert_int_equal(log.wrong, 0);
    loop_free(&log.loop);
    assert_null(log.loop);
    loop_free(&log.loop);
}

/* A loop that never ran, or has ended, still does what it was asked for. */
static void test_free_runs_the_rest(void **state)
{
    struct log log = {0};
    (void)state;

    assert_int_equal(loop_new(&log.loop, TH_FAN), 0);
    for (uint32_t i = 0; i < 3 * LOOP_SLICE; i++)
        post_note(&log, 0, i);
    loop_free(&log.loop);
    assert_int_equal(log.n, 3 * LOOP_SLICE);
    assert_int_equal(log.wrong, 0);
}

struct again {
    struct loop *loop;
    struct loop_letter letter;
    uint32_t n;
};

/* A letter is free to be sent anew once it is opened. */
static void send_again(void *ctx)
{
    struct again *a = ctx;

    if (++a->n < N)
        loop_send(a->loop, &a->letter);
    else
        loop_stop(a->loop);
}

static void test_a_letter_is_sent_again(void **state)
{
    struct again a = {0};
    (void)state;

    a.letter = (struct loop_letter){.fn = send_again, .ctx = &a};
    assert_int_equal(loop_new(&a.loop, TH_EV), 0);
    for (int i = 0; i < 5; i++)
        loop_send(a.loop, &a.letter); /* once */
    assert_int_equal(loop_run(a.loop), 0);
    assert_int_equal(a.n, N);
    loop_free(&a.loop);
}

static void count(void *ctx)
{
    ++*(uint32_t *)ctx;
}

static void test_a_letter_is_taken_back(void **state)
{
    struct loop *l;
    uint32_t n[3] = {0};
    struct loop_letter a[3];
    (void)state;

    assert_int_equal(loop_new(&l, TH_EV), 0);
    for (int i = 0; i < 3; i++) {
        a[i] = (struct loop_letter){.fn = count, .ctx = &n[i]};
        loop_send(l, &a[i]);
    }
    loop_recall(l, &a[2]);
    loop_recall(l, &a[1]);
    loop_recall(l, &a[1]);
    loop_send(l, &a[2]);
    loop_stop(l);
    assert_int_equal(loop_run(l), 0);
    loop_recall(l, &a[0]);
    loop_free(&l);
    assert_int_equal(n[0], 1);
    assert_int_equal(n[1], 0);
    assert_int_equal(n[2], 1);
}

struct crowd {
    struct loop *loop;
    uint32_t opened, at_timer;
};

static void on_time(evutil_socket_t fd, short what, void *ctx)
{
    struct crowd *c = ctx;
    (void)fd;
    (void)what;

    c->at_timer = c->opened;
    loop_stop(c->loop);
}

/* However many letters there are, what is urgent comes in between. */
static void test_letters_hold_up_nothing_urgent(void **state)
{
    const struct timeval now = {0};
    struct crowd c = {0};
    (void)state;

    assert_int_equal(loop_new(&c.loop, TH_EV), 0);
    for (uint32_t i = 0; i < 100 * LOOP_SLICE; i++)
        assert_int_equal(loop_post(c.loop, count, &c.opened), 0);
    struct event *e = event_new(loop_base(c.loop), -1, 0, on_time, &c);
    event_priority_set(e, LOOP_URGENT);
    event_add(e, &now);
    assert_int_equal(loop_run(c.loop), 0);
    assert_true(c.at_timer <= 2 * LOOP_SLICE);
    assert_int_equal(c.opened, 100 * LOOP_SLICE);
    event_free(e);
    loop_free(&c.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_letter_once_in_order),
        cmocka_unit_test(test_free_runs_the_rest),
        cmocka_unit_test(test_a_letter_is_sent_again),
        cmocka_unit_test(test_a_letter_is_taken_back),
        cmocka_unit_test(test_letters_hold_up_nothing_urgent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
