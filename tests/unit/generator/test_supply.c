// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A listener with 250 ms of look-ahead on a clock that only moves where
 * somebody works: every chunk must be there before it is played, and be the one
 * the CPU would have rendered, whatever happens to the GPU.
 */
#include "tests/unit/test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clients/generator/supply.h"
#include "tests/unit/generator/fake_gpu.h"

#define RATE      48000
#define CHUNK_NS  (SCENE_CHUNK * NS_PER_S / RATE)
#define AHEAD_NS  (250 * NS_PER_MS)
#define MARGIN_NS (20 * NS_PER_MS)
#define TOLERANCE 1.01e-4f /* -80 dBFS, and what floats add to it */

struct world {
    struct fake gpu;
    struct supply *s;
    int64_t next, sent; /* chunks */
    int64_t begun;      /* when chunk 0 is played, ns */
    struct buses got, want;
    float before[BUS_COUNT][2][2]; /* the last two samples */
    float bend;                    /* sharpest so far */
    bool exact;                    /* compare with the full sound */
    uint32_t mixed;                /* chunks neither full nor thinned */
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    if (!w)
        return -1;
    fake_init(&w->gpu);
    w->exact = true;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    supply_free(&w->s);
    free(w);
    return 0;
}

static int try_open(struct world *w, enum supply_want want, bool offline)
{
    struct supply_opts o = {.limits = fake_limits(),
                            .rate = RATE,
                            .want = want,
                            .offline = offline,
                            .margin_ns = MARGIN_NS,
                            .ops = &fake_ops,
                            .ctx = &w->gpu};
    int err = supply_new(&w->s, &o);

    w->begun = w->gpu.now + AHEAD_NS;
    return err;
}

static void open_supply(struct world *w, enum supply_want want)
{
    assert_int_equal(try_open(w, want, false), 0);
}

static struct supply_stats stats(struct world *w)
{
    struct supply_stats s;

    supply_stats(w->s, &s);
    return s;
}

static enum supply_state now_in(struct world *w)
{
    return stats(w).state;
}

static void fill_queue(struct world *w)
{
    struct scene *scene;

    while ((scene = supply_scene(w->s))) {
        fake_fill(scene, w->sent++ * SCENE_CHUNK);
        supply_submit(w->s);
    }
}

static float difference(struct world *w, bool thin)
{
    const float *got = &w->got.x[0][0][0], *want = &w->want.x[0][0][0];
    struct scene s = {.first = w->next * SCENE_CHUNK,
                      .bus_first = {0, 1, 2, 3, 4}};
    float worst = 0.0f;

    fake_sound(&s, thin, &w->want);
    for (size_t i = 0; i < sizeof(w->got) / sizeof(*got); i++)
        worst = fmaxf(worst, fabsf(got[i] - want[i]));
    return worst;
}

/* The sharpest bend, over the chunk's edge too: a click, if there is one. */
static void feel(struct world *w)
{
    for (int b = 0; b < BUS_COUNT; b++)
        for (int c = 0; c < 2; c++) {
            float *p = w->before[b][c];
            for (int n = 0; n < SCENE_CHUNK; n++) {
                float x = w->got.x[b][c][n];
                if (w->next > 0 || n > 1)
                    w->bend = fmaxf(w->bend, fabsf(x - 2 * p[1] + p[0]));
                p[0] = p[1];
                p[1] = x;
            }
        }
}

/* One chunk as the feed takes it: no sooner than there is room for it. */
static void play_chunk(struct world *w)
{
    int64_t due = w->begun + w->next * CHUNK_NS;

    if (w->gpu.now < due - AHEAD_NS)
        w->gpu.now = due - AHEAD_NS;
    fill_queue(w);
    assert_int_equal(supply_take(w->s, w->next * SCENE_CHUNK, due, &w->got), 0);
    assert_true(w->gpu.now <= due);
    if (w->exact)
        assert_true(difference(w, false) < TOLERANCE);
    else if (difference(w, false) > TOLERANCE &&
             difference(w, true) > TOLERANCE)
        w->mixed++;
    feel(w);
    w->next++;
}

static void play(struct world *w, double seconds)
{
    int64_t chunks = (int64_t)(seconds * NS_PER_S / CHUNK_NS);

    for (int64_t i = 0; i < chunks; i++)
        play_chunk(w);
}

static void play_onto_gpu(struct world *w)
{
    open_supply(w, SUPPLY_AUTO);
    play(w, 2);
    assert_int_equal(now_in(w), SUPPLY_GPU);
}

/* --- which renderer ------------------------------------------------------- */

static void test_gpu_takes_over(void **state)
{
    struct world *w = *state;
    struct supply_stats s;
    uint64_t before;

    open_supply(w, SUPPLY_AUTO);
    assert_int_equal(now_in(w), SUPPLY_PROBING);
    play(w, 2);
    s = stats(w);
    assert_int_equal(s.state, SUPPLY_GPU);
    assert_string_equal(s.name, "Fake");
    assert_non_null(strstr(s.choice, "the GPU renders"));
    assert_in_range(s.cpu_cost_ns, 1900000, 1930000);
    assert_in_range(s.gpu_cost_ns, 95000, 110000);
    assert_int_equal(s.late, 0);
    before = w->gpu.renders;
    play(w, 20);
    s = stats(w);
    assert_int_equal(s.by_gpu + s.by_cpu, w->next);
    assert_true(s.by_cpu < 50 && s.by_gpu > 900);
    /* five checks of a bus each, and nothing that looked odd */
    assert_in_range(w->gpu.renders - before, 4, 6);
    assert_int_equal(s.mismatched, 0);
    assert_true(s.least_ahead_ns > AHEAD_NS - 3 * NS_PER_MS);
}

static void test_cheaper_cpu_is_kept(void **state)
{
    struct world *w = *state;

    w->gpu.gpu_cost = 4 * NS_PER_MS; /* against 2 */
    open_supply(w, SUPPLY_AUTO);
    play(w, 4);
    assert_int_equal(now_in(w), SUPPLY_CPU);
    assert_non_null(strstr(stats(w).choice, "the CPU renders"));
    assert_true(w->gpu.killed);
    assert_int_equal(w->gpu.starts, 1);
}

static void test_forced(void **state)
{
    struct world *w = *state;

    w->gpu.gpu_cost = 4 * NS_PER_MS;
    w->gpu.software = true;
    open_supply(w, SUPPLY_VULKAN);
    assert_int_equal(supply_settle(w->s, NS_PER_S), 0);
    w->begun = w->gpu.now + AHEAD_NS;
    play(w, 4);
    assert_int_equal(now_in(w), SUPPLY_GPU);
}

static void test_software_is_no_hardware(void **state)
{
    struct world *w = *state;

    w->gpu.software = true;
    open_supply(w, SUPPLY_AUTO);
    assert_int_equal(supply_settle(w->s, NS_PER_S), -ENODEV);
    w->begun = w->gpu.now + AHEAD_NS;
    play(w, 4);
    assert_int_equal(now_in(w), SUPPLY_OFF);
    assert_true(w->gpu.killed);
}

static void test_cpu_only(void **state)
{
    struct world *w = *state;

    open_supply(w, SUPPLY_CPU_ONLY);
    play(w, 2);
    assert_int_equal(now_in(w), SUPPLY_OFF);
    assert_int_equal(w->gpu.starts, 0);
    assert_int_equal(stats(w).by_cpu, w->next);
}

static void test_no_device(void **state)
{
    struct world *w = *state;

    w->gpu.fault = FAULT_NO_DEVICE;
    open_supply(w, SUPPLY_AUTO);
    play(w, 60);
    assert_int_equal(now_in(w), SUPPLY_OFF);
    assert_int_equal(w->gpu.starts, 1); /* none will grow */
    supply_free(&w->s);
    open_supply(w, SUPPLY_VULKAN);
    assert_int_equal(supply_settle(w->s, 5 * NS_PER_S), -ENODEV);
    supply_free(&w->s);
    w->gpu.fault = FAULT_NO_START;
    assert_int_equal(try_open(w, SUPPLY_VULKAN, false), -ENOMEM);
    assert_null(w->s);
}

static void test_slow_device_is_left(void **state)
{
    struct world *w = *state;

    w->gpu.fault = FAULT_SLOW;
    open_supply(w, SUPPLY_AUTO);
    play(w, 60);
    assert_int_equal(now_in(w), SUPPLY_CPU);
    assert_int_equal(w->gpu.starts, 3);
    assert_int_equal(stats(w).by_gpu, 0);
}

/* --- faults --------------------------------------------------------------- */

/* A fault, for some seconds, and what comes after: nobody heard of it. */
static void survive(struct world *w, enum fake_fault fault, double seconds)
{
    struct supply_stats s;
    uint64_t checked;

    play_onto_gpu(w);
    checked = stats(w).checked;
    w->gpu.fault = fault;
    play(w, seconds);
    s = stats(w);
    assert_true(s.state == SUPPLY_SUSPECT || s.state == SUPPLY_PROBING);
    assert_int_equal(s.failovers, 1);
    assert_true(s.trouble[0] != '\0');
    assert_true(s.least_ahead_ns >= MARGIN_NS);
    w->gpu.fault = FAULT_NONE;
    play(w, 2 * seconds + 3);
    s = stats(w);
    assert_int_equal(s.state, SUPPLY_GPU);
    assert_int_equal(s.failovers, 1);
    assert_true(s.rebuilds >= 1);
    assert_true(s.checked - checked >= 8); /* it had to prove itself */
    assert_true(w->bend < 1e-4f);
}

static void test_killed(void **state)
{
    survive(*state, FAULT_KILLED, 6);
}

static void test_stopped(void **state)
{
    survive(*state, FAULT_STOPPED, 6);
}

static void test_hung(void **state)
{
    struct world *w = *state;

    survive(w, FAULT_SILENT, 6);
    assert_true(stats(w).late >= 3);
}

static void test_slow(void **state)
{
    struct world *w = *state;

    survive(w, FAULT_SLOW, 6);
    assert_true(stats(w).late >= 3);
}

static void test_device_lost(void **state)
{
    survive(*state, FAULT_LOST, 6);
}

static void test_out_of_memory(void **state)
{
    survive(*state, FAULT_MEMORY, 6);
}

static void test_cannot_restart(void **state)
{
    struct world *w = *state;

    play_onto_gpu(w);
    w->gpu.fault = FAULT_KILLED;
    play(w, 0.5);
    w->gpu.fault = FAULT_NO_START;
    play(w, 10);
    assert_int_equal(now_in(w), SUPPLY_SUSPECT);
    w->gpu.fault = FAULT_NONE;
    play(w, 20);
    assert_int_equal(now_in(w), SUPPLY_GPU);
}

static void test_wrong_at_once(void **state)
{
    static const enum fake_fault wrong[] = {FAULT_ZERO, FAULT_STALE,
                                            FAULT_SCALED};
    struct world *w = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        tear_down(state);
        set_up(state);
        w = *state;
        survive(w, wrong[i], 6); /* and not one chunk of it was heard */
        assert_true(stats(w).mismatched >= 1);
    }
}

/* Nothing to see at the joint: found by the next check. */
static void test_wrong_by_little(void **state)
{
    struct world *w = *state;
    int64_t from, until;

    play_onto_gpu(w);
    w->exact = false;
    w->gpu.fault = FAULT_SUBTLE;
    from = w->gpu.now;
    while (now_in(w) == SUPPLY_GPU && w->gpu.now < from + 60 * NS_PER_S)
        play_chunk(w);
    until = w->gpu.now;
    assert_true(until - from < 5 * NS_PER_S);
    w->exact = true;
    play(w, 30); /* it is seen through on every trial */
    assert_int_equal(now_in(w), SUPPLY_SUSPECT);
    w->gpu.fault = FAULT_NONE;
    play(w, 60);
    assert_int_equal(now_in(w), SUPPLY_GPU);
}

static void test_one_late_chunk(void **state)
{
    struct world *w = *state;
    struct supply_stats s;

    play_onto_gpu(w);
    w->gpu.slow_ns = 320 * NS_PER_MS;
    w->gpu.fault = FAULT_ONCE;
    play(w, 5);
    s = stats(w);
    assert_int_equal(s.state, SUPPLY_GPU);
    assert_int_equal(s.failovers, 0);
    assert_in_range(s.late, 1, 2);
    assert_true(s.least_ahead_ns >= MARGIN_NS);
}

/* Late, but with time enough: the CPU has nothing to do with it. */
static void test_lateness_within_the_look_ahead(void **state)
{
    struct world *w = *state;
    struct supply_stats before, s;

    play_onto_gpu(w);
    before = stats(w);
    w->gpu.slow_ns = 200 * NS_PER_MS;
    w->gpu.fault = FAULT_ONCE;
    play(w, 5);
    s = stats(w);
    assert_int_equal(s.late, 0);
    assert_int_equal(s.by_cpu, before.by_cpu);
    assert_true(s.least_ahead_ns < before.least_ahead_ns);
}

/* The chunk that the CPU rendered comes late from the GPU after all, wrong:
   nobody may see it. */
static void test_late_result_is_dropped(void **state)
{
    struct world *w = *state;

    play_onto_gpu(w);
    for (int i = 0; i < 10; i++) {
        w->gpu.slow_ns = 300 * NS_PER_MS;
        w->gpu.fault = FAULT_ONCE;
        play(w, 3);
    }
    assert_int_equal(now_in(w), SUPPLY_GPU);
    assert_true(stats(w).late >= 10);
}

static void test_back_off(void **state)
{
    static const int64_t want[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
    struct world *w = *state;
    int64_t before;

    play_onto_gpu(w);
    w->gpu.fault = FAULT_KILLED;
    play(w, 1300);
    assert_int_equal(now_in(w), SUPPLY_SUSPECT);
    assert_in_range(w->gpu.starts, 12, 13);
    for (int i = 2; i < 12; i++) {
        int64_t gap = w->gpu.start_at[i] - w->gpu.start_at[i - 1];
        assert_true(gap >= want[i - 1] * NS_PER_S);
        assert_true(gap < want[i - 1] * NS_PER_S + 100 * NS_PER_MS);
    }
    /* after a minute in use its past is forgotten */
    w->gpu.fault = FAULT_NONE;
    play(w, 400);
    assert_int_equal(now_in(w), SUPPLY_GPU);
    before = w->gpu.now;
    w->gpu.fault = FAULT_KILLED;
    play(w, 0.5);
    w->gpu.fault = FAULT_NONE;
    play(w, 3);
    assert_int_equal(now_in(w), SUPPLY_GPU);
    assert_true(w->gpu.started_ns - before < 1100 * NS_PER_MS);
}

/* A killed process stays in its driver: no second one beside it. */
static void test_undead(void **state)
{
    struct world *w = *state;

    play_onto_gpu(w);
    w->gpu.stubborn = true;
    w->gpu.fault = FAULT_STOPPED;
    play(w, 20);
    assert_int_equal(w->gpu.starts, 1);
    w->gpu.stubborn = false;
    w->gpu.fault = FAULT_NONE;
    play(w, 5);
    assert_int_equal(now_in(w), SUPPLY_GPU);
}

static void test_never_opens(void **state)
{
    struct world *w = *state;

    w->gpu.fault = FAULT_NEVER_OPEN;
    open_supply(w, SUPPLY_AUTO);
    play(w, 32);
    assert_true(w->gpu.starts == 2 || now_in(w) == SUPPLY_SUSPECT);
    w->gpu.fault = FAULT_NONE;
    play(w, 40);
    assert_int_equal(now_in(w), SUPPLY_GPU);
}

/* --- scenes too large for the CPU ----------------------------------------- */

/* Twice real time in full; a sixth of it thinned. */
static void open_large(struct world *w)
{
    w->gpu.each_ns = 2 * CHUNK_NS / FAKE_PARTIALS;
    w->exact = false;
    open_supply(w, SUPPLY_AUTO);
    play(w, 3);
    assert_int_equal(now_in(w), SUPPLY_GPU);
    play_chunk(w);
    w->next--;
    assert_true(difference(w, false) < TOLERANCE);
    w->next++;
}

/* A tone's own bend is up to 6.2e-5 here, and a hard change's some 0.1. */
#define SMOOTH 7e-5f

static void test_thinned_and_back(void **state)
{
    static const enum fake_fault faults[] = {
        FAULT_KILLED, FAULT_STOPPED, FAULT_SILENT, FAULT_SLOW, FAULT_LOST};
    struct world *w = *state;
    struct supply_stats s;

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        tear_down(state);
        set_up(state);
        w = *state;
        open_large(w);
        s = stats(w);
        assert_true(s.thinned > 0); /* before the GPU was there */
        w->gpu.fault = faults[i];
        play(w, 3);
        w->next--;
        assert_true(difference(w, true) < TOLERANCE);
        w->next++;
        w->gpu.fault = FAULT_NONE;
        play(w, 12);
        w->next--;
        assert_true(difference(w, false) < TOLERANCE);
        w->next++;
        s = stats(w);
        assert_int_equal(s.state, SUPPLY_GPU);
        assert_int_equal(s.cuts, 0);
        assert_true(w->bend < SMOOTH);
        /* up, down and up again, 85 ms each; and one at the start, after the
           first chunk has told how slow the CPU is */
        assert_int_equal(w->mixed, 3 * 4 + 1);
    }
}

/* Other programs were in the way once: that doesn't make a scene too large. */
static void test_hiccup(void **state)
{
    struct world *w = *state;

    open_supply(w, SUPPLY_CPU_ONLY);
    for (int i = 0; i < 5; i++) {
        play(w, 1);
        w->gpu.hiccup_ns = 100 * NS_PER_MS;
    }
    assert_int_equal(stats(w).thinned, 0);
}

/* Found out, it leaves nothing to fade from: the CPU renders one chunk in
   full. */
static void test_wrong_and_large(void **state)
{
    struct world *w = *state;

    open_large(w);
    w->gpu.fault = FAULT_ZERO;
    play(w, 3);
    assert_int_equal(stats(w).failovers, 1);
    assert_int_equal(stats(w).cuts, 0);
    assert_true(w->bend < 2 * SMOOTH); /* in a quarter of the time */
}

/* --- the rest ------------------------------------------------------------- */

static void test_offline(void **state)
{
    struct world *w = *state;
    int64_t begun;

    w->gpu.each_ns = 2 * CHUNK_NS / FAKE_PARTIALS;
    w->gpu.gpu_ns = 3 * CHUNK_NS; /* slow, but nobody waits */
    assert_int_equal(try_open(w, SUPPLY_VULKAN, true), 0);
    assert_int_equal(supply_settle(w->s, NS_PER_S), 0);
    begun = w->gpu.now;
    for (; w->next < 200; w->next++) {
        fill_queue(w);
        assert_int_equal(
            supply_take(w->s, w->next * SCENE_CHUNK, SUPPLY_NEVER, &w->got), 0);
        assert_true(difference(w, false) < TOLERANCE);
    }
    assert_true(w->gpu.now - begun > 200 * CHUNK_NS);
    assert_int_equal(now_in(w), SUPPLY_GPU);
    assert_int_equal(stats(w).thinned, 0);
    assert_int_equal(stats(w).late, 0);
    w->gpu.fault = FAULT_STOPPED;
    for (; w->next < 300; w->next++) {
        fill_queue(w);
        assert_int_equal(
            supply_take(w->s, w->next * SCENE_CHUNK, SUPPLY_NEVER, &w->got), 0);
        assert_true(difference(w, false) < TOLERANCE);
    }
}

static void test_always_thin(void **state)
{
    struct world *w = *state;
    struct supply_opts o = {.limits = fake_limits(),
                            .rate = RATE,
                            .want = SUPPLY_CPU_ONLY,
                            .offline = true,
                            .thin = true,
                            .ops = &fake_ops,
                            .ctx = &w->gpu};

    assert_int_equal(supply_new(&w->s, &o), 0);
    for (; w->next < 20; w->next++) {
        fill_queue(w);
        assert_int_equal(
            supply_take(w->s, w->next * SCENE_CHUNK, SUPPLY_NEVER, &w->got), 0);
        assert_true(difference(w, true) < TOLERANCE);
    }
    supply_free(&w->s);
    o.want = SUPPLY_AUTO;
    assert_int_equal(supply_new(&w->s, &o), -EINVAL);
}

/* The whole program stood still for a while: no fault of the GPU's. */
static void test_stall(void **state)
{
    struct world *w = *state;

    w->gpu.gpu_ns = 8 * NS_PER_MS; /* longer than the CPU */
    play_onto_gpu(w);
    w->gpu.now += 400 * NS_PER_MS;
    for (int i = 0; i < 10; i++, w->next++) {
        fill_queue(w);
        assert_int_equal(supply_take(w->s, w->next * SCENE_CHUNK,
                                     w->begun + w->next * CHUNK_NS, &w->got),
                         0);
        assert_true(difference(w, false) < TOLERANCE);
    }
    w->begun = w->gpu.now + AHEAD_NS - w->next * CHUNK_NS;
    play(w, 1);
    assert_int_equal(now_in(w), SUPPLY_GPU);
    assert_int_equal(stats(w).failovers, 0);
}

static void test_flush(void **state)
{
    struct world *w = *state;
    uint64_t checked;

    play_onto_gpu(w);
    checked = stats(w).checked;
    fill_queue(w);
    supply_flush(w->s);
    w->begun -= 1001 * CHUNK_NS;
    w->next += 1001; /* elsewhere in the piece, at the same pace */
    w->sent = w->next;
    assert_int_equal(supply_take(w->s, 0, 0, &w->got), -ENOENT);
    play(w, 1);
    assert_int_equal(stats(w).checked, checked); /* a jump that was asked for */
    play(w, 10);
    assert_int_equal(stats(w).mismatched, 0);
    assert_int_equal(now_in(w), SUPPLY_GPU);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_gpu_takes_over),
        TEST(test_cheaper_cpu_is_kept),
        TEST(test_forced),
        TEST(test_software_is_no_hardware),
        TEST(test_cpu_only),
        TEST(test_no_device),
        TEST(test_slow_device_is_left),
        TEST(test_killed),
        TEST(test_stopped),
        TEST(test_hung),
        TEST(test_slow),
        TEST(test_device_lost),
        TEST(test_out_of_memory),
        TEST(test_cannot_restart),
        TEST(test_wrong_at_once),
        TEST(test_wrong_by_little),
        TEST(test_one_late_chunk),
        TEST(test_lateness_within_the_look_ahead),
        TEST(test_late_result_is_dropped),
        TEST(test_back_off),
        TEST(test_undead),
        TEST(test_never_opens),
        TEST(test_thinned_and_back),
        TEST(test_hiccup),
        TEST(test_wrong_and_large),
        TEST(test_offline),
        TEST(test_always_thin),
        TEST(test_stall),
        TEST(test_flush),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
