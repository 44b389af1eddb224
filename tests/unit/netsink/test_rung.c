// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/rung.h"

#include <errno.h>
#include <math.h>
#include <opus.h>
#include <stdlib.h>

#include "netsink/hub.h"
#include "netsink/timeline.h"
#include "tests/unit/test.h"

#define PACKETS 100

/* A chord with a slow swell, other on each side. */
static float chord(uint32_t k, uint32_t channel)
{
    static const double hz[] = {110, 165, 220, 277.2, 330};
    double t = k / 48000.0, x = 0;

    for (uint32_t i = 0; i < 5; i++)
        x += sin(2 * M_PI * (hz[i] + channel * 1.3) * t + i);
    return (float)(0.1 * x * (1 + 0.5 * sin(2 * M_PI * 0.7 * t)));
}

/* Correlation of a[0], a[step].. with b. */
static double correlate(const float *a, const float *b, uint32_t n,
                        uint32_t step)
{
    double ab = 0, aa = 0, bb = 0;
    for (uint32_t i = 0; i < n; i++) {
        ab += a[i * step] * b[i * step];
        aa += a[i * step] * a[i * step];
        bb += b[i * step] * b[i * step];
    }
    return ab / sqrt(aa * bb);
}

/* What libopus decodes is what went in, later by the look-ahead. Returns the
   bytes of all packets. */
static uint32_t sounds_the_same(uint32_t n_channels, uint32_t kbps)
{
    const uint32_t n = PACKETS * TIMELINE_PACKET;
    float *in = calloc(n * n_channels, sizeof(float));
    float *out = calloc(n * n_channels, sizeof(float));
    uint8_t data[HUB_PACKET_MAX];
    uint32_t bytes = 0;
    struct rung *r;
    int why;

    assert_non_null(in);
    assert_non_null(out);
    for (uint32_t k = 0; k < n * n_channels; k++)
        in[k] = chord(k / n_channels, k % n_channels);
    assert_int_equal(rung_new(&r, n_channels, kbps), 0);
    OpusDecoder *d = opus_decoder_create(48000, (int)n_channels, &why);
    assert_non_null(d);
    for (uint32_t i = 0; i < PACKETS; i++) {
        uint32_t at = i * TIMELINE_PACKET * n_channels;
        int len = rung_encode(r, in + at, data);
        assert_in_range(len, 3, HUB_PACKET_MAX);
        assert_int_equal(
            opus_decode_float(d, data, len, out + at, TIMELINE_PACKET, 0),
            TIMELINE_PACKET);
        bytes += (uint32_t)len;
    }
    uint32_t late = rung_lookahead(r);
    assert_in_range(late, 1, 960);
    uint32_t from = 4 * TIMELINE_PACKET; /* settled */
    for (uint32_t c = 0; c < n_channels; c++)
        assert_true(correlate(in + from * n_channels + c,
                              out + (from + late) * n_channels + c,
                              n - from - late, n_channels) > 0.98);
    opus_decoder_destroy(d);
    rung_free(&r);
    assert_null(r);
    free(in);
    free(out);
    return bytes;
}

static void test_decodes_to_what_went_in(void **state)
{
    (void)state;
    sounds_the_same(2, 96);
    sounds_the_same(1, 64);
}

static void test_more_bits_make_more_bytes(void **state)
{
    (void)state;
    uint32_t low = sounds_the_same(2, 48), high = sounds_the_same(2, 160);
    assert_true(high > 2 * low);
}

static void test_refuses(void **state)
{
    (void)state;
    struct rung *r;
    assert_int_equal(rung_new(&r, 2, 23), -EINVAL);
    assert_null(r);
    assert_int_equal(rung_new(&r, 2, 257), -EINVAL);
    assert_int_equal(rung_new(&r, 0, 96), -EINVAL);
    assert_int_equal(rung_new(&r, 3, 96), -EINVAL);
    rung_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decodes_to_what_went_in),
        cmocka_unit_test(test_more_bits_make_more_bytes),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
