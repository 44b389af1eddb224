// SPDX-License-Identifier: GPL-3.0-or-later
/* The limiter's inside, for limiter.c, limiter_rt.c and the tests. */
#ifndef MASTER_LIMITER_PRIV_H
#define MASTER_LIMITER_PRIV_H

#include <stdint.h>

#include "clients/master/limiter.h"

#define LIMITER_CHUNK  16 /* frames worked on at a time */
#define LIMITER_TAPS   24 /* of the interpolation, per point */
#define LIMITER_POINTS 4  /* at most, per frame */
#define LIMITER_PAD    (LIMITER_TAPS + LIMITER_CHUNK)

/* Gains are integers: LIMITER_ONE is 1. Sums are then exact however long it
   runs, and no NaN can stay in them. */
#define LIMITER_ONE (UINT32_C(1) << 30)

/*
 * From a frame's peak to its gain, with `look` frames of look-ahead and a hold
 * of `guard` frames on both sides of the peak, so that the gain is level over
 * what a meter's own filter sees of it:
 *   need    ceiling / peak, at most 1
 *   held    minimum of need over the last `window` frames
 *   eased   held, but upwards only by the release
 *   gain    mean of eased over the last `look` frames
 * need belongs to the frame TAPS/2 ago, gain to that of `latency` ago. For the
 * gain never to be above need within the guard,
 *   latency = TAPS/2 + look + guard - 2,  window = look + 2 guard - 1.
 *
 * The minimum over a window of any length is that of two windows of 2^stages
 * frames that overlap, and each of those is made of two half as long: a fixed
 * number of steps, unlike a queue of candidates.
 */
struct limiter {
    /* [init] */
    uint32_t points;    /* of the peak estimate, per frame */
    uint32_t look;      /* frames */
    uint32_t window;    /* frames */
    uint32_t latency;   /* frames */
    uint32_t stages;    /* 2^stages <= window < 2^(stages+1) */
    uint32_t mask;      /* of delay: its length less 1 */
    uint32_t mean_mask; /* of mean */
    uint32_t release;   /* of the way to held per frame, 2^32 is all of it */
    float ceiling;      /* linear, less the margin */
    double mean_scale;  /* sum of eased to linear gain */
    float tap[LIMITER_POINTS][LIMITER_TAPS]; /* of the point at i/points of a
                                                frame after tap TAPS/2-1 */

    /* [rt] */
    float *delay[2]; /* [mask+1+PAD] the end repeats the beginning, so that
                        a stretch of PAD is always in one piece */
    uint32_t *min;   /* all stages, 2^i values each, then 2^stages more */
    uint32_t *mean;  /* [mean_mask+1] eased */
    uint64_t sum;    /* of the last `look` of eased */
    uint32_t eased;  /* the latest */
    uint32_t at;     /* frames done, wraps */
};

#endif
