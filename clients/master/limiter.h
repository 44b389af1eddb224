// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The limiter: stereo-linked, with look-ahead, on true peaks. It delays the
 * sound and, where a peak between or on the samples would pass the ceiling,
 * turns both channels down in time for it: the gain moves on straight lines as
 * long as the look-ahead, reaches what the peak needs when the peak comes out,
 * and comes back slowly. Where no peak needs it the gain is exactly 1: the
 * output is the input, bit by bit, later.
 *
 * The true peak is estimated on a grid of 4 points per frame (2 from 96 kHz, 1
 * from 192 kHz: where BS.1770's meters, libebur128's among them, change too) by
 * a 24-tap Kaiser-windowed sinc, flat to 0.04 dB up to 0.43 of the rate. The
 * grid under-reads a steady tone of frequency f by -20 log10 cos(pi f / grid
 * rate) dB at most: 0.17 dB at rate/4 with 4 points, 0.3 at 16 kHz with 192
 * kHz; a meter with another filter or grid reads noise up to the Nyquist
 * frequency up to 0.25 dB higher (measured, libebur128 and FFmpeg). So the
 * limiter works LIMITER_MARGIN_DB under the ceiling that it is asked for.
 *
 * No state feeds back but the gain, which is an integer: a NaN or an infinity
 * at the input is silence for that frame, and nothing after it.
 */
#ifndef MASTER_LIMITER_H
#define MASTER_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#define LIMITER_LOOK_AHEAD_MS 5
#define LIMITER_RELEASE_MS    250 /* time constant */
#define LIMITER_MARGIN_DB     0.3 /* for what the estimate misses */

struct limiter;

struct limiter_opts {
    uint32_t rate;  /* Hz, 8,000 to 384,000 */
    double ceiling; /* dBTP, -60 to 0 */
    bool bypass;    /* delays only, whatever the peaks */
};

/* Not RT safe. Errors: -EINVAL (rate, ceiling), -ENOMEM. */
int limiter_new(struct limiter **out, const struct limiter_opts *o);
void limiter_free(struct limiter **l);

/* Frames from the input to the output: look-ahead and the filter's halves, 5.5
   ms at 48 kHz. Any thread. */
uint32_t limiter_latency(const struct limiter *l);

/*
 * n frames from in[2][n] to out[2][n], which may be the same memory. Samples
 * that are not finite, or beyond 120 dBFS, count as 0. Costs the same for every
 * frame, whatever is in it. Returns the lowest gain that it applied, 0 to 1.
 * RT safe.
 */
float limiter_process_rt(struct limiter *l, const float *const in[2],
                         float *const out[2], uint32_t n);

#endif
