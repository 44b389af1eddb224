// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/rung.h"

#include <errno.h>
#include <opus.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/resample.h"
#include "netsink/timeline.h"

/* Packets until MDCT overlap, pre-emphasis and pre-filter are those of the
   music, and the analysis of it has begun. */
#define OPUS_WARM_UP 4

/* Frames at 48 kHz that a resampled packet lies behind its time: libsamplerate
   needs 50 beyond the last one it makes (RESAMPLE_MEDIUM). */
#define FILTER 64

#define RATE_MAX 96000 /* Hz, of WAV */
/* What is left over of a packet is less than the filter's length. */
#define ROOM (RATE_MAX / 50 + FILTER * (RATE_MAX / TIMELINE_RATE))

struct rung {
    /* [init] */
    struct rung_spec spec;
    uint32_t lookahead; /* samples at 48 kHz */

    /* [enc] */
    uint64_t n; /* packets so far */

    /* Opus */
    OpusEncoder *opus;
    bool alone; /* prediction is disabled */
    bool last;  /* rung_end() was called */

    /* WAV at another rate */
    struct resample *resample;
    uint32_t n_channels; /* that are resampled */
    uint32_t n_ready;    /* frames */
    float *ready;        /* [ROOM][n_channels] */
};

static int open_opus(struct rung *r)
{
    const struct rung_spec *s = &r->spec;
    opus_int32 lookahead = 0;
    int why;

    if (s->kbps < RUNG_KBPS_MIN || s->kbps > RUNG_KBPS_MAX)
        return -EINVAL;
    /* CELT alone, which all rungs have to be to be spliced; with 2.5 ms of
       look-ahead instead of 6.5, and nothing lost in quality. */
    r->opus = opus_encoder_create(TIMELINE_RATE, (int)s->n_channels,
                                  OPUS_APPLICATION_RESTRICTED_LOWDELAY, &why);
    if (!r->opus)
        return why == OPUS_ALLOC_FAIL ? -ENOMEM : -EINVAL;
    if (opus_encoder_ctl(r->opus, OPUS_SET_BITRATE((int)s->kbps * 1000)) ||
        opus_encoder_ctl(r->opus, OPUS_SET_VBR(1)) ||
        opus_encoder_ctl(r->opus, OPUS_SET_VBR_CONSTRAINT(1)) ||
        opus_encoder_ctl(r->opus, OPUS_SET_COMPLEXITY(10)) ||
        opus_encoder_ctl(r->opus, OPUS_GET_LOOKAHEAD(&lookahead)))
        return -EINVAL;
    r->lookahead = (uint32_t)lookahead;
    return 0;
}

static bool resampled(const struct rung_spec *s)
{
    return s->codec == RUNG_WAV && s->wav.rate != TIMELINE_RATE;
}

static int open_wav(struct rung *r)
{
    static const float silence[FILTER * 2];
    const struct rung_spec *s = &r->spec;
    uint32_t used;

    if (wav_frame_size(&s->wav) == 0)
        return -EINVAL;
    if (!resampled(s))
        return 0;
    r->n_channels =
        s->wav.n_channels < s->n_channels ? s->wav.n_channels : s->n_channels;
    r->ready = calloc((size_t)ROOM * r->n_channels, sizeof(float));
    if (!r->ready)
        return -ENOMEM;
    int err = resample_new(&r->resample, TIMELINE_RATE, s->wav.rate,
                           r->n_channels, RESAMPLE_MEDIUM);
    if (err)
        return err;
    r->lookahead = FILTER;
    err = resample_run(r->resample, silence, FILTER, r->ready, ROOM, &used,
                       &r->n_ready);
    return !err && used != FILTER ? -EIO : err;
}

int rung_new(struct rung **out, const struct rung_spec *spec)
{
    struct rung *r = NULL;
    int err = -ENOMEM;

    *out = NULL;
    if (spec->n_channels < 1 || spec->n_channels > 2)
        return -EINVAL;
    r = calloc(1, sizeof(*r));
    if (!r)
        goto out;
    r->spec = *spec;
    err = spec->codec == RUNG_OPUS ? open_opus(r) : open_wav(r);
out:
    if (err)
        rung_free(&r);
    *out = r;
    return err;
}

void rung_free(struct rung **r)
{
    if (!*r)
        return;
    if ((*r)->opus)
        opus_encoder_destroy((*r)->opus);
    resample_free(&(*r)->resample);
    free((*r)->ready);
    free(*r);
    *r = NULL;
}

void rung_set_complexity(struct rung *r, uint32_t complexity)
{
    if (r->opus)
        opus_encoder_ctl(r->opus, OPUS_SET_COMPLEXITY((int)complexity));
}

/*
 * A key packet takes no energies from the one before, and has no pre-filter.
 * The decoder's still fades out in it, with the pitch of the packet before:
 * where two encoders differ in that it is heard (8 dB of noise), so the packet
 * before has none either.
 */
static bool unpredicted(const struct rung *r, uint64_t seq)
{
    return (seq + 1) % RUNG_KEY <= 1 || r->n == OPUS_WARM_UP ||
           r->n + 1 == OPUS_WARM_UP || r->last;
}

static int encode_opus(struct rung *r, uint64_t seq, const float *frames,
                       uint8_t *data)
{
    bool alone = unpredicted(r, seq);

    if (alone != r->alone &&
        opus_encoder_ctl(r->opus, OPUS_SET_PREDICTION_DISABLED(alone)))
        return -EIO;
    r->alone = alone;
    opus_int32 n = opus_encode_float(r->opus, frames, TIMELINE_PACKET, data,
                                     RUNG_OPUS_MAX);
    return n > 0 ? n : -EIO;
}

/* All of a packet's frames through the filter; what it made is ready. */
static int filter(struct rung *r, const float *frames)
{
    float mono[TIMELINE_PACKET];
    uint32_t used, made;

    if (r->n_channels < r->spec.n_channels) {
        for (uint32_t i = 0; i < TIMELINE_PACKET; i++)
            mono[i] = (frames[2 * i] + frames[2 * i + 1]) / 2;
        frames = mono;
    }
    for (uint32_t n = TIMELINE_PACKET; n > 0; n -= used) {
        int err = resample_run(r->resample, frames, n,
                               r->ready + r->n_ready * r->n_channels,
                               ROOM - r->n_ready, &used, &made);
        if (err)
            return err;
        if (used == 0 && made == 0)
            return -EIO; /* it would go on like that for ever */
        frames += used * r->n_channels;
        r->n_ready += made;
    }
    return 0;
}

void rung_end(struct rung *r)
{
    r->last = true;
}

static int encode_wav(struct rung *r, uint64_t seq, const float *frames,
                      uint8_t *data)
{
    const struct wav_spec *w = &r->spec.wav;
    const uint32_t n = w->rate / 50, max = rung_packet_max(&r->spec);

    if (!r->resample)
        return wav_samples(w, seq * n, frames, r->spec.n_channels, n, data,
                           max);
    int err = filter(r, frames);
    if (err)
        return err;
    if (r->n_ready < n)
        return -EIO;
    int len = wav_samples(w, seq * n, r->ready, r->n_channels, n, data, max);
    r->n_ready -= n;
    memmove(r->ready, r->ready + n * r->n_channels,
            sizeof(float) * r->n_ready * r->n_channels);
    return len;
}

int rung_encode(struct rung *r, uint64_t seq, const float *frames,
                uint8_t *data)
{
    int len = r->opus ? encode_opus(r, seq, frames, data)
                      : encode_wav(r, seq, frames, data);

    r->n++;
    return len > 0 ? len : -EIO;
}

uint32_t rung_warm_up(const struct rung_spec *spec)
{
    if (spec->codec == RUNG_OPUS)
        return OPUS_WARM_UP;
    return resampled(spec) ? 1 : 0;
}

uint32_t rung_packet_max(const struct rung_spec *spec)
{
    if (spec->codec == RUNG_OPUS)
        return RUNG_OPUS_MAX;
    return spec->wav.rate / 50 * wav_frame_size(&spec->wav);
}

double rung_bytes_per_s(const struct rung_spec *spec)
{
    if (spec->codec == RUNG_OPUS)
        return spec->kbps * 1000 / 8.0;
    return (double)spec->wav.rate * wav_frame_size(&spec->wav);
}

void rung_name(const struct rung_spec *spec, char *text, uint32_t size)
{
    static const char *const formats[] = {
        [WAV_S16] = "s16", [WAV_S24] = "s24", [WAV_F32] = "f32"};

    if (spec->codec == RUNG_OPUS)
        snprintf(text, size, "%u", spec->kbps);
    else
        snprintf(text, size, "wav-%s-%u-%u", formats[spec->wav.format],
                 spec->wav.rate, spec->wav.n_channels);
}

uint32_t rung_lookahead(const struct rung *r)
{
    return r->lookahead;
}
