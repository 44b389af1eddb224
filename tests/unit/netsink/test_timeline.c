// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A graph that plays a sine by the wall's clock: at the moment `begin` + s it
 * plays sin(2 pi f s). So wherever sound comes out of the timeline, at frame k,
 * it must be sin(2 pi f k / 48000), whatever happened before: then nothing has
 * been lost, shifted or piled up.
 */
#include "netsink/timeline.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "tests/unit/netsink/tone.h"
#include "tests/unit/test.h"

#define BEGIN (1000 * NS_PER_S) /* the wall's clock at the timeline's begin */
#define HZ    997
#define FADE  (TIMELINE_RATE / 125)
#define GRACE (250 * NS_PER_MS)

struct world {
    struct timeline *t;
    struct timeline_stats stats;

    /* What came out, in one piece. */
    uint64_t next; /* packet expected */
    float *out;
    size_t n, room; /* frames */
    bool forget;    /* nothing is kept, but counted */

    /* The graph. */
    uint32_t rate, period;
    uint32_t graph;
    uint64_t position;
    int64_t now;   /* of its next cycle */
    uint64_t rest; /* 1 / rate ns that now lacks */
};

static void on_packet(void *ctx, uint64_t seq, const float *frames)
{
    struct world *w = ctx;

    assert_int_equal(seq, w->next++);
    if (!w->forget && w->n + TIMELINE_PACKET > w->room) {
        w->room = 2 * w->room + TIMELINE_PACKET;
        w->out = realloc(w->out, w->room * sizeof(float));
        assert_non_null(w->out);
    }
    if (!w->forget)
        memcpy(w->out + w->n, frames, TIMELINE_PACKET * sizeof(float));
    w->n += TIMELINE_PACKET;
}

static void open_world(struct world *w, uint32_t rate, uint32_t period)
{
    *w = (struct world){.rate = rate, .period = period, .now = BEGIN};
    assert_int_equal(timeline_new(&w->t, 1, BEGIN, on_packet, w), 0);
}

static void close_world(struct world *w)
{
    timeline_free(&w->t);
    assert_null(w->t);
    free(w->out);
}

static void feed(struct world *w, const float *frames, uint32_t n, int64_t time)
{
    struct tap_block b = {.position = w->position,
                          .time = time,
                          .n_frames = n,
                          .rate = w->rate,
                          .graph = w->graph};
    assert_int_equal(timeline_feed(w->t, &b, frames), 0);
    timeline_stats(w->t, &w->stats);
    w->position += n;
}

static int64_t duration(uint64_t n, uint32_t rate)
{
    return (int64_t)(n * NS_PER_S / rate);
}

/* n frames' time goes by; to no ns lost, however many cycles that are. */
static void pass(struct world *w, uint64_t n)
{
    uint64_t scaled = n * NS_PER_S + w->rest;
    w->now += (int64_t)(scaled / w->rate);
    w->rest = scaled % w->rate;
}

/* What the graph plays from now on. */
static void sing(const struct world *w, float *f, uint32_t n)
{
    double since = ((double)(w->now - BEGIN) + (double)w->rest / w->rate) / 1e9;
    for (uint32_t i = 0; i < n; i++)
        f[i] =
            (float)(0.5 * sin(2 * M_PI * HZ * (since + i / (double)w->rate)));
}

/* A cycle, told to have been at now + off ns; [enc] looks right after it. */
static void cycle(struct world *w, int64_t off)
{
    float f[8192];

    sing(w, f, w->period);
    feed(w, f, w->period, w->now + off);
    assert_int_equal(timeline_idle(w->t, w->now + NS_PER_MS), 0);
    pass(w, w->period);
}

/* At least ns of sound. */
static void play(struct world *w, int64_t ns)
{
    for (int64_t end = w->now + ns; w->now < end;)
        cycle(w, 0);
}

/* No cycle comes for ns; [enc] looks every 3 ms. */
static void stall(struct world *w, int64_t ns)
{
    int64_t end = w->now + ns;
    for (int64_t at = w->now; at < end; at += 3 * NS_PER_MS)
        assert_int_equal(timeline_idle(w->t, at), 0);
    w->now = end;
    timeline_stats(w->t, &w->stats);
}

/* The graph counts what it lost, in whole frames. */
static void lose(struct world *w, uint64_t n)
{
    w->position += n;
    pass(w, n);
}

static double want(size_t k)
{
    return 0.5 * sin(2 * M_PI * HZ * (double)k / TIMELINE_RATE);
}

/* Frames [from, to) are the sine at its place, with an SNR over db. */
static void is_sine(const struct world *w, size_t from, size_t to, double db)
{
    double err = 0, all = 0;

    assert_true(from < to && to <= w->n);
    for (size_t k = from; k < to; k++) {
        err += (w->out[k] - want(k)) * (w->out[k] - want(k));
        all += want(k) * want(k);
    }
    if (10 * log10(all / err) < db)
        fail_msg("%zu to %zu: %.1f dB", from, to, 10 * log10(all / err));
}

static void is_silence(const struct world *w, size_t from, size_t to)
{
    assert_true(from < to && to <= w->n);
    for (size_t k = from; k < to; k++)
        if (fabsf(w->out[k]) > 1e-6f)
            fail_msg("%zu: %g", k, w->out[k]);
}

/* The sine bends by 0.0085 from frame to frame, and its fades little more. A
   hard end or begin does by up to 0.5. */
static void has_no_click(const struct world *w)
{
    for (size_t k = 1; k + 1 < w->n; k++) {
        double bend = w->out[k - 1] - 2.0 * w->out[k] + w->out[k + 1];
        if (fabs(bend) > 0.0105 || fabsf(w->out[k]) > 0.6f)
            fail_msg("a click at %zu: %g, %g", k, bend, w->out[k]);
    }
}

/* Frames of the timeline up to moment ns. */
static size_t at(int64_t ns)
{
    return (size_t)((ns - BEGIN) * (TIMELINE_RATE / 1000) / NS_PER_MS);
}

static void test_refuses(void **state)
{
    (void)state;
    struct timeline *t;
    float f[1] = {0};
    struct tap_block b = {.n_frames = 1, .rate = 7999};
    assert_int_equal(timeline_new(&t, 0, 0, on_packet, NULL), -EINVAL);
    assert_null(t);
    assert_int_equal(timeline_new(&t, 3, 0, on_packet, NULL), -EINVAL);
    assert_int_equal(timeline_new(&t, 2, 0, on_packet, NULL), 0);
    assert_int_equal(timeline_feed(t, &b, f), -EINVAL);
    b.rate = 384001;
    assert_int_equal(timeline_feed(t, &b, f), -EINVAL);
    timeline_free(&t);
    timeline_free(&t);
}

static void test_48_khz_passes_untouched_in_cycles_of_any_size(void **state)
{
    (void)state;
    struct world w;
    float f[4096];
    uint64_t k = 0;

    open_world(&w, 48000, 0);
    for (uint32_t n = 1; k < 20000; k += n, n = n * 37 % 4001) {
        for (uint32_t i = 0; i < n; i++)
            f[i] = (float)(k + i + 1) / 65536;
        feed(&w, f, n, BEGIN + duration(k, 48000));
    }
    assert_int_equal(timeline_next(w.t), k / TIMELINE_PACKET);
    for (size_t i = FADE; i < w.n; i++)
        assert_true(w.out[i] == (float)(i + 1) / 65536);
    for (size_t i = 1; i < FADE; i++)
        assert_true(w.out[i] > w.out[i - 1] &&
                    w.out[i] < (float)(i + 1) / 65536);
    assert_int_equal(w.stats.filled, 0);
    assert_int_equal(w.stats.dropped, 0);
    assert_int_equal(w.stats.breaks, 0);
    assert_int_equal(w.stats.rate, 48000);
    assert_int_equal(w.stats.graphs, 1);
    close_world(&w);
}

static void last_frame(void *ctx, uint64_t seq, const float *frames)
{
    (void)seq;
    memcpy(ctx, frames + 2 * (TIMELINE_PACKET - 1), 2 * sizeof(float));
}

static void test_channels_stay_apart(void **state)
{
    (void)state;
    struct tap_block b = {.n_frames = 960, .rate = 48000, .time = BEGIN};
    struct timeline *t;
    float f[2 * 960], last[2] = {0};

    for (uint32_t i = 0; i < 960; i++) {
        f[2 * i] = 0.25f;
        f[2 * i + 1] = -0.5f;
    }
    assert_int_equal(timeline_new(&t, 2, BEGIN, last_frame, last), 0);
    assert_int_equal(timeline_feed(t, &b, f), 0);
    assert_true(last[0] == 0.25f && last[1] == -0.5f);
    timeline_free(&t);
}

static void test_a_sine_at_other_rates(void **state)
{
    (void)state;
    const uint32_t rates[] = {44100, 96000, 32000, 48000};
    struct world w;

    for (uint32_t i = 0; i < 4; i++) {
        open_world(&w, rates[i], 777);
        play(&w, 2 * NS_PER_S);
        assert_int_equal(w.stats.rate, rates[i]);
        /* 100 packets less the resampler's look-ahead. */
        assert_in_range(timeline_next(w.t), 99, 101);
        is_sine(&w, 2 * FADE, w.n, 100);
        has_no_click(&w);
        assert_int_equal(w.stats.breaks + w.stats.filled + w.stats.dropped, 0);
        close_world(&w);
    }
}

static void test_frames_lost_are_as_many_of_silence(void **state)
{
    (void)state;
    const uint32_t lost[] = {1, 64, 300, 2000, 9000};
    struct world w;
    uint64_t filled = 0;

    open_world(&w, 48000, 64);
    for (uint32_t i = 0; i < 5; i++) {
        play(&w, 100 * NS_PER_MS);
        size_t end = at(w.now) + (size_t)i;
        lose(&w, lost[i]);
        play(&w, 100 * NS_PER_MS);
        filled += lost[i];
        assert_int_equal(w.stats.filled, filled);
        assert_int_equal(w.stats.breaks, i + 1);
        is_sine(&w, end - 2000, end - 16, 100);
        is_sine(&w, end + lost[i] + FADE + 16, w.n, 100);
        if (lost[i] > 2 * FADE)
            is_silence(&w, end + FADE + 16, end + lost[i] - 16);
    }
    assert_int_equal(w.stats.dropped, 0);
    has_no_click(&w);
    close_world(&w);
}

/* An xrun in every cycle, shorter than a fade: as overloaded graphs have. */
static void test_losses_without_end(void **state)
{
    (void)state;
    struct world w;

    open_world(&w, 44100, 128);
    play(&w, 100 * NS_PER_MS);
    for (uint32_t i = 0; i < 500; i++) {
        cycle(&w, 0);
        lose(&w, 64);
    }
    size_t end = at(w.now);
    play(&w, NS_PER_S);
    is_sine(&w, end + 2 * FADE, w.n, 100);
    has_no_click(&w);
    assert_int_equal(w.stats.dropped, 0);
    close_world(&w);
}

static void test_time_goes_on_when_nothing_comes(void **state)
{
    (void)state;
    struct world w;

    open_world(&w, 44100, 441);
    play(&w, NS_PER_S);
    int64_t end = w.now;
    uint64_t n = timeline_next(w.t);
    assert_int_equal(timeline_idle(w.t, end + GRACE - NS_PER_MS), 0);
    assert_int_equal(timeline_next(w.t), n); /* it may still come */
    for (int64_t ms = 251; ms < 5000; ms++) {
        assert_int_equal(timeline_idle(w.t, end + ms * NS_PER_MS), 0);
        uint64_t due = 50 + (uint64_t)ms / 20;
        assert_in_range(timeline_next(w.t), due - 1, due);
    }
    timeline_stats(w.t, &w.stats);
    assert_int_equal(w.stats.breaks, 1);
    assert_in_range(w.stats.filled, 4998 * 48, 5000 * 48);
    is_sine(&w, 1000, at(end) - 16, 100);
    is_silence(&w, at(end) + FADE + 100, w.n);
    has_no_click(&w);
    close_world(&w);
}

static void test_time_goes_on_before_the_first_sound(void **state)
{
    (void)state;
    struct world w;

    open_world(&w, 48000, 256);
    stall(&w, 2 * NS_PER_S + 7654321);
    assert_in_range(timeline_next(w.t), 99, 100);
    assert_int_equal(w.stats.rate, 0);
    assert_int_equal(w.stats.graphs, 0);
    assert_int_equal(w.stats.breaks, 0);
    size_t begin = at(w.now);
    play(&w, NS_PER_S);
    is_silence(&w, 0, begin - 2);
    /* To half a frame of where it belongs: 30 dB for a sine of 1 kHz. */
    is_sine(&w, begin + FADE + 2, w.n, 22);
    has_no_click(&w);
    close_world(&w);
}

static void test_a_server_that_stalls_and_counts_it(void **state)
{
    (void)state;
    struct world w;

    open_world(&w, 44100, 441);
    for (uint32_t i = 0; i < 5; i++) {
        play(&w, NS_PER_S);
        size_t end = at(w.now);
        stall(&w, 3 * NS_PER_S);
        w.position += 3 * 44100;
        play(&w, NS_PER_S);
        is_silence(&w, end + FADE + 100, end + 3 * 48000 - 16);
        is_sine(&w, end + 3 * 48000 + 2 * FADE, w.n, 100);
        assert_int_equal(w.stats.breaks, i + 1);
        assert_int_equal(w.stats.dropped, 0);
    }
    has_no_click(&w);
    assert_int_equal(w.stats.graphs, 1);
    close_world(&w);
}

/* As JACK 1.9.21 does: 0.6 s stopped, not one frame lost by its count. */
static void test_a_server_that_stalls_and_does_not_know(void **state)
{
    (void)state;
    const int64_t stalls[] = {50 * NS_PER_MS, 200 * NS_PER_MS, NS_PER_S};
    struct world w;

    open_world(&w, 48000, 480);
    for (uint32_t i = 0; i < 3; i++) {
        play(&w, NS_PER_S);
        stall(&w, stalls[i]);
        size_t begin = at(w.now);
        play(&w, NS_PER_S);
        assert_int_equal(w.stats.breaks, i + 1);
        is_sine(&w, begin + 2 * FADE, w.n, 100);
    }
    has_no_click(&w);
    close_world(&w);
}

static void test_losses_that_were_none(void **state)
{
    (void)state;
    struct world w;

    open_world(&w, 48000, 480);
    play(&w, NS_PER_S);
    w.position += UINT64_C(1) << 40;
    play(&w, NS_PER_S);
    assert_int_equal(w.stats.breaks, 0);
    is_sine(&w, 2 * FADE, w.n, 100);
    close_world(&w);
}

static void test_what_comes_late_is_left_out(void **state)
{
    (void)state;
    struct world w;

    open_world(&w, 48000, 480);
    play(&w, NS_PER_S);
    size_t end = at(w.now);
    int64_t behind = w.now;
    stall(&w, 400 * NS_PER_MS); /* filled up to 1.4 s less 1 ms */
    w.now = behind;             /* and now it all comes after all */
    while (w.now < behind + NS_PER_S) {
        float f[480];
        sing(&w, f, 480);
        feed(&w, f, 480, w.now);
        w.now += 10 * NS_PER_MS;
    }
    assert_in_range(w.stats.dropped, 48 * 397, 48 * 400);
    assert_int_equal(w.stats.breaks, 1);
    is_silence(&w, end + FADE, end + 48 * 396);
    is_sine(&w, end + 48 * 400 + FADE, w.n, 100);
    has_no_click(&w);
    /* A second of it came: no latency is left. */
    assert_int_equal(w.n, 2 * 48000);
    close_world(&w);
}

static void test_another_graph_is_joined_at_the_present(void **state)
{
    (void)state;
    const uint32_t rates[] = {48000, 44100, 96000, 48000};
    const int64_t away[] = {20 * NS_PER_MS, 2 * NS_PER_S, 100 * NS_PER_MS,
                            NS_PER_S};
    struct world w;

    open_world(&w, 48000, 480);
    for (uint32_t i = 0; i < 4; i++) {
        play(&w, NS_PER_S);
        size_t end = at(w.now);
        stall(&w, away[i]);
        w.rate = rates[i];
        w.rest = 0;
        w.period = rates[i] / 100;
        w.graph++;
        w.position = 0;
        size_t begin = at(w.now);
        play(&w, NS_PER_S);
        assert_int_equal(w.stats.graphs, i + 2);
        assert_int_equal(w.stats.breaks, i + 1);
        if (begin > end + 4 * FADE)
            is_silence(&w, end + FADE + 100, begin - 50);
        /* To half a frame: 22 dB, and each time anew. */
        is_sine(&w, begin + 3 * FADE, w.n, 22);
    }
    has_no_click(&w);
    close_world(&w);
}

static void test_the_rate_changes_as_a_sound_ends(void **state)
{
    (void)state;
    struct world w;
    float f[480] = {0};

    open_world(&w, 48000, 480);
    play(&w, NS_PER_S);
    feed(&w, f, 480, w.now - NS_PER_S); /* too late: the sound ends here */
    assert_int_equal(w.stats.dropped, 480);
    w.rate = 44100;
    w.period = 441;
    size_t begin = at(w.now);
    play(&w, NS_PER_S);
    assert_int_equal(w.stats.breaks, 1);
    is_sine(&w, begin + 4 * FADE, w.n, 22);
    has_no_click(&w);
    close_world(&w);
}

static void test_the_rate_changes_while_it_plays(void **state)
{
    (void)state;
    const uint32_t rates[] = {44100, 48000, 96000, 44100, 8000, 48000};
    struct world w;

    open_world(&w, 44100, 441);
    for (uint32_t i = 0; i < 6; i++) {
        w.rate = rates[i];
        w.rest = 0;
        w.period = rates[i] / 100;
        size_t begin = at(w.now);
        play(&w, NS_PER_S);
        assert_int_equal(w.stats.rate, rates[i]);
        assert_int_equal(w.stats.breaks, i);
        /* Half a frame of the graph's: at 8 kHz that is 62 us. */
        is_sine(&w, begin + 4 * FADE, w.n, rates[i] == 8000 ? 6 : 22);
        /* A hole of three fades at most. */
        is_sine(&w, begin + 4 * FADE, begin + 5 * FADE,
                rates[i] == 8000 ? 6 : 22);
    }
    /* Six seconds, and not a packet more or less. */
    assert_in_range(w.n, 6 * 48000 - 2 * TIMELINE_PACKET, 6 * 48000);
    has_no_click(&w);
    close_world(&w);
}

/* One cycle by way of the tap, as [rt] and [enc] do it. */
static void cycle_by_tap(struct world *w, struct tap *tap, bool freewheel)
{
    float f[480], got[100]; /* in five pieces */
    const float *in[1] = {f};
    struct jclient_cycle c = {.n_frames = 480,
                              .rate = 48000,
                              .time = w->now,
                              .freewheel = freewheel,
                              .in = in};
    struct tap_block b;

    sing(w, f, 480);
    tap_process_rt(tap, &c);
    while (tap_read(tap, &b, got, 100))
        assert_int_equal(timeline_feed(w->t, &b, got), 0);
    assert_int_equal(timeline_idle(w->t, w->now + NS_PER_MS), 0);
    timeline_stats(w->t, &w->stats);
}

/* Minutes are rendered in two seconds, and in a tenth of one. */
static void test_freewheel_is_a_pause(void **state)
{
    (void)state;
    const int64_t spent[] = {2 * NS_PER_S, NS_PER_S / 10};
    struct world w;
    struct tap *tap;

    open_world(&w, 48000, 480);
    assert_int_equal(tap_new(&tap, 1, 48000, 0.1), 0);
    for (uint32_t i = 0; i < 2; i++) {
        for (uint32_t k = 0; k < 100; k++, pass(&w, 480))
            cycle_by_tap(&w, tap, false);
        int64_t begin = w.now;
        for (uint32_t k = 0; k < 20000; k++) {
            w.now = begin + spent[i] * k / 20000;
            cycle_by_tap(&w, tap, true);
        }
        w.now = begin + spent[i];
        for (uint32_t k = 0; k < 100; k++, pass(&w, 480))
            cycle_by_tap(&w, tap, false);
        size_t end = at(begin), back = at(begin + spent[i]);
        is_silence(&w, end + FADE, back);
        is_sine(&w, back + 2 * FADE, w.n, 100);
        assert_int_equal(w.stats.breaks, i + 1);
        assert_int_equal(w.stats.graphs, i + 2);
        /* Those up to 1 ms before it looked for the last time. */
        assert_in_range(w.stats.dropped, 0, 100);
    }
    has_no_click(&w);
    tap_free(&tap);
    close_world(&w);
}

/* JACK's times are unsteady, above all after a stall; each is late rather than
   early. A timeline that took each at its word would be a second ahead. */
static void test_a_thousand_stalls_leave_no_trace(void **state)
{
    (void)state;
    struct world w;
    uint32_t seed = 1;

    open_world(&w, 48000, 480);
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t n = 5 + i % 20;
        for (uint32_t k = 0; k < n; k++) {
            seed = seed * 1664525u + 1013904223u;
            cycle(&w, k < 3 ? 2 * NS_PER_MS : (int64_t)(seed >> 12) % 300000);
        }
        stall(&w, i % 2 ? 270 * NS_PER_MS : 120 * NS_PER_MS);
        w.position += i % 3 ? 0 : 5000; /* counted as it comes */
    }
    size_t begin = at(w.now);
    play(&w, NS_PER_S);
    assert_in_range(w.n, begin + 48000 - 960 - 48 * 20,
                    begin + 48000 + 48 * 20);
    has_no_click(&w);
    close_world(&w);
}

static void test_clocks_that_drift_are_none_of_its_business(void **state)
{
    (void)state;
    struct world w;
    float f[4800] = {0};

    for (int sign = -1; sign <= 1; sign += 2) {
        open_world(&w, 48000, 4800);
        w.forget = true;
        /* Twenty minutes at 400 ppm: half a second. */
        for (uint32_t i = 0; i < 12000; i++) {
            feed(&w, f, 4800, w.now);
            w.now += 100 * NS_PER_MS + sign * 40000;
            assert_int_equal(timeline_idle(w.t, w.now), 0);
        }
        assert_int_equal(w.n, (size_t)12000 * 4800);
        assert_int_equal(w.stats.breaks + w.stats.filled + w.stats.dropped, 0);
        close_world(&w);
    }
}

static void test_no_number_is_silence(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY, 0.25f, 1e30f, -1e30f};
    const uint32_t rates[] = {48000, 44100};
    struct world w;

    for (uint32_t i = 0; i < 2; i++) {
        open_world(&w, rates[i], 441);
        play(&w, NS_PER_S);
        size_t k = at(w.now);
        feed(&w, bad, 6, w.now);
        pass(&w, 6);
        play(&w, NS_PER_S);
        for (size_t j = 0; j < w.n; j++)
            assert_true(fabsf(w.out[j]) < 40);
        if (rates[i] == 48000) {
            for (size_t j = k; j < k + 3; j++)
                assert_true(w.out[j] == 0);
            assert_true(w.out[k + 3] == 0.25f);
            assert_true(w.out[k + 4] > 1 && w.out[k + 4] == -w.out[k + 5]);
        }
        is_sine(&w, k + 1000, w.n, 100); /* it does not last */
        close_world(&w);
    }
}

static void test_a_clock_that_is_not_ours(void **state)
{
    (void)state;
    const int64_t off[] = {-BEGIN, -BEGIN / 2};
    struct world w;

    for (uint32_t i = 0; i < 2; i++) {
        open_world(&w, 48000, 480);
        for (uint32_t k = 0; k < 100; k++)
            cycle(&w, off[i] - (i == 0 ? w.now - BEGIN : 0));
        lose(&w, 4800);
        for (uint32_t k = 0; k < 100; k++)
            cycle(&w, off[i] - (i == 0 ? w.now - BEGIN : 0));
        is_sine(&w, FADE, 48000, 100);
        is_sine(&w, 48000 + 4800 + FADE, w.n, 100);
        close_world(&w);
    }
}

static void test_an_hour_away_is_not_made_up_for(void **state)
{
    (void)state;
    struct world w;

    open_world(&w, 48000, 480);
    w.forget = true;
    play(&w, NS_PER_S);
    w.now += 3600 * NS_PER_S;
    assert_int_equal(timeline_idle(w.t, w.now), 0);
    assert_in_range(timeline_next(w.t), 50 * 61 - 1, 50 * 61);
    play(&w, NS_PER_S);
    assert_in_range(timeline_next(w.t), 50 * 62 - 1, 50 * 62);
    w.now += 3600 * NS_PER_S; /* and this time sound comes first */
    play(&w, NS_PER_S);
    assert_in_range(timeline_next(w.t), 50 * 123 - 1, 50 * 123);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_48_khz_passes_untouched_in_cycles_of_any_size),
        cmocka_unit_test(test_channels_stay_apart),
        cmocka_unit_test(test_a_sine_at_other_rates),
        cmocka_unit_test(test_frames_lost_are_as_many_of_silence),
        cmocka_unit_test(test_losses_without_end),
        cmocka_unit_test(test_time_goes_on_when_nothing_comes),
        cmocka_unit_test(test_time_goes_on_before_the_first_sound),
        cmocka_unit_test(test_a_server_that_stalls_and_counts_it),
        cmocka_unit_test(test_a_server_that_stalls_and_does_not_know),
        cmocka_unit_test(test_losses_that_were_none),
        cmocka_unit_test(test_what_comes_late_is_left_out),
        cmocka_unit_test(test_another_graph_is_joined_at_the_present),
        cmocka_unit_test(test_the_rate_changes_as_a_sound_ends),
        cmocka_unit_test(test_the_rate_changes_while_it_plays),
        cmocka_unit_test(test_freewheel_is_a_pause),
        cmocka_unit_test(test_a_thousand_stalls_leave_no_trace),
        cmocka_unit_test(test_clocks_that_drift_are_none_of_its_business),
        cmocka_unit_test(test_no_number_is_silence),
        cmocka_unit_test(test_a_clock_that_is_not_ours),
        cmocka_unit_test(test_an_hour_away_is_not_made_up_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
