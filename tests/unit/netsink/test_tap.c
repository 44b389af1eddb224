// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/tap.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "graph/clock.h"
#include "tests/unit/test.h"

#define N     256
#define ROUND (1 << 20) /* numbers that a float holds exactly */

#define RATE 48000

/* When frame k of the graph's time is, ns. */
static int64_t when(uint64_t k)
{
    return 7 * NS_PER_S + (int64_t)k * NS_PER_S / RATE;
}

/* Frame number k is heard as k on the left and -k on the right. */
static void cycle(struct tap *t, uint64_t k, uint32_t n, uint32_t lost,
                  bool freewheel)
{
    float left[N], right[N];
    const float *in[2] = {left, right};
    struct jclient_cycle c = {.n_frames = n,
                              .lost = lost,
                              .rate = RATE,
                              .time = when(k),
                              .freewheel = freewheel,
                              .in = in};

    for (uint32_t i = 0; i < n; i++) {
        left[i] = (float)((k + i) % ROUND);
        right[i] = -left[i];
    }
    tap_process_rt(t, &c);
}

static void put(struct tap *t, uint64_t k, uint32_t n, uint32_t lost)
{
    cycle(t, k, n, lost, false);
}

static void check(const struct tap_block *b, const float *f)
{
    assert_int_equal(b->rate, RATE);
    assert_in_range(b->time, when(b->position) - 2, when(b->position));
    for (uint32_t i = 0; i < b->n_frames; i++) {
        float want = (float)((b->position + i) % ROUND);
        assert_true(f[2 * i] == want);
        assert_true(f[2 * i + 1] == -want);
    }
}

static void test_refuses(void **state)
{
    (void)state;
    struct tap *t;
    assert_int_equal(tap_new(&t, 0, 48000, 1), -EINVAL);
    assert_null(t);
    assert_int_equal(tap_new(&t, 99, 48000, 1), -EINVAL);
    assert_int_equal(tap_new(&t, 2, 48000, 0), -EINVAL);
    assert_int_equal(tap_new(&t, 2, 48000, 1e9), -EINVAL);
    tap_free(&t); /* NULL */
}

static void test_cycles_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct tap *t;
    struct tap_block b;
    float f[2 * N];

    assert_int_equal(tap_new(&t, 2, 48000, 0.1), 0);
    assert_int_equal(tap_read(t, &b, f, N), 0);
    put(t, 0, N, 0);
    put(t, N, 32, 0);
    assert_int_equal(tap_read(t, &b, f, N), 1);
    assert_int_equal(b.position, 0);
    assert_int_equal(b.n_frames, N);
    check(&b, f);
    assert_int_equal(tap_read(t, &b, f, N), 1);
    assert_int_equal(b.position, N);
    assert_int_equal(b.n_frames, 32);
    check(&b, f);
    assert_int_equal(tap_read(t, &b, f, N), 0);
    assert_int_equal(tap_lost(t), 0);
    tap_free(&t);
    assert_null(t);
}

static void test_a_large_cycle_comes_in_pieces(void **state)
{
    (void)state;
    struct tap *t;
    struct tap_block b;
    float f[2 * 100];
    uint32_t got = 0;

    assert_int_equal(tap_new(&t, 2, 48000, 0.1), 0);
    put(t, 0, N, 0);
    while (tap_read(t, &b, f, 100)) {
        assert_int_equal(b.position, got);
        check(&b, f);
        got += b.n_frames;
    }
    assert_int_equal(got, N);
    tap_free(&t);
}

static void test_what_jack_skipped_moves_the_position(void **state)
{
    (void)state;
    struct tap *t;
    struct tap_block b;
    float f[2 * N];

    assert_int_equal(tap_new(&t, 2, 48000, 0.1), 0);
    put(t, 1000, N, 1000);
    assert_int_equal(tap_read(t, &b, f, N), 1);
    assert_int_equal(b.position, 1000);
    check(&b, f);
    assert_int_equal(tap_lost(t), 1000);
    put(t, 1000 + N + 7, N, 7);
    assert_int_equal(tap_read(t, &b, f, N), 1);
    assert_int_equal(b.position, 1000 + N + 7);
    assert_int_equal(tap_lost(t), 1007);
    tap_free(&t);
}

static void test_a_full_ring_drops_whole_cycles_and_counts_them(void **state)
{
    (void)state;
    struct tap *t;
    struct tap_block b;
    float f[2 * N];
    uint64_t next = 0, kept = 0;

    assert_int_equal(tap_new(&t, 2, N * 4, 1), 0); /* four cycles */
    for (; next < N * 10; next += N)
        put(t, next, N, 0);
    assert_int_equal(tap_lost(t), N * 6);
    for (; tap_read(t, &b, f, N); kept++) {
        assert_int_equal(b.position, kept * N);
        check(&b, f);
    }
    assert_int_equal(kept, 4);
    put(t, next, N, 0);
    assert_int_equal(tap_read(t, &b, f, N), 1);
    assert_int_equal(b.position, next);
    check(&b, f);
    tap_free(&t);
}

static void test_a_restart_is_another_graph(void **state)
{
    (void)state;
    struct tap *t;
    struct tap_block b;
    float f[2 * N];

    assert_int_equal(tap_new(&t, 2, RATE, 0.1), 0);
    put(t, 0, N, 0);
    put(t, N, N, 0);
    tap_restart(t);
    put(t, 0, N, 0);
    put(t, N, N, 0);
    /* What is there of the old one comes first. */
    for (uint32_t graph = 0; graph < 2; graph++)
        for (uint32_t i = 0; i < 2; i++) {
            assert_int_equal(tap_read(t, &b, f, N), 1);
            assert_int_equal(b.graph, graph);
            assert_int_equal(b.position, i * N);
            check(&b, f);
        }
    assert_int_equal(tap_read(t, &b, f, N), 0);
    assert_int_equal(tap_lost(t), 0);
    tap_free(&t);
}

static void test_freewheel_goes_by(void **state)
{
    (void)state;
    struct tap *t;
    struct tap_block b;
    float f[2 * N];

    assert_int_equal(tap_new(&t, 2, RATE, 0.1), 0);
    put(t, 0, N, 0);
    assert_int_equal(tap_read(t, &b, f, N), 1);
    for (uint64_t k = 1; k < 1000; k++) /* far more than it has room for */
        cycle(t, k * N, N, 0, true);
    assert_int_equal(tap_read(t, &b, f, N), 0);
    assert_int_equal(tap_lost(t), 999 * N);
    /* What JACK has to say about frames between is not to be believed. */
    put(t, 0, N, 12345678);
    assert_int_equal(tap_read(t, &b, f, N), 1);
    assert_int_equal(b.graph, 1);
    assert_int_equal(b.position, 0);
    check(&b, f);
    put(t, N, N, 0);
    assert_int_equal(tap_read(t, &b, f, N), 1);
    assert_int_equal(b.graph, 1);
    assert_int_equal(b.position, N);
    assert_int_equal(tap_lost(t), 999 * N);
    tap_free(&t);
}

#define CYCLES 20000

struct writer {
    struct tap *tap;
    atomic_bool done;
    uint64_t end; /* position after the last frame */
};

static void *write_cycles(void *arg)
{
    struct writer *w = arg;
    for (uint32_t i = 0; i < CYCLES; i++) {
        uint32_t n = 1 + i * 7919 % N, lost = i % 97 == 0 ? 13 : 0;
        put(w->tap, w->end + lost, n, lost);
        w->end += lost + n;
        if (i % 8 == 0)
            sched_yield();
    }
    atomic_store_explicit(&w->done, true, memory_order_release);
    return NULL;
}

static void test_a_writer_beside_a_reader(void **state)
{
    (void)state;
    struct writer w = {0};
    struct tap_block b;
    float f[2 * N];
    uint64_t next = 0, missing = 0;
    pthread_t thread;

    assert_int_equal(tap_new(&w.tap, 2, 2048, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_cycles, &w), 0);
    for (;;) {
        bool done = atomic_load_explicit(&w.done, memory_order_acquire);
        if (!tap_read(w.tap, &b, f, 100)) {
            if (done)
                break;
            sched_yield();
            continue;
        }
        assert_true(b.position >= next);
        check(&b, f);
        missing += b.position - next;
        next = b.position + b.n_frames;
    }
    pthread_join(thread, NULL);
    missing += w.end - next;
    /* Every frame that didn't come was counted, and no other. */
    assert_int_equal(tap_lost(w.tap), missing);
    assert_true(next > 0);
    tap_free(&w.tap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_cycles_come_out_as_they_went_in),
        cmocka_unit_test(test_a_large_cycle_comes_in_pieces),
        cmocka_unit_test(test_what_jack_skipped_moves_the_position),
        cmocka_unit_test(test_a_full_ring_drops_whole_cycles_and_counts_them),
        cmocka_unit_test(test_a_restart_is_another_graph),
        cmocka_unit_test(test_freewheel_goes_by),
        cmocka_unit_test(test_a_writer_beside_a_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
