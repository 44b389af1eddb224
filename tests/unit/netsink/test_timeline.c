// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/timeline.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/netsink/tone.h"
#include "tests/unit/test.h"

/* Everything that came out, in one piece. */
struct sink {
    uint32_t n_channels;
    uint64_t next; /* number expected */
    float *frames;
    size_t n, room; /* frames */
};

static void on_packet(void *ctx, uint64_t seq, const float *frames)
{
    struct sink *s = ctx;

    assert_int_equal(seq, s->next++);
    if (s->n + TIMELINE_PACKET > s->room) {
        s->room = 2 * s->room + TIMELINE_PACKET;
        s->frames = realloc(s->frames, s->room * s->n_channels * sizeof(float));
        assert_non_null(s->frames);
    }
    memcpy(s->frames + s->n * s->n_channels, frames,
           TIMELINE_PACKET * s->n_channels * sizeof(float));
    s->n += TIMELINE_PACKET;
}

static struct timeline *begin(struct sink *s, uint32_t rate,
                              uint32_t n_channels)
{
    struct timeline *t;

    memset(s, 0, sizeof(*s));
    s->n_channels = n_channels;
    assert_int_equal(timeline_new(&t, rate, n_channels, on_packet, s), 0);
    return t;
}

static void end(struct sink *s, struct timeline **t)
{
    timeline_free(t);
    assert_null(*t);
    free(s->frames);
}

/* Feeds frames [from, from + n) of a mono ramp: k + 1, scaled. */
static void feed_ramp(struct timeline *t, uint64_t position, uint64_t from,
                      uint32_t n)
{
    float f[5000];
    for (uint32_t i = 0; i < n; i++)
        f[i] = (float)(from + i + 1) / 65536;
    assert_int_equal(timeline_feed(t, position, f, n), 0);
}

static void test_refuses(void **state)
{
    (void)state;
    struct timeline *t;
    assert_int_equal(timeline_new(&t, 7999, 2, on_packet, NULL), -EINVAL);
    assert_null(t);
    assert_int_equal(timeline_new(&t, 384001, 2, on_packet, NULL), -EINVAL);
    assert_int_equal(timeline_new(&t, 48000, 0, on_packet, NULL), -EINVAL);
    assert_int_equal(timeline_new(&t, 48000, 3, on_packet, NULL), -EINVAL);
    timeline_free(&t);
}

static void test_equal_rates_pass_every_frame_untouched(void **state)
{
    (void)state;
    struct sink s;
    struct timeline *t = begin(&s, 48000, 1);
    uint64_t k = 0;

    for (uint32_t n = 1; k < 20000; k += n, n = n * 37 % 4001)
        feed_ramp(t, k, k, n);
    assert_int_equal(timeline_next(t), k / TIMELINE_PACKET);
    assert_int_equal(s.n, k / TIMELINE_PACKET * TIMELINE_PACKET);
    for (size_t i = 0; i < s.n; i++)
        assert_true(s.frames[i] == (float)(i + 1) / 65536);
    assert_int_equal(timeline_filled(t), 0);
    end(&s, &t);
}

static void test_a_gap_is_silence_of_its_length(void **state)
{
    (void)state;
    struct sink s;
    struct timeline *t = begin(&s, 48000, 1);

    feed_ramp(t, 100, 100, 1000); /* lost from the start on */
    feed_ramp(t, 3000, 3000, 1800);
    assert_int_equal(s.n, 4800);
    for (size_t i = 0; i < s.n; i++) {
        bool lost = i < 100 || (i >= 1100 && i < 3000);
        assert_true(s.frames[i] == (lost ? 0 : (float)(i + 1) / 65536));
    }
    assert_int_equal(timeline_filled(t), 100 + 1900);
    end(&s, &t);
}

static void test_a_step_back_is_a_continuation(void **state)
{
    (void)state;
    struct sink s;
    struct timeline *t = begin(&s, 48000, 1);

    feed_ramp(t, 0, 0, 960);
    feed_ramp(t, 5, 960, 960); /* the graph's clock began anew */
    feed_ramp(t, 965, 1920, 960);
    assert_int_equal(s.n, 2880);
    for (size_t i = 0; i < s.n; i++)
        assert_true(s.frames[i] == (float)(i + 1) / 65536);
    assert_int_equal(timeline_filled(t), 0);
    end(&s, &t);
}

static void test_an_endless_gap_is_cut_to_a_minute(void **state)
{
    (void)state;
    struct sink s;
    struct timeline *t = begin(&s, 48000, 1);

    feed_ramp(t, UINT64_C(1) << 40, 0, 960);
    assert_int_equal(timeline_filled(t), 60 * 48000);
    assert_int_equal(timeline_next(t), 60 * 50 + 1);
    feed_ramp(t, (UINT64_C(1) << 40) + 960, 960, 960);
    assert_int_equal(timeline_filled(t), 60 * 48000);
    end(&s, &t);
}

static void test_what_is_no_number_becomes_silence(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY, 0.25f, 1e30f, -1e30f};
    struct sink s;
    struct timeline *t = begin(&s, 48000, 1);

    assert_int_equal(timeline_feed(t, 0, bad, 6), 0);
    feed_ramp(t, 6, 6, 954);
    assert_int_equal(s.n, 960);
    for (size_t i = 0; i < 3; i++)
        assert_true(s.frames[i] == 0);
    assert_true(s.frames[3] == 0.25f);
    assert_true(s.frames[4] > 1 && s.frames[4] < 100);
    assert_true(s.frames[5] == -s.frames[4]);
    end(&s, &t);

    /* One sample must not last in the resampler's filter. */
    t = begin(&s, 44100, 1);
    assert_int_equal(timeline_feed(t, 0, bad, 1), 0);
    for (uint64_t k = 1; k < 20000; k += 1000)
        feed_ramp(t, k, k, 1000);
    assert_true(s.n > 0);
    for (size_t i = 0; i < s.n; i++)
        assert_true(isfinite(s.frames[i]));
    end(&s, &t);
}

/* Four seconds of a stereo sine at rate. */
static void a_sine_stays_that_sine(uint32_t rate)
{
    const double left = 997, right = 5003;
    struct sink s;
    struct timeline *t = begin(&s, rate, 2);
    uint32_t n = 4 * rate, part;
    float f[2 * 777];
    double level;

    for (uint32_t k = 0; k < n; k += part) {
        part = n - k < 777 ? n - k : 777;
        for (uint32_t i = 0; i < part; i++) {
            f[2 * i] = tone(left, rate, k + i);
            f[2 * i + 1] = tone(right, rate, k + i);
        }
        assert_int_equal(timeline_feed(t, k, f, part), 0);
    }
    /* 200 packets less the resampler's look-ahead, under one packet. */
    assert_in_range(timeline_next(t), 199, 200);
    assert_int_equal(s.n, timeline_next(t) * TIMELINE_PACKET);

    /* Its begin from silence is no sine. */
    const float *x = s.frames + 2 * 4800;
    uint32_t n_x = (uint32_t)s.n - 4800;
    assert_true(tone_snr(x, n_x, 2, left, 48000, &level) > 80);
    assert_true(fabs(level - 0.5) < 0.001);
    assert_true(tone_snr(x + 1, n_x, 2, right, 48000, &level) > 80);
    assert_true(fabs(level - 0.5) < 0.001);
    end(&s, &t);
}

static void test_a_sine_at_other_rates(void **state)
{
    (void)state;
    a_sine_stays_that_sine(44100);
    a_sine_stays_that_sine(96000);
    a_sine_stays_that_sine(48000);
}

static void test_nothing_waits_for_the_next_feed(void **state)
{
    (void)state;
    struct sink s;
    struct timeline *t = begin(&s, 8000, 1);

    /* The conversion makes six frames of one: one call gives many packets. */
    for (uint32_t k = 0; k < 10; k++) {
        feed_ramp(t, k * 4000, k * 4000, 4000);
        assert_in_range(timeline_next(t), (k + 1) * 25 - 1, (k + 1) * 25);
    }
    end(&s, &t);
}

static void test_a_gap_keeps_the_phase_at_other_rates(void **state)
{
    (void)state;
    struct sink s;
    struct timeline *t = begin(&s, 44100, 1);
    float f[44100];
    double w = 2 * M_PI * 997 / 48000, err = 0, all = 0;

    for (uint32_t k = 0; k < 44100; k++)
        f[k] = tone(997, 44100, k);
    assert_int_equal(timeline_feed(t, 0, f, 10000), 0);
    assert_int_equal(timeline_feed(t, 20000, f + 20000, 24100), 0);
    /* After the gap: the sine it would have been, to the sample. */
    for (size_t k = 24000; k < s.n; k++) {
        double want = 0.5 * sin(w * (double)k);
        err += (s.frames[k] - want) * (s.frames[k] - want);
        all += want * want;
    }
    assert_true(10 * log10(all / err) > 80);
    /* In its middle: nothing. */
    for (size_t k = 13000; k < 20000; k++)
        assert_true(fabsf(s.frames[k]) < 1e-6f);
    end(&s, &t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_equal_rates_pass_every_frame_untouched),
        cmocka_unit_test(test_a_gap_is_silence_of_its_length),
        cmocka_unit_test(test_a_step_back_is_a_continuation),
        cmocka_unit_test(test_an_endless_gap_is_cut_to_a_minute),
        cmocka_unit_test(test_what_is_no_number_becomes_silence),
        cmocka_unit_test(test_a_sine_at_other_rates),
        cmocka_unit_test(test_nothing_waits_for_the_next_feed),
        cmocka_unit_test(test_a_gap_keeps_the_phase_at_other_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
