// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/pace.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "graph/clock.h"
#include "tests/unit/test.h"

#define START INT64_C(1000000000000)
#define POLL  (5 * NS_PER_MS)

/* A card, a server and a scheduler, without time passing. */
struct world {
    uint32_t rate, period;   /* JACK's */
    double ppm;              /* the card's clock is so much too fast */
    double delay;            /* ns, of a poll: up to it, evenly */
    int64_t stall_at, stall; /* ns after the start; nothing is polled in it */

    struct pace *p;
    uint64_t random;
    uint64_t end; /* packets there */
};

static double even(struct world *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (double)(w->random >> 11) / 9007199254740992.0;
}

/* Packets complete t ns after the start: whole periods of frames count. */
static uint64_t packets(const struct world *w, double t)
{
    double frames = t / 1e9 * w->rate * (1 + w->ppm * 1e-6);
    double whole = floor(frames / w->period) * w->period;

    return (uint64_t)(whole / w->rate * 50);
}

static int64_t poll(struct world *w, int64_t at)
{
    int64_t t = at + (int64_t)(even(w) * w->delay);

    if (t > w->stall_at && t < w->stall_at + w->stall)
        t = w->stall_at + w->stall;
    uint64_t end = packets(w, (double)t);
    if (end > w->end) {
        w->end = end;
        pace_put(w->p, end, START + t);
    }
    return t;
}

struct seen {
    uint32_t steps, missing;
    double worst_step; /* off 20 ms, ns */
    double behind;     /* the clock behind the time of an ideal packet, ns */
};

/* Someone who sends each packet when its time has come, from 60 s on. */
static struct seen run(struct world *w, double seconds)
{
    struct seen s = {0};
    uint64_t next = 0;
    int64_t sent = 0;
    double position = 0;

    w->random = 88172645463325252u;
    w->end = 0;
    assert_int_equal(pace_new(&w->p), 0);
    assert_int_equal(pace_time(w->p, 5), 0);
    for (int64_t at = 0; at < (int64_t)(seconds * 1e9);) {
        int64_t t = poll(w, at);
        at += (t - at) / POLL * POLL + POLL;
        if (w->end == 0)
            continue;
        double x = pace_position(w->p, START + t);
        assert_true(x >= position);
        position = x;
        if (t < 60 * NS_PER_S)
            continue;
        if (next == 0)
            next = (uint64_t)x + 1;
        while (pace_time(w->p, next) <= START + t) {
            int64_t now = pace_time(w->p, next);
            s.missing += next > w->end;
            if (sent > 0) {
                s.worst_step =
                    fmax(s.worst_step, fabs((double)(now - sent) - 20e6));
                s.steps++;
            }
            sent = now;
            s.behind = (double)(now - START) -
                       (double)next * 20e6 / (1 + w->ppm * 1e-6);
            next++;
        }
    }
    pace_free(&w->p);
    return s;
}

static void test_even_and_in_time(void **state)
{
    (void)state;
    static const uint32_t rates[] = {44100, 48000};
    static const double drifts[] = {-200, 0, 13, 200};

    for (uint32_t i = 0; i < 2 * 8 * 4; i++) {
        struct world w = {.rate = rates[i % 2],
                          .period = 16u << i / 2 % 8,
                          .ppm = drifts[i / 16],
                          .delay = 2e6};
        struct seen s = run(&w, 150);
        double period = 1e9 * w.period / w.rate;
        assert_in_range(s.steps, 4400, 4600);
        assert_true(s.worst_step < 0.2e6);
        assert_int_equal(s.missing, 0);
        /* And no later than it has to be. */
        assert_true(s.behind < period + (double)POLL + w.delay + 8e6);
    }
}

/* [enc] or the whole machine stands still for 2 s: the clock goes on as if
   nothing had been, and a stall is a stall once. */
static void test_a_stall_does_not_move_it(void **state)
{
    (void)state;
    struct world w = {.rate = 48000,
                      .period = 256,
                      .ppm = 50,
                      .delay = 2e6,
                      .stall_at = 80 * NS_PER_S,
                      .stall = 2 * NS_PER_S};
    struct seen s = run(&w, 150);

    assert_in_range(s.steps, 4400, 4600);
    assert_true(s.worst_step < 0.2e6);
    assert_true(s.behind < 20e6);
    w.stall = 0;
    struct seen calm = run(&w, 150);
    assert_true(fabs(s.behind - calm.behind) < 1e6);
}

static void test_late_time_and_again_is_reckoned_with(void **state)
{
    (void)state;
    struct pace *p;
    uint64_t missing = 0;

    assert_int_equal(pace_new(&p), 0);
    for (uint64_t seq = 0; seq < 6000; seq++) {
        int64_t t = START + (int64_t)seq * 20 * NS_PER_MS;
        if (seq % 100 == 99)
            t += 15 * NS_PER_MS; /* every two seconds */
        if (seq > 3000)
            missing += pace_time(p, seq) < t;
        pace_put(p, seq, t);
    }
    assert_int_equal(missing, 0);
    pace_free(&p);
}

/* After a break in time packets have other times, at once. */
static void test_is_set_again_after_a_jump(void **state)
{
    (void)state;
    static const int64_t jumps[] = {3 * NS_PER_S, -3 * NS_PER_S};

    for (uint32_t i = 0; i < 2; i++) {
        struct pace *p;
        assert_int_equal(pace_new(&p), 0);
        double position = 0;
        for (uint64_t seq = 1; seq < 3000; seq++) {
            int64_t t = START + (int64_t)seq * 20 * NS_PER_MS;
            uint64_t end = seq;
            if (seq >= 1500 && jumps[i] > 0)
                t += jumps[i]; /* nothing for so long */
            if (seq >= 1500 && jumps[i] < 0)
                end += 150; /* packets from nowhere */
            pace_put(p, end, t);
            double x = pace_position(p, t);
            assert_true(x >= position);
            position = x;
            assert_true(pace_position(p, t + NS_PER_S) > x + 49);
            if (seq != 1500)
                assert_true(fabs(x - (double)end) < 0.5);
            int64_t off = pace_time(p, end) - t;
            assert_true(off >= 0 && off < 10 * NS_PER_MS);
        }
        pace_free(&p);
    }
}

static void test_position_is_time_the_other_way_round(void **state)
{
    (void)state;
    struct pace *p;

    assert_int_equal(pace_new(&p), 0);
    assert_true(pace_position(p, START) == 0);
    for (uint64_t seq = 1; seq < 500; seq++)
        pace_put(p, seq, START + (int64_t)seq * 20 * NS_PER_MS);
    for (uint64_t seq = 500; seq < 600; seq++) {
        double x = pace_position(p, pace_time(p, seq));
        assert_true(fabs(x - (double)seq) < 1e-6);
        assert_true(pace_time(p, seq) < pace_time(p, seq + 1));
    }
    pace_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_even_and_in_time),
        cmocka_unit_test(test_a_stall_does_not_move_it),
        cmocka_unit_test(test_late_time_and_again_is_reckoned_with),
        cmocka_unit_test(test_is_set_again_after_a_jump),
        cmocka_unit_test(test_position_is_time_the_other_way_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
