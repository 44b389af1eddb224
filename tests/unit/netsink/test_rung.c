// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/rung.h"

#include <errno.h>
#include <math.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/timeline.h"
#include "tests/unit/netsink/music.h"
#include "tests/unit/netsink/tone.h"
#include "tests/unit/test.h"

#define PACKETS 300
#define FIRST   1000 /* their numbers begin there */

/* Computed once. */
static float in[PACKETS * TIMELINE_PACKET][2];

struct packets {
    uint32_t n_channels, lookahead;
    uint64_t bytes;
    int len[PACKETS];
    uint8_t data[PACKETS][RUNG_OPUS_MAX];
};

static struct rung_spec opus(uint32_t n_channels, uint32_t kbps)
{
    return (struct rung_spec){
        .codec = RUNG_OPUS, .n_channels = n_channels, .kbps = kbps};
}

/* Packets from..end by an encoder that begins there, or as much earlier as it
   takes to warm up, and that knows its end. */
static void encode_some(struct packets *p, uint32_t n_channels, uint32_t kbps,
                        uint32_t from, uint32_t end)
{
    const struct rung_spec spec = opus(n_channels, kbps);
    float frames[TIMELINE_PACKET * 2];
    struct rung *r;

    p->n_channels = n_channels;
    assert_int_equal(rung_new(&r, &spec), 0);
    p->lookahead = rung_lookahead(r);
    p->bytes = 0;
    for (uint32_t i = from - (from ? rung_warm_up(&spec) : 0); i < end; i++) {
        uint8_t data[RUNG_OPUS_MAX];
        for (uint32_t k = 0; k < TIMELINE_PACKET * n_channels; k++)
            frames[k] =
                in[i * TIMELINE_PACKET + k / n_channels][k % n_channels];
        if (i + 1 == end)
            rung_end(r);
        int len = rung_encode(r, FIRST + i, frames, data);
        assert_in_range(len, 3, RUNG_OPUS_MAX);
        /* 20 ms of CELT, one frame: RFC 6716 3.1 */
        assert_true(data[0] >> 3 >= 16 && (data[0] >> 3) % 4 == 3);
        assert_int_equal(data[0] & 3, 0);
        if (i < from)
            continue;
        p->len[i] = len;
        p->bytes += (uint32_t)len;
        memcpy(p->data[i], data, (size_t)len);
    }
    rung_free(&r);
    assert_null(r);
}

static void encode(struct packets *p, uint32_t n_channels, uint32_t kbps)
{
    encode_some(p, n_channels, kbps, 0, PACKETS);
}

/* a's packets below seam, and b's from there on: what it costs, in dB of each
   packet's signal-to-noise ratio. */
static void decode(const struct packets *a, const struct packets *b,
                   uint32_t seam, double snr[PACKETS])
{
    const uint32_t n = PACKETS * TIMELINE_PACKET, nc = a->n_channels;
    float *out = calloc((size_t)n * nc, sizeof(float));
    int why;

    assert_non_null(out);
    OpusDecoder *d = opus_decoder_create(48000, (int)nc, &why);
    assert_non_null(d);
    for (uint32_t i = 0; i < PACKETS; i++) {
        const struct packets *p = i < seam ? a : b;
        assert_int_equal(opus_decode_float(d, p->data[i], p->len[i],
                                           out + i * TIMELINE_PACKET * nc,
                                           TIMELINE_PACKET, 0),
                         TIMELINE_PACKET);
    }
    opus_decoder_destroy(d);
    for (uint32_t i = 0; i + 1 < PACKETS; i++) {
        double signal = 0, noise = 0;
        for (uint32_t k = i * TIMELINE_PACKET; k < (i + 1) * TIMELINE_PACKET;
             k++) {
            for (uint32_t c = 0; c < nc; c++) {
                float x = in[k][c];
                float y = out[(k + a->lookahead) * nc + c];
                signal += x * x;
                noise += (x - y) * (x - y);
            }
        }
        snr[i] = 10 * log10(signal / noise);
    }
    free(out);
}

static double mean(const double *x, uint32_t from, uint32_t to)
{
    double sum = 0;
    for (uint32_t i = from; i < to; i++)
        sum += x[i];
    return sum / (to - from);
}

static void test_decodes_to_what_went_in(void **state)
{
    (void)state;
    static const struct {
        uint32_t n_channels, kbps;
        double snr; /* dB at least */
    } cases[] = {
        {2, 24, 6}, {2, 64, 11}, {1, 64, 13}, {2, 96, 13}, {2, 160, 17}};
    struct packets *p = malloc(sizeof(*p));
    double snr[PACKETS];

    assert_non_null(p);
    for (uint32_t i = 0; i < 5; i++) {
        encode(p, cases[i].n_channels, cases[i].kbps);
        /* 2.5 ms, not 6.5 */
        assert_int_equal(p->lookahead, 120);
        double want = cases[i].kbps * 2.5 * PACKETS;
        assert_true(fabs((double)p->bytes / want - 1) < 0.05);
        decode(p, p, 0, snr);
        print_message("%u kbit/s: %.1f dB\n", cases[i].kbps,
                      mean(snr, 10, PACKETS - 1));
        assert_true(mean(snr, 10, PACKETS - 1) > cases[i].snr);
    }
    free(p);
}

/* What a change from a to b at each of some seams costs: of the first packet
   after it at most, and of the third to the tenth. */
static void splice(const struct packets *a, const struct packets *b,
                   uint32_t seam, double *first, double *later)
{
    double plain[PACKETS], spliced[PACKETS];

    decode(b, b, 0, plain);
    *first = *later = -99;
    for (; seam + 50 < PACKETS; seam += RUNG_KEY) {
        decode(a, b, seam, spliced);
        *first = fmax(*first, plain[seam] - spliced[seam]);
        for (uint32_t i = seam + 2; i < seam + 10; i++)
            *later = fmax(*later, plain[i] - spliced[i]);
    }
}

static void test_rungs_join_at_key_packets(void **state)
{
    (void)state;
    static const uint32_t kbps[] = {32, 64, 96, 160};
    struct packets *p = malloc(4 * sizeof(*p));
    double at_keys = 0, elsewhere = 0, after = 0;

    assert_non_null(p);
    for (uint32_t i = 0; i < 4; i++)
        encode(&p[i], 2, kbps[i]);
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t k = 0; k < 4; k++) {
            double first, later;
            if (i == k)
                continue;
            splice(&p[i], &p[k], RUNG_KEY, &first, &later);
            print_message("%u to %u: %.2f dB, later %.2f", kbps[i], kbps[k],
                          first, later);
            at_keys = fmax(at_keys, first);
            after = fmax(after, later);
            splice(&p[i], &p[k], RUNG_KEY + 17, &first, &later);
            print_message("; elsewhere %.2f, later %.2f\n", first, later);
            elsewhere = fmax(elsewhere, first);
        }
    }
    assert_true(at_keys < 0.5);
    assert_true(after < 0.1);
    /* The test sees a seam that is none. */
    assert_true(elsewhere > 1);
    free(p);
}

/* An encoder that begins in the middle, at any number, goes on from another
   one that ended there. */
static void test_begins_and_ends_anywhere(void **state)
{
    (void)state;
    struct packets *p = malloc(3 * sizeof(*p));
    double plain[PACKETS], spliced[PACKETS], worst = 0;

    assert_non_null(p);
    encode(&p[0], 2, 96);
    decode(&p[0], &p[0], 0, plain);
    for (uint32_t seam = 53; seam + 50 < PACKETS; seam += 29) {
        encode_some(&p[1], 2, 96, 0, seam);
        encode_some(&p[2], 2, 96, seam, PACKETS);
        decode(&p[1], &p[2], seam, spliced);
        worst = fmax(worst, plain[seam - 1] - spliced[seam - 1]);
        worst = fmax(worst, plain[seam] - spliced[seam]);
        assert_true(mean(plain, seam - 50, seam + 50) -
                        mean(spliced, seam - 50, seam + 50) <
                    0.3);
    }
    print_message("%.2f dB\n", worst);
    assert_true(worst < 3);
    free(p);
}

static void test_complexity_goes_both_ways(void **state)
{
    (void)state;
    const struct rung_spec spec = opus(2, 96);
    float frames[TIMELINE_PACKET * 2];
    uint8_t data[RUNG_OPUS_MAX];
    struct rung *r;

    assert_int_equal(rung_new(&r, &spec), 0);
    for (uint32_t i = 0; i < 60; i++) {
        rung_set_complexity(r, i < 30 ? 10 - i / 3 : i / 3 - 10);
        music_packet(frames, i, 2);
        assert_in_range(rung_encode(r, i, frames, data), 3, RUNG_OPUS_MAX);
    }
    rung_free(&r);
}

/* A tone on the left, in WAV at another rate: unbroken from packet to packet,
   and where the numbers and the look-ahead say. Returns the rest, in dB. */
static double wav_tone(uint32_t rate, uint32_t n_out, uint64_t first)
{
    const struct rung_spec spec = {
        .codec = RUNG_WAV, .n_channels = 2, .wav = {WAV_F32, rate, n_out}};
    const uint32_t n = rate / 50;
    const double level = n_out == 1 ? 0.5 : 1;
    float left[TIMELINE_PACKET * 2] = {0};
    uint8_t *data = malloc(rung_packet_max(&spec));
    double signal = 0, noise = 0;
    struct rung *r;

    assert_non_null(data);
    assert_int_equal(rung_packet_max(&spec), n * 4 * n_out);
    assert_true(rung_bytes_per_s(&spec) == n * 4 * n_out * 50.0);
    assert_int_equal(rung_new(&r, &spec), 0);
    double late = rung_lookahead(r) / 48000.0;
    for (uint64_t seq = first; seq < first + 500; seq++) {
        for (uint32_t i = 0; i < TIMELINE_PACKET; i++)
            left[2 * i] = tone(997, 48000, seq * TIMELINE_PACKET + i);
        assert_int_equal(rung_encode(r, seq, left, data), n * 4 * n_out);
        if (seq < first + rung_warm_up(&spec))
            continue;
        for (uint32_t k = 0; k < n; k++) {
            double t = (double)(seq * n + k) / rate - late;
            double want = level * 0.5 * sin(2 * M_PI * 997 * t);
            float is;
            memcpy(&is, data + (size_t)k * n_out * 4, 4);
            signal += want * want;
            noise += (is - want) * (is - want);
        }
    }
    rung_free(&r);
    free(data);
    return 10 * log10(noise / signal);
}

static void test_wav_at_every_rate(void **state)
{
    (void)state;
    static const uint32_t rates[] = {44100, 48000, 96000};

    for (uint32_t i = 0; i < 3; i++) {
        assert_true(wav_tone(rates[i], 2, 0) < -90);
        assert_true(wav_tone(rates[i], 1, 123457) < -90);
    }
}

static void test_names(void **state)
{
    (void)state;
    struct rung_spec s = opus(2, 96);
    char name[32];

    rung_name(&s, name, sizeof(name));
    assert_string_equal(name, "96");
    s = (struct rung_spec){
        .codec = RUNG_WAV, .n_channels = 2, .wav = {WAV_S16, 48000, 2}};
    rung_name(&s, name, sizeof(name));
    assert_string_equal(name, "wav-s16-48000-2");
    s.wav = (struct wav_spec){WAV_F32, 96000, 1};
    rung_name(&s, name, sizeof(name));
    assert_string_equal(name, "wav-f32-96000-1");
}

static void refuses(struct rung_spec s)
{
    struct rung *r;
    assert_int_equal(rung_new(&r, &s), -EINVAL);
    assert_null(r);
    rung_free(&r);
}

static void test_refuses(void **state)
{
    (void)state;
    refuses(opus(2, 23));
    refuses(opus(2, 257));
    refuses(opus(0, 96));
    refuses(opus(3, 96));
    refuses((struct rung_spec){
        .codec = RUNG_WAV, .n_channels = 2, .wav = {WAV_S16, 22050, 2}});
    refuses((struct rung_spec){
        .codec = RUNG_WAV, .n_channels = 2, .wav = {WAV_S16, 48000, 3}});
}

static int make_music(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PACKETS; i++)
        music_packet(in[i * TIMELINE_PACKET], FIRST + i, 2);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decodes_to_what_went_in),
        cmocka_unit_test(test_rungs_join_at_key_packets),
        cmocka_unit_test(test_begins_and_ends_anywhere),
        cmocka_unit_test(test_complexity_goes_both_ways),
        cmocka_unit_test(test_wav_at_every_rate),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, make_music, NULL);
}
