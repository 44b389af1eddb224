// SPDX-License-Identifier: GPL-3.0-or-later
/* The markers' signal at known places, as it is and as Opus leaves it: found
   there, with its numbers; and nothing where there is none. */
#include <math.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/load/marks.h"
#include "tests/unit/test.h"

#define SECONDS  30
#define N        (SECONDS * MARKS_RATE)
#define BURSTS   80 /* of 81, the last one's end is not there */
#define MS       (MARKS_RATE / 1000)
#define PACKET   960
#define BYTES    1276
#define BITRATES 3

/* The signal from frame `from` on. */
static float *make(uint64_t from)
{
    float *x = malloc(N * sizeof(*x));

    assert_non_null(x);
    for (uint64_t i = 0; i < N; i++)
        x[i] = marks_sample(from + i);
    return x;
}

/* Through libopus at kbit/s, in place, moved by the encoder's lookahead, which
   is returned. */
static int code(float *x, int kbps)
{
    int err, lookahead = 0;
    OpusEncoder *e = opus_encoder_create(
        MARKS_RATE, 2, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &err);
    OpusDecoder *d = opus_decoder_create(MARKS_RATE, 2, &err);
    float frame[2 * PACKET];
    uint8_t packet[BYTES];

    assert_true(e && d);
    opus_encoder_ctl(e, OPUS_SET_BITRATE(kbps * 1000));
    opus_encoder_ctl(e, OPUS_GET_LOOKAHEAD(&lookahead));
    for (size_t at = 0; at + PACKET <= N; at += PACKET) {
        for (size_t i = 0; i < PACKET; i++)
            frame[2 * i] = frame[2 * i + 1] = x[at + i];
        int len = opus_encode_float(e, frame, PACKET, packet, BYTES);
        assert_true(len > 0);
        assert_int_equal(opus_decode_float(d, packet, len, frame, PACKET, 0),
                         PACKET);
        for (size_t i = 0; i < PACKET; i++)
            x[at + i] = frame[2 * i];
    }
    opus_encoder_destroy(e);
    opus_decoder_destroy(d);
    return lookahead;
}

/* All bursts, each within `within` frames of its place, moved by `moved`. */
static void assert_all(const float *x, int64_t moved, int64_t within)
{
    struct mark m[2 * BURSTS];

    assert_int_equal(marks_find(x, N, m, 2 * BURSTS), BURSTS);
    for (int k = 0; k < BURSTS; k++) {
        int64_t off = m[k].frame - moved - (int64_t)(k + 1) * MARKS_PERIOD;
        if (off < -within || off > within)
            fail_msg("burst %d is found %lld frames off", k, (long long)off);
        assert_int_equal(m[k].number, k % MARKS_NUMBERS);
    }
}

static void found_as_made(void **state)
{
    float *x = make(0);

    (void)state;
    assert_all(x, 0, 3);
    free(x);
}

static void found_after_opus(void **state)
{
    static const int kbps[BITRATES] = {64, 96, 160};

    (void)state;
    for (int i = 0; i < BITRATES; i++) {
        float *x = make(0);
        int lookahead = code(x, kbps[i]);
        assert_all(x, lookahead, MS);
        free(x);
    }
}

static void found_in_noise(void **state)
{
    float *x = make(0);
    uint32_t r = 1;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        r = r * 1664525 + 1013904223;
        x[i] += 0.05F * ((float)(r >> 8) / (float)(1 << 23) - 1);
    }
    assert_all(x, 0, MS);
    free(x);
}

/* Samples that are missing move all that follow, by just as much. */
static void found_after_a_hole(void **state)
{
    float *x = make(0);
    struct mark m[2 * BURSTS];
    size_t at = 10 * MARKS_PERIOD + 9000, hole = 1234;

    (void)state;
    memmove(x + at, x + at + hole, (N - at - hole) * sizeof(*x));
    int n = marks_find(x, N - hole, m, 2 * BURSTS);
    assert_true(n >= BURSTS - 1);
    for (int k = 0; k < n; k++) {
        int64_t want = (int64_t)(k + 1) * MARKS_PERIOD;
        want -= want > (int64_t)at ? (int64_t)hole : 0;
        assert_in_range(m[k].frame, want - 3, want + 3);
    }
    free(x);
}

static void none_without_bursts(void **state)
{
    struct mark m[4];
    float *x = malloc(N * sizeof(*x));

    (void)state;
    assert_non_null(x);
    for (size_t i = 0; i < N; i++)
        x[i] = 0.3F * sinf((float)(i % MARKS_RATE) * 997 *
                           (float)(2 * M_PI / MARKS_RATE));
    assert_int_equal(marks_find(x, N, m, 4), 0);
    memset(x, 0, N * sizeof(*x));
    assert_int_equal(marks_find(x, N, m, 4), 0);
    assert_int_equal(marks_find(x, 0, m, 4), 0);
    free(x);
}

/* Half of a burst's digits are overwritten: it is found, but not read. */
static void unread_without_digits(void **state)
{
    float *x = make(0);
    struct mark m[4];

    (void)state;
    memset(x + MARKS_PERIOD + MARKS_LEN * 2 / 3, 0, MARKS_LEN / 3 * sizeof(*x));
    assert_int_equal(marks_find(x, 3 * MARKS_PERIOD, m, 4), 2);
    assert_int_equal(m[0].number, MARKS_UNREAD);
    assert_int_equal(m[1].number, 1);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_as_made),
        cmocka_unit_test(found_after_opus),
        cmocka_unit_test(found_in_noise),
        cmocka_unit_test(found_after_a_hole),
        cmocka_unit_test(none_without_bursts),
        cmocka_unit_test(unread_without_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
