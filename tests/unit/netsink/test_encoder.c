// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The thread and its tap, with cycles from here instead of from JACK: they come
 * faster than time, but as many frames as their times say, so that the timeline
 * takes them for a graph in good health.
 */
#include "netsink/encoder.h"

#include <errno.h>
#include <math.h>
#include <opus.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "netsink/timeline.h"
#include "tests/unit/netsink/music.h"
#include "tests/unit/test.h"

#define PERIOD  480 /* frames */
#define SECONDS 4   /* of music; then it begins anew */
#define MUSIC   (SECONDS * TIMELINE_RATE)
#define RUNGS   4
#define PATIENT (30 * NS_PER_S) /* for what takes some ms */

enum { LOW, HIGH, WAV, FINE };

static const struct rung_spec specs[RUNGS] = {
    [LOW] = {.codec = RUNG_OPUS, .n_channels = 2, .kbps = 64},
    [HIGH] = {.codec = RUNG_OPUS, .n_channels = 2, .kbps = 160},
    [WAV] = {.codec = RUNG_WAV, .n_channels = 2, .wav = {WAV_F32, 48000, 2}},
    [FINE] = {.codec = RUNG_WAV, .n_channels = 2, .wav = {WAV_F32, 96000, 2}},
};

static float left[MUSIC], right[MUSIC];

struct world {
    struct hub_budget budget;
    struct tap *tap;
    struct encoder *encoder;
    struct encoder_rung rungs[RUNGS];
    uint64_t played; /* frames */
    int64_t begin;   /* of the graph, ns */
    _Atomic uint32_t puts;
};

static void on_put(void *ctx)
{
    struct world *w = ctx;
    atomic_fetch_add(&w->puts, 1);
}

static void world_init(struct world *w, uint64_t budget)
{
    *w = (struct world){.budget.max = budget};
    assert_int_equal(tap_new(&w->tap, 2, TIMELINE_RATE, 4), 0);
    for (uint32_t i = 0; i < RUNGS; i++) {
        const struct hub_opts o = {.packet_max = rung_packet_max(&specs[i]),
                                   .ogg = specs[i].codec == RUNG_OPUS,
                                   .budget = &w->budget,
                                   .aside = specs[i].codec == RUNG_OPUS};
        w->rungs[i].spec = specs[i];
        assert_int_equal(hub_new(&w->rungs[i].hub, &o), 0);
    }
    const struct encoder_opts o = {.tap = w->tap,
                                   .n_channels = 2,
                                   .rungs = w->rungs,
                                   .n_rungs = RUNGS,
                                   .budget = &w->budget,
                                   .put = on_put,
                                   .ctx = w};
    assert_int_equal(encoder_start(&w->encoder, &o), 0);
    w->begin = clock_now() + 50 * NS_PER_MS;
}

static void world_fini(struct world *w)
{
    struct encoder_stats s;

    encoder_stats(w->encoder, &s);
    assert_int_equal(s.failed, 0);
    encoder_stop(&w->encoder);
    assert_null(w->encoder);
    for (uint32_t i = 0; i < RUNGS; i++)
        hub_free(&w->rungs[i].hub);
    tap_free(&w->tap);
    assert_int_equal(atomic_load(&w->budget.used), 0);
    assert_int_equal(atomic_load(&w->budget.common), 0);
}

static uint64_t seq(const struct world *w)
{
    uint64_t first, end;

    encoder_history(w->encoder, &first, &end);
    assert_int_equal(
        first, end > ENCODER_HISTORY_S * 50 ? end - ENCODER_HISTORY_S * 50 : 0);
    return end;
}

static void play(struct world *w, double seconds)
{
    const uint64_t end = w->played + (uint64_t)(seconds * TIMELINE_RATE);
    const int64_t until = clock_now() + PATIENT;

    while (w->played < end) {
        const uint64_t at = w->played % MUSIC;
        const float *in[2] = {left + at, right + at};
        const struct jclient_cycle c = {
            .n_frames = PERIOD,
            .rate = TIMELINE_RATE,
            .time = w->begin + (int64_t)w->played * NS_PER_S / TIMELINE_RATE,
            .in = in};
        tap_process_rt(w->tap, &c);
        w->played += PERIOD;
        /* No more than a second that was not taken out. */
        while (w->played / TIMELINE_PACKET > seq(w) + 50) {
            clock_sleep(NS_PER_MS / 5);
            assert_true(clock_now() < until);
        }
    }
    while (w->played / TIMELINE_PACKET > seq(w)) {
        clock_sleep(NS_PER_MS / 5);
        assert_true(clock_now() < until);
    }
}

static void range(const struct world *w, uint32_t rung, uint64_t *first,
                  uint64_t *end)
{
    hub_range(w->rungs[rung].hub, first, end);
}

/* Until the rung holds what is from..end and more. Returns the time it took,
   ns. */
static int64_t wait_for(const struct world *w, uint32_t rung, uint64_t from,
                        uint64_t end)
{
    const int64_t begin = clock_now();
    uint64_t is_first, is_end;

    for (range(w, rung, &is_first, &is_end);
         is_first == is_end || is_first > from || is_end < end;
         range(w, rung, &is_first, &is_end)) {
        assert_true(clock_now() < begin + PATIENT);
        clock_sleep(NS_PER_MS / 20);
    }
    return clock_now() - begin;
}

/* Of the decoded packets from..end of a rung against what was played. */
static double snr(const struct world *w, uint32_t rung, uint64_t from,
                  uint64_t end)
{
    float out[TIMELINE_PACKET * 2];
    struct encoder_stats s;
    double signal = 0, noise = 0;
    int why;

    encoder_stats(w->encoder, &s);
    OpusDecoder *d = opus_decoder_create(48000, 2, &why);
    assert_non_null(d);
    for (uint64_t k = from; k < end; k++) {
        const uint32_t i = (uint32_t)(k % SLAB_PACKETS);
        uint64_t there;
        struct slab *slab = hub_slab(w->rungs[rung].hub, k, &there);
        assert_non_null(slab);
        assert_int_equal(opus_decode_float(d, slab->data + slab->offset[i],
                                           (opus_int32)(slab->offset[i + 1] -
                                                        slab->offset[i]),
                                           out, TIMELINE_PACKET, 0),
                         TIMELINE_PACKET);
        slab_unref(slab);
        for (uint32_t n = 0; n < TIMELINE_PACKET && k > from + 1; n++) {
            uint64_t at = k * TIMELINE_PACKET + n - s.lookahead - s.filled;
            const float want[2] = {left[at % MUSIC], right[at % MUSIC]};
            for (uint32_t c = 0; c < 2; c++) {
                signal += want[c] * want[c];
                noise +=
                    (want[c] - out[2 * n + c]) * (want[c] - out[2 * n + c]);
            }
        }
    }
    opus_decoder_destroy(d);
    return 10 * log10(signal / noise);
}

static void test_no_listener_no_encoding(void **state)
{
    (void)state;
    struct world w;
    struct encoder_stats s;
    struct encoder_rung_stats r;
    uint64_t first, end;

    world_init(&w, 64u << 20);
    play(&w, 2);
    for (encoder_stats(w.encoder, &s); !s.graph && w.played < 8 * TIMELINE_RATE;
         encoder_stats(w.encoder, &s)) {
        clock_sleep(2 * NS_PER_MS); /* figures come with the next pass */
        play(&w, 0.02);
    }
    assert_in_range(s.seq, 100, 500);
    assert_int_equal(s.packets, 0);
    assert_int_equal(s.complexity, 10);
    assert_int_equal(s.lookahead, 120);
    assert_int_equal(s.dropped, 0);
    assert_true(s.graph);
    for (uint32_t i = 0; i < RUNGS; i++) {
        range(&w, i, &first, &end);
        assert_int_equal(first, end);
        encoder_rung_stats(w.encoder, i, &r);
        assert_false(r.warm);
        assert_int_equal(r.packets, 0);
    }
    assert_int_equal(atomic_load(&w.puts), 0);
    assert_int_equal(atomic_load(&w.budget.used), 0);
    world_fini(&w);
}

static void test_a_cold_rung_is_there_at_once(void **state)
{
    (void)state;
    struct world w;
    struct encoder_stats s;
    struct encoder_rung_stats r;
    uint64_t first, end;

    world_init(&w, 64u << 20);
    play(&w, 13);
    const uint64_t now = seq(&w), from = now - 513;
    assert_int_equal(encoder_hold(w.encoder, HIGH, from), 0);
    int64_t t = wait_for(&w, HIGH, from, from + 1);
    int64_t burst = wait_for(&w, HIGH, from, from + 500) + t;
    print_message("first packet after %.2f ms, 10 s after %.1f ms\n",
                  (double)t / 1e6, (double)burst / 1e6);
    wait_for(&w, HIGH, 0, now);
    range(&w, HIGH, &first, &end);
    assert_int_equal(first, 0);
    assert_true(atomic_load(&w.puts) > 0);

    play(&w, 1);
    wait_for(&w, HIGH, 0, now + 50);
    print_message("%.1f dB\n", snr(&w, HIGH, 100, now + 49));
    assert_true(snr(&w, HIGH, 100, now + 49) > 20);
    encoder_rung_stats(w.encoder, HIGH, &r);
    assert_int_equal(r.held, 1);
    assert_true(r.warm);
    encoder_stats(w.encoder, &s);
    assert_true(s.packets == r.packets && r.packets >= now + 50);

    /* Let go it goes on for a while: who comes back finds it. */
    encoder_release(w.encoder, HIGH);
    play(&w, 0.5);
    wait_for(&w, HIGH, 0, now + 75);
    encoder_rung_stats(w.encoder, HIGH, &r);
    assert_int_equal(r.held, 0);
    assert_true(r.warm);
    assert_int_equal(encoder_hold(w.encoder, HIGH, 0), 0);
    world_fini(&w);
}

static void test_all_rungs_have_the_same_numbers(void **state)
{
    (void)state;
    struct world w;

    world_init(&w, 256u << 20);
    play(&w, 3);
    encoder_hurry(w.encoder, true);
    for (uint32_t i = 0; i < RUNGS; i++)
        assert_int_equal(encoder_hold(w.encoder, i, seq(&w) - 20 * i), 0);
    play(&w, 1);
    const uint64_t now = seq(&w);
    for (uint32_t i = 0; i < RUNGS; i++)
        wait_for(&w, i, 0, now);
    encoder_hurry(w.encoder, false);
    assert_true(snr(&w, LOW, 100, now) > 14);
    assert_true(snr(&w, HIGH, 100, now) > 20);
    /* WAV is what was played, to the bit. */
    struct encoder_stats s;
    encoder_stats(w.encoder, &s);
    for (uint64_t k = 50; k < now; k++) {
        uint64_t end, at = k * TIMELINE_PACKET - s.filled;
        struct slab *slab = hub_slab(w.rungs[WAV].hub, k, &end);
        assert_non_null(slab);
        float is[2];
        memcpy(is, slab->data + slab->offset[k % SLAB_PACKETS], sizeof(is));
        slab_unref(slab);
        assert_true(is[0] == left[at % MUSIC] && is[1] == right[at % MUSIC]);
    }
    world_fini(&w);
}

static void test_a_rung_without_room_is_refused(void **state)
{
    (void)state;
    struct world w;
    struct encoder_rung_stats r;

    world_init(&w, 2u << 20);
    play(&w, 0.2);
    assert_int_equal(encoder_hold(w.encoder, WAV, 0), -ENOMEM);
    encoder_rung_stats(w.encoder, WAV, &r);
    assert_int_equal(r.held, 0);
    assert_false(r.warm);
    assert_int_equal(encoder_hold(w.encoder, HIGH, 0), 0);
    /* 1.2 MB, and another half. */
    assert_int_equal(encoder_hold(w.encoder, LOW, 0), 0);
    encoder_release(w.encoder, HIGH);
    encoder_release(w.encoder, LOW);
    world_fini(&w);
}

static void test_the_clock_follows(void **state)
{
    (void)state;
    struct world w;

    world_init(&w, 64u << 20);
    play(&w, 3);
    /* They came at once, all of them, and the clock soon says so. */
    const uint64_t end = seq(&w);
    const int64_t until = clock_now() + PATIENT;
    const struct pace *p = encoder_pace(w.encoder);
    while (pace_time(p, end) == 0 ||
           pace_time(p, end) > clock_now() + 2 * NS_PER_S) {
        assert_true(clock_now() < until);
        clock_sleep(NS_PER_MS);
    }
    assert_true(pace_position(p, clock_now()) > (double)end - 101);
    world_fini(&w);
}

struct coming {
    struct world *w;
    atomic_bool stop;
};

static void *come_and_go(void *arg)
{
    struct coming *c = arg;
    uint32_t i = 0;

    while (!atomic_load(&c->stop)) {
        uint64_t first, end;
        struct encoder_stats s;
        encoder_stats(c->w->encoder, &s);
        encoder_history(c->w->encoder, &first, &end);
        if (encoder_hold(c->w->encoder, i % RUNGS, end - i % 30) == 0) {
            struct slab *slab =
                hub_slab(c->w->rungs[i % RUNGS].hub, end - 1, &end);
            slab_unref(slab);
            encoder_hurry(c->w->encoder, true);
            pace_position(encoder_pace(c->w->encoder), clock_now());
            clock_sleep(NS_PER_MS);
            encoder_hurry(c->w->encoder, false);
            encoder_release(c->w->encoder, i % RUNGS);
        }
        i++;
    }
    return NULL;
}

/* Room for three rungs of four: they make each other go. */
static void test_listeners_come_and_go(void **state)
{
    (void)state;
    struct world w;
    struct coming c = {.w = &w};
    pthread_t threads[2];

    world_init(&w, 50u << 20);
    play(&w, 1);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &c), 0);
    play(&w, 20);
    atomic_store(&c.stop, true);
    for (uint32_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    const uint64_t now = seq(&w);
    assert_int_equal(encoder_hold(w.encoder, LOW, now - 100), 0);
    wait_for(&w, LOW, now - 100, now);
    world_fini(&w);
}

static int make_music(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MUSIC; i++) {
        left[i] = music(i, 0);
        right[i] = music(i, 1);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_listener_no_encoding),
        cmocka_unit_test(test_a_cold_rung_is_there_at_once),
        cmocka_unit_test(test_all_rungs_have_the_same_numbers),
        cmocka_unit_test(test_a_rung_without_room_is_refused),
        cmocka_unit_test(test_the_clock_follows),
        cmocka_unit_test(test_listeners_come_and_go),
    };
    return cmocka_run_group_tests(tests, make_music, NULL);
}
