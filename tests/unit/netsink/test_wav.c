// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/wav.h"

#include <errno.h>
#include <math.h>
#include <sndfile.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/resample.h"
#include "tests/unit/netsink/shell.h"
#include "tests/unit/netsink/tone.h"
#include "tests/unit/test.h"

#define FRAMES 9600

static const struct wav_spec s16 = {WAV_S16, 48000, 2};
static const struct wav_spec s24 = {WAV_S24, 48000, 2};
static const struct wav_spec f32 = {WAV_F32, 48000, 2};

static int32_t le(const uint8_t *p, uint32_t n)
{
    uint32_t x = 0;
    for (uint32_t i = 0; i < n; i++)
        x |= (uint32_t)p[i] << 8 * i;
    return (int32_t)(x << (32 - 8 * n)) >> (32 - 8 * n);
}

static float f32_at(const uint8_t *p)
{
    float f;
    memcpy(&f, p, 4);
    return f;
}

static void test_heads(void **state)
{
    (void)state;
    uint8_t p[WAV_HEAD_MAX];
    const struct wav_spec float_mono = {WAV_F32, 96000, 1};

    assert_int_equal(wav_head(&s16, p, sizeof(p)), 44);
    assert_memory_equal(p,
                        "RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0"
                        "\1\0\2\0\x80\xbb\0\0\0\xee\2\0\4\0\x10\0"
                        "data\xff\xff\xff\xff",
                        44);
    assert_int_equal(wav_head(&s24, p, sizeof(p)), 68);
    assert_memory_equal(p,
                        "RIFF\xff\xff\xff\xffWAVEfmt \x28\0\0\0"
                        "\xfe\xff\2\0\x80\xbb\0\0\0\x65\4\0\6\0\x18\0"
                        "\x16\0\x18\0\3\0\0\0"
                        "\1\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
                        "data\xff\xff\xff\xff",
                        68);
    assert_int_equal(wav_head(&float_mono, p, sizeof(p)), 68);
    assert_memory_equal(p,
                        "RIFF\xff\xff\xff\xffWAVEfmt \x28\0\0\0"
                        "\xfe\xff\1\0\0\x77\1\0\0\xdc\5\0\4\0\x20\0"
                        "\x16\0\x20\0\4\0\0\0"
                        "\3\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
                        "data\xff\xff\xff\xff",
                        68);
}

/* The values that 24 bit and float hold exactly, and their neighbours. */
static void test_sample_values(void **state)
{
    (void)state;
    static const struct {
        float x;
        int32_t s24;
        float f32;
    } k[] = {
        {0, 0, 0},
        {0.5f, 4194304, 0.5f},
        {-0.5f, -4194304, -0.5f},
        {1, 8388607, 1},
        {-1, -8388608, -1},
        {1.5f, 8388607, 1.5f},
        {-16, -8388608, -16},
        {3e38f, 8388607, 3e38f},
        {8388607 / 8388608.0f, 8388607, 8388607 / 8388608.0f},
        {1 / 8388608.0f, 1, 1 / 8388608.0f},
        {1.4f / 8388608, 1, 1.4f / 8388608},
        {-1.6f / 8388608, -2, -1.6f / 8388608},
        {NAN, 0, 0},
        {INFINITY, 0, 0},
        {-INFINITY, 0, 0},
    };

    for (size_t i = 0; i < sizeof(k) / sizeof(k[0]); i++) {
        float frame[2] = {k[i].x, -0.25f};
        uint8_t p[8];
        assert_int_equal(wav_samples(&s24, i, frame, 2, 1, p, 6), 6);
        assert_int_equal(le(p, 3), k[i].s24);
        assert_int_equal(le(p + 3, 3), -2097152);
        assert_int_equal(wav_samples(&f32, i, frame, 2, 1, p, 8), 8);
        assert_true(f32_at(p) == k[i].f32);
        assert_true(f32_at(p + 4) == -0.25f);
    }
}

static void test_channels(void **state)
{
    (void)state;
    static const float two[] = {0.5f, 0.25f, 1, -1, NAN, 0.5f, 3e38f, 3e38f};
    static const float one[] = {0.5f, -0.25f};
    const struct wav_spec mono = {WAV_F32, 48000, 1};
    uint8_t p[16];

    assert_int_equal(wav_samples(&mono, 0, two, 2, 4, p, 16), 16);
    assert_true(f32_at(p) == 0.375f);
    assert_true(f32_at(p + 4) == 0);
    assert_true(f32_at(p + 8) == 0.25f);
    assert_true(f32_at(p + 12) == 3e38f);

    assert_int_equal(wav_samples(&mono, 0, one, 1, 2, p, 8), 8);
    assert_true(f32_at(p) == 0.5f);
    assert_true(f32_at(p + 4) == -0.25f);

    assert_int_equal(wav_samples(&f32, 0, one, 1, 2, p, 16), 16);
    assert_true(f32_at(p) == 0.5f);
    assert_true(f32_at(p + 4) == 0.5f);
    assert_true(f32_at(p + 8) == -0.25f);
    assert_true(f32_at(p + 12) == -0.25f);
}

static void test_sixteen_bit_clips(void **state)
{
    (void)state;
    static const float loud[2] = {1, -1.5f}, huge[2] = {-3e38f, 3e38f};
    uint8_t p[4];

    for (uint64_t i = 0; i < 1000; i++) {
        assert_int_equal(wav_samples(&s16, i, loud, 2, 1, p, 4), 4);
        assert_int_equal(le(p, 2), 32767);
        assert_int_equal(le(p + 2, 2), -32768);
        assert_int_equal(wav_samples(&s16, i, huge, 2, 1, p, 4), 4);
        assert_int_equal(le(p, 2), -32768);
        assert_int_equal(le(p + 2, 2), 32767);
    }
}

/* What 16 bit adds to x, in steps: mean, power, and what is left of it when
   the same is multiplied by the next sample's and by the other channel's. */
struct noise {
    double mean, power, next, other;
};

static struct noise noise_of(double x, uint64_t first)
{
    const uint32_t n = 1 << 18;
    const float f = (float)x;
    float *frames = malloc(2 * n * sizeof(float));
    uint8_t *p = malloc(4 * n);
    struct noise r = {0};

    assert_non_null(frames);
    assert_non_null(p);
    for (uint32_t i = 0; i < 2 * n; i++)
        frames[i] = f;
    assert_int_equal(wav_samples(&s16, first, frames, 2, n, p, 4 * n), 4 * n);
    double before = 0;
    for (uint32_t i = 0; i < n; i++) {
        double e = le(p + 4 * i, 2) - (double)f * 32768;
        double o = le(p + 4 * i + 2, 2) - (double)f * 32768;
        assert_true(fabs(e) <= 1.5);
        r.mean += (e + o) / (2 * n);
        r.power += (e * e + o * o) / (2 * n);
        r.next += e * before / n;
        r.other += e * o / n;
        before = e;
    }
    free(frames);
    free(p);
    return r;
}

/* Triangular dither of two steps' width: the error has no mean and the same
   power (1/6 of a step squared, and 1/12 of rounding's) whatever the sound
   (Lipshitz, Wannamaker & Vanderkooy 1992). Limits: four standard errors of
   2^19 samples and more. */
static void test_dither_has_no_mean_and_one_power(void **state)
{
    (void)state;
    static const double steps[] = {0, 0.1, 0.25, 0.5, 0.75, -0.3, 1000.5};

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct noise r = noise_of(steps[i] / 32768, i * 1000000007u);
        assert_true(fabs(r.mean) < 0.003);
        assert_true(fabs(r.power - 0.25) < 0.003);
        assert_true(fabs(r.next) < 0.003);
        assert_true(fabs(r.other) < 0.003);
        double db = 10 * log10(r.power / (32768.0 * 32768));
        assert_true(fabs(db - -96.33) < 0.05);
    }
}

/* A sine of a third of a step, which plain rounding would make silence. */
static void test_what_is_below_a_step_is_heard(void **state)
{
    (void)state;
    const uint32_t n = 1 << 17;
    float *x = malloc(2 * n * sizeof(float)), *y = malloc(n * sizeof(float));
    uint8_t *p = malloc(4 * n);
    double amplitude, third;

    assert_non_null(x);
    assert_non_null(y);
    assert_non_null(p);
    for (uint32_t i = 0; i < n; i++)
        x[2 * i] = x[2 * i + 1] = tone(1000, 48000, i) * 2 / 3 / 32768;
    assert_int_equal(wav_samples(&s16, 0, x, 2, n, p, 4 * n), 4 * n);
    for (uint32_t i = 0; i < n; i++)
        y[i] = (float)le(p + 4 * i, 2);
    tone_snr(y, n, 1, 1000, 48000, &amplitude);
    tone_snr(y, n, 1, 3000, 48000, &third); /* no distortion: only noise */
    assert_true(fabs(amplitude - 1 / 3.0) < 0.01);
    assert_true(third < 0.008);
    free(x);
    free(y);
    free(p);
}

/* A sine, as frames, that no format holds exactly. */
static float *song(uint32_t n, uint32_t rate)
{
    float *x = malloc(2 * n * sizeof(float));
    assert_non_null(x);
    for (uint32_t i = 0; i < n; i++) {
        x[2 * i] = tone(997, rate, i);
        x[2 * i + 1] = -tone(331, rate, i);
    }
    return x;
}

/* Cut anywhere, by anyone, the bytes are the same. */
static void test_any_cut_gives_the_same_bytes(void **state)
{
    (void)state;
    static const enum wav_format formats[] = {WAV_S16, WAV_S24, WAV_F32};
    const uint64_t first = 480000000000000u;
    float *x = song(FRAMES, 48000);

    for (uint32_t k = 0; k < 3; k++) {
        const struct wav_spec s = {formats[k], 48000, 2};
        const uint32_t size = wav_frame_size(&s);
        uint8_t *whole = malloc(size * FRAMES), *parts = malloc(size * FRAMES);
        assert_non_null(whole);
        assert_non_null(parts);
        assert_int_equal(
            wav_samples(&s, first, x, 2, FRAMES, whole, size * FRAMES),
            size * FRAMES);
        for (uint32_t at = 0, n; at < FRAMES; at += n) {
            n = 1 + at * 7 % 977;
            n = n < FRAMES - at ? n : FRAMES - at;
            assert_int_equal(wav_samples(&s, first + at, x + 2 * at, 2, n,
                                         parts + at * size, n * size),
                             n * size);
        }
        assert_memory_equal(whole, parts, size * FRAMES);
        free(whole);
        free(parts);
    }
    free(x);
}

static void test_refuses(void **state)
{
    (void)state;
    static const struct wav_spec bad[] = {
        {WAV_S16, 8000, 2},  {WAV_S16, 0, 2},         {WAV_S24, 48000, 0},
        {WAV_F32, 48000, 3}, {WAV_F32 + 1, 48000, 2},
    };
    static const float x[4] = {1, 1, 1, 1};
    uint8_t p[WAV_HEAD_MAX];

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(wav_frame_size(&bad[i]), 0);
        assert_int_equal(wav_head(&bad[i], p, sizeof(p)), -EINVAL);
        assert_int_equal(wav_samples(&bad[i], 0, x, 2, 1, p, sizeof(p)),
                         -EINVAL);
    }
    assert_int_equal(wav_samples(&s16, 0, x, 0, 1, p, sizeof(p)), -EINVAL);
    assert_int_equal(wav_samples(&s16, 0, x, 3, 1, p, sizeof(p)), -EINVAL);
    assert_int_equal(wav_samples(&f32, 0, x, 2, 1u << 28, p, SIZE_MAX),
                     -EINVAL);
    assert_int_equal(wav_samples(&s16, 0, x, 2, 0, p, 0), 0);

    memset(p, 0xee, sizeof(p));
    assert_int_equal(wav_head(&s16, p, 43), -ENOSPC);
    assert_int_equal(wav_head(&s24, p, 67), -ENOSPC);
    assert_int_equal(wav_head(&f32, p, 67), -ENOSPC);
    assert_int_equal(wav_samples(&s16, 0, x, 2, 2, p, 7), -ENOSPC);
    for (size_t i = 0; i < sizeof(p); i++)
        assert_int_equal(p[i], 0xee);
}

/* A stream that was cut off after FRAMES frames. */
struct stream {
    struct wav_spec s;
    float *x; /* [FRAMES][2] */
    uint8_t *data;
    size_t len, head;
    char path[sizeof(SHELL_FILE)];
};

static struct stream begin(enum wav_format format, uint32_t rate,
                           uint32_t n_channels)
{
    struct stream t = {.s = {format, rate, n_channels}, .path = SHELL_FILE};
    const size_t body = FRAMES * wav_frame_size(&t.s);

    t.x = song(FRAMES, rate);
    t.data = malloc(WAV_HEAD_MAX + body);
    assert_non_null(t.data);
    int head = wav_head(&t.s, t.data, WAV_HEAD_MAX);
    assert_true(head > 0);
    t.head = (size_t)head;
    t.len = t.head + body;
    assert_int_equal(
        wav_samples(&t.s, 0, t.x, 2, FRAMES, t.data + t.head, body), body);
    shell_file(t.path, t.data, t.len);
    return t;
}

static void end(struct stream *t)
{
    unlink(t->path);
    free(t->x);
    free(t->data);
}

static void sndfile_reads(enum wav_format format, uint32_t rate,
                          uint32_t n_channels)
{
    static const int subtypes[] = {SF_FORMAT_PCM_16, SF_FORMAT_PCM_24,
                                   SF_FORMAT_FLOAT};
    struct stream t = begin(format, rate, n_channels);
    float *y = malloc(FRAMES * n_channels * sizeof(float));
    SF_INFO info = {0};
    SNDFILE *f = sf_open(t.path, SFM_READ, &info);

    assert_non_null(y);
    if (!f)
        fail_msg("%s", sf_strerror(NULL));
    assert_int_equal(info.samplerate, rate);
    assert_int_equal(info.channels, n_channels);
    assert_int_equal(info.frames, FRAMES);
    assert_int_equal(info.format & SF_FORMAT_SUBMASK, subtypes[format]);
    assert_int_equal(info.format & SF_FORMAT_TYPEMASK,
                     format == WAV_S16 ? SF_FORMAT_WAV : SF_FORMAT_WAVEX);
    assert_int_equal(sf_readf_float(f, y, FRAMES), FRAMES);
    assert_int_equal(sf_close(f), 0);

    const uint8_t *p = t.data + t.head;
    for (uint32_t i = 0; i < FRAMES * n_channels; i++) {
        float x = n_channels == 2 ? t.x[i] : (t.x[2 * i] + t.x[2 * i + 1]) / 2;
        if (format == WAV_F32) {
            assert_true(y[i] == x);
        } else if (format == WAV_S24) {
            assert_true(y[i] == le(p + 3 * i, 3) / 8388608.0);
            assert_true(fabs((double)y[i] - x) <= 0.5 / 8388608);
        } else {
            assert_true(y[i] == le(p + 2 * i, 2) / 32768.0);
            assert_true(fabs((double)y[i] - x) <= 1.5 / 32768);
        }
    }
    free(y);
    end(&t);
}

static void test_libsndfile_reads_it(void **state)
{
    (void)state;
    sndfile_reads(WAV_S16, 44100, 2);
    sndfile_reads(WAV_S16, 48000, 1);
    sndfile_reads(WAV_S24, 96000, 2);
    sndfile_reads(WAV_S24, 48000, 1);
    sndfile_reads(WAV_F32, 48000, 2);
    sndfile_reads(WAV_F32, 44100, 1);
}

/* As from a socket: from a pipe, with no length to fall back on. It warns of a
   size that can't be, as of its own WAVs through a pipe. */
static void ffmpeg_reads(enum wav_format format, uint32_t rate,
                         uint32_t n_channels)
{
    static const char *const codecs[] = {"pcm_s16le", "pcm_s24le", "pcm_f32le"};
    struct stream t = begin(format, rate, n_channels);
    char command[256], want[128];

    snprintf(command, sizeof(command),
             "cat %s | ffprobe -v error -of csv=p=0 -show_entries "
             "stream=codec_name,sample_rate,channels,channel_layout - 2>&1",
             t.path);
    /* The plain head can't say which speakers. */
    snprintf(want, sizeof(want), "%s,%u,%u,%s\n", codecs[format],
             (unsigned)rate, (unsigned)n_channels,
             format == WAV_S16 ? "unknown"
             : n_channels == 1 ? "mono"
                               : "stereo");
    struct shell_out o = shell(command);
    assert_string_equal(o.data, want);
    free(o.data);

    snprintf(command, sizeof(command),
             "cat %s | ffmpeg -nostdin -v error -i - -f %s -c copy - 2>&1",
             t.path, codecs[format] + 4);
    o = shell(command);
    assert_int_equal(o.len, t.len - t.head);
    assert_memory_equal(o.data, t.data + t.head, o.len);
    free(o.data);
    end(&t);
}

static void test_ffmpeg_reads_it(void **state)
{
    (void)state;
    if (!shell_has("ffprobe") || !shell_has("ffmpeg"))
        skip();
    ffmpeg_reads(WAV_S16, 44100, 2);
    ffmpeg_reads(WAV_S16, 48000, 1);
    ffmpeg_reads(WAV_S24, 96000, 2);
    ffmpeg_reads(WAV_F32, 48000, 1);
    ffmpeg_reads(WAV_F32, 48000, 2);
}

/* Packets of the timeline, resampled one by one and written as they come: one
   unbroken sine, as long as its input but for the filter's half. */
static void at_another_rate(uint32_t rate)
{
    const uint32_t packets = 100, room = 400;
    const struct wav_spec s = {WAV_S24, rate, 2};
    float *x = song(packets * 960, 48000), block[2 * 400];
    float *y = malloc(packets * 960 * 2 * 2 * sizeof(float));
    uint32_t used, made, total = 0;
    struct resample *r;

    assert_non_null(y);
    assert_int_equal(resample_new(&r, 48000, rate, 2, RESAMPLE_MEDIUM), 0);
    for (uint32_t i = 0; i < packets; i++) {
        uint32_t done = 0;
        do {
            uint8_t p[6 * 400];
            assert_int_equal(resample_run(r, x + 2 * (i * 960 + done),
                                          960 - done, block, room, &used,
                                          &made),
                             0);
            int len = wav_samples(&s, total, block, 2, made, p, sizeof(p));
            assert_int_equal(len, made * 6);
            for (uint32_t k = 0; k < 2 * made; k++)
                y[2 * total + k] = (float)le(p + 3 * k, 3) / 8388608;
            done += used;
            total += made;
        } while (done < 960 || made == room);
    }
    resample_free(&r);
    double all = packets * 960.0 * rate / 48000;
    assert_true(total <= all + 1);
    assert_true(total > all - 400);

    /* The whole of it against one sine each, but for the filter's start; a
       step in the phase anywhere would show as noise. */
    const uint32_t from = 500;
    double amplitude;
    assert_true(tone_snr(y + 2 * from, total - from, 2, 997, rate, &amplitude) >
                105);
    assert_true(fabs(amplitude - 0.5) < 1e-4);
    assert_true(tone_snr(y + 2 * from + 1, total - from, 2, 331, rate,
                         &amplitude) > 105);
    assert_true(fabs(amplitude - 0.5) < 1e-4);
    free(x);
    free(y);
}

static void test_other_rates_are_one_unbroken_sine(void **state)
{
    (void)state;
    at_another_rate(44100);
    at_another_rate(48000);
    at_another_rate(96000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_sample_values),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_sixteen_bit_clips),
        cmocka_unit_test(test_dither_has_no_mean_and_one_power),
        cmocka_unit_test(test_what_is_below_a_step_is_heard),
        cmocka_unit_test(test_any_cut_gives_the_same_bytes),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_libsndfile_reads_it),
        cmocka_unit_test(test_ffmpeg_reads_it),
        cmocka_unit_test(test_other_rates_are_one_unbroken_sine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
