// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Sample-rate conversion by libsamplerate (SRC_SINC_MEDIUM_QUALITY), streaming.
 * One thread. Equal rates are passed through untouched.
 */
#ifndef NETSINK_RESAMPLE_H
#define NETSINK_RESAMPLE_H

#include <stdint.h>

struct resample;

/* Errors: -EINVAL (a ratio libsamplerate refuses), -ENOMEM. */
int resample_new(struct resample **out, uint32_t from_hz, uint32_t to_hz,
                 uint32_t n_channels);
void resample_free(struct resample **r);

/*
 * Consumes n_in interleaved frames and writes up to max_out to dst; *used and
 * *made say how many. Call again with the rest until all are used and *made is
 * less than max_out. Errors: -EIO.
 */
int resample_run(struct resample *r, const float *src, uint32_t n_in,
                 float *dst, uint32_t max_out, uint32_t *used, uint32_t *made);

#endif
