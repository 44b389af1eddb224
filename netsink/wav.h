// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * An endless WAV: its head, and frames turned into its samples. Each function's
 * output depends on its arguments alone, the dither too (it is drawn from the
 * frame's number), so any thread makes the same bytes for the same frames, and
 * a stream may go on at any of them. Any thread. Never allocates, keeps
 * nothing, never resamples: frames come at the stream's rate (netsink/resample
 * makes it).
 *
 * Sources: Microsoft/IBM "Multimedia Programming Interface and Data
 * Specifications 1.0" (RIFF), mmreg.h (WAVEFORMATEXTENSIBLE).
 */
#ifndef NETSINK_WAV_H
#define NETSINK_WAV_H

#include <stddef.h>
#include <stdint.h>

#define WAV_TYPE "audio/wav"

#define WAV_HEAD_MAX 68 /* bytes: 44 for 16 bit, else 68 */

enum wav_format {
    WAV_S16, /* dithered */
    WAV_S24,
    WAV_F32, /* full scale is 1; what is louder stays so */
};

struct wav_spec {
    enum wav_format format;
    uint32_t rate;       /* Hz: 44100, 48000 or 96000 */
    uint32_t n_channels; /* 1 or 2 */
};

/* Bytes of one frame, all channels; 0: there is no such WAV. */
uint32_t wav_frame_size(const struct wav_spec *s);

/*
 * Writes the head: RIFF and data without an end (sizes of 0xffffffff), PCM for
 * 16 bit, else WAVE_FORMAT_EXTENSIBLE. Samples follow, for ever.
 * Returns the bytes written. Errors: -EINVAL (a spec that is not above),
 * -ENOSPC.
 */
int wav_head(const struct wav_spec *s, uint8_t *buf, size_t size);

/*
 * Turns n interleaved frames of n_in channels (1 or 2) into samples. Two
 * channels become one as (L+R)/2, one becomes two alike. What is not a finite
 * number becomes 0. 16 and 24 bit: full scale is 1, rounded to the nearest,
 * clipped, never wrapped; 16 bit has triangular dither of two steps' width
 * before that, its noise -96.3 dB of full scale RMS, rounding's included
 * (silence too). first: the number of the first frame at the stream's rate,
 * from wherever the caller counts; the dither follows it.
 * Returns the bytes written, n * wav_frame_size(). Errors: -EINVAL (a spec that
 * is not above, n_in, more than INT32_MAX bytes), -ENOSPC; nothing was written.
 */
int wav_samples(const struct wav_spec *s, uint64_t first, const float *frames,
                uint32_t n_in, uint32_t n, uint8_t *buf, size_t size);

#endif
