// SPDX-License-Identifier: GPL-3.0-or-later
/* What enters the master is a number of sound, whatever was sent. Any thread.
 */
#ifndef MASTER_CLEAN_H
#define MASTER_CLEAN_H

#include <math.h>

#define CLEAN_MAX 1e6f /* 120 dBFS: no sound, and far from overflow */

/* x, or 0 where it is NaN, infinite or beyond CLEAN_MAX. RT safe. */
static inline float clean_rt(float x)
{
    return fabsf(x) <= CLEAN_MAX ? x : 0.0f;
}

#endif
