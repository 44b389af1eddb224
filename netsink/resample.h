// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Sample-rate conversion by libsamplerate, streaming. One thread. Equal rates
 * are passed through untouched. Nothing is shifted: output frame k lies where
 * input frame k * from / to does. But a frame comes out only when the filter
 * has seen what follows it, a ms or so later.
 */
#ifndef NETSINK_RESAMPLE_H
#define NETSINK_RESAMPLE_H

#include <stdint.h>

struct resample;

/* libsamplerate's sinc filters: the second costs twice, the third seven times
   the first. */
enum resample_quality {
    RESAMPLE_FASTEST, /* SNR 97 dB, 80 % of the bandwidth */
    RESAMPLE_MEDIUM,  /* 121 dB, 90 %: what to take unless asked */
    RESAMPLE_BEST,    /* 144 dB, 96 % */
};

/* "fastest", "medium", "best", NULL: by enum resample_quality, for options. */
extern const char *const resample_quality_names[];

/* Errors: -EINVAL (a ratio libsamplerate refuses, no such quality), -ENOMEM. */
int resample_new(struct resample **out, uint32_t from_hz, uint32_t to_hz,
                 uint32_t n_channels, enum resample_quality quality);
void resample_free(struct resample **r);

/*
 * Consumes n_in interleaved frames and writes up to max_out to dst; *used and
 * *made say how many. Call again with the rest until all are used and *made is
 * less than max_out. Errors: -EIO.
 */
int resample_run(struct resample *r, const float *src, uint32_t n_in,
                 float *dst, uint32_t max_out, uint32_t *used, uint32_t *made);

#endif
