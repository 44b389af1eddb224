// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/wav.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define ENDLESS 0xffffffffu

#define FORMAT_PCM        0x0001u
#define FORMAT_FLOAT      0x0003u
#define FORMAT_EXTENSIBLE 0xfffeu

#define SPEAKER_LEFT_RIGHT 0x3u
#define SPEAKER_CENTRE     0x4u

/* mmreg.h: a format's number, then what is the same for all. */
static const uint8_t guid_rest[14] = {0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80,
                                      0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71};

static uint32_t sample_size(enum wav_format format)
{
    switch (format) {
    case WAV_S16:
        return 2;
    case WAV_S24:
        return 3;
    case WAV_F32:
        return 4;
    }
    return 0;
}

uint32_t wav_frame_size(const struct wav_spec *s)
{
    if (s->rate != 44100 && s->rate != 48000 && s->rate != 96000)
        return 0;
    if (s->n_channels < 1 || s->n_channels > 2)
        return 0;
    return sample_size(s->format) * s->n_channels;
}

static uint8_t *put_le(uint8_t *p, uint32_t value, uint32_t n_bytes)
{
    for (uint32_t i = 0; i < n_bytes; i++)
        *p++ = (uint8_t)(value >> 8 * i);
    return p;
}

static uint8_t *put_bytes(uint8_t *p, const void *data, size_t n)
{
    memcpy(p, data, n);
    return p + n;
}

/* The chunk fmt: WAVEFORMAT, and behind it what makes it EXTENSIBLE. */
static uint8_t *put_fmt(uint8_t *p, const struct wav_spec *s)
{
    const uint32_t frame = wav_frame_size(s), bits = 8 * sample_size(s->format);
    const bool plain = s->format == WAV_S16;

    p = put_bytes(p, "fmt ", 4);
    p = put_le(p, plain ? 16 : 40, 4);
    p = put_le(p, plain ? FORMAT_PCM : FORMAT_EXTENSIBLE, 2);
    p = put_le(p, s->n_channels, 2);
    p = put_le(p, s->rate, 4);
    p = put_le(p, s->rate * frame, 4);
    p = put_le(p, frame, 2);
    p = put_le(p, bits, 2);
    if (plain)
        return p;
    p = put_le(p, 22, 2);   /* bytes of what is added */
    p = put_le(p, bits, 2); /* that count, of each sample's */
    p = put_le(p, s->n_channels == 1 ? SPEAKER_CENTRE : SPEAKER_LEFT_RIGHT, 4);
    p = put_le(p, s->format == WAV_F32 ? FORMAT_FLOAT : FORMAT_PCM, 2);
    return put_bytes(p, guid_rest, sizeof(guid_rest));
}

/* No fact, though float ought to have one: it would say how many frames there
   are, and of any number but 0 Chromium makes a duration. FFmpeg leaves it out
   of pipes too. */
int wav_head(const struct wav_spec *s, uint8_t *buf, size_t size)
{
    uint8_t head[WAV_HEAD_MAX], *p = head;

    if (wav_frame_size(s) == 0)
        return -EINVAL;
    p = put_bytes(p, "RIFF", 4);
    p = put_le(p, ENDLESS, 4);
    p = put_bytes(p, "WAVE", 4);
    p = put_fmt(p, s);
    p = put_bytes(p, "data", 4);
    p = put_le(p, ENDLESS, 4);

    size_t len = (size_t)(p - head);
    if (len > size)
        return -ENOSPC;
    memcpy(buf, head, len);
    return (int)len;
}

/* Triangular, within -1..1, mean 0: two even ones of 32 bits, from one hash
   (SplitMix64's finalizer, Steele, Lea & Flood 2014) of the sample's number. */
static double dither(uint64_t number)
{
    uint64_t z = (number + 1) * 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return ((double)(z >> 32) - (double)(z & UINT32_MAX)) / 4294967296.0;
}

/* To the nearest step of full scale, as two's complement. */
static uint32_t quantize(double x, double full)
{
    x = floor(x + 0.5);
    x = x > full - 1 ? full - 1 : x < -full ? -full : x;
    return (uint32_t)(int32_t)x;
}

static uint8_t *put_sample(uint8_t *p, enum wav_format format, double x,
                           uint64_t number)
{
    float f;
    uint32_t bits;

    switch (format) {
    case WAV_S16:
        return put_le(p, quantize(x * 32768 + dither(number), 32768), 2);
    case WAV_S24:
        return put_le(p, quantize(x * 8388608, 8388608), 3);
    case WAV_F32:
        f = (float)x;
        memcpy(&bits, &f, sizeof(bits));
        return put_le(p, bits, 4);
    }
    return p;
}

static double clean(float x)
{
    return isfinite(x) ? (double)x : 0;
}

int wav_samples(const struct wav_spec *s, uint64_t first, const float *frames,
                uint32_t n_in, uint32_t n, uint8_t *buf, size_t size)
{
    const uint32_t frame = wav_frame_size(s);
    const uint64_t bytes = (uint64_t)n * frame;
    uint8_t *p = buf;

    if (frame == 0 || n_in < 1 || n_in > 2 || bytes > INT32_MAX)
        return -EINVAL;
    if (bytes > size)
        return -ENOSPC;
    for (uint32_t i = 0; i < n; i++, frames += n_in) {
        const uint64_t number = 2 * (first + i);
        double left = clean(frames[0]), right = clean(frames[n_in - 1]);
        if (s->n_channels == 1)
            left = (left + right) / 2;
        p = put_sample(p, s->format, left, number);
        if (s->n_channels == 2)
            p = put_sample(p, s->format, right, number + 1);
    }
    return (int)bytes;
}
