// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Mutes a timeline's packets, and lets them through again, with a fade that can
 * turn back half way. Pure; one thread; allocates nothing. All zero: nothing is
 * muted.
 */
#ifndef NETSINK_MUTE_H
#define NETSINK_MUTE_H

#include <stdbool.h>
#include <stdint.h>

#define MUTE_FADE 4800 /* frames: 100 ms at 48 kHz */

struct mute {
    uint32_t at; /* frames into the fade: MUTE_FADE is silence */
};

/*
 * n interleaved frames: what is to be heard of them, when muted or not. They
 * themselves where nothing is done to them, else out[n][n_channels].
 */
const float *mute_frames(struct mute *m, bool muted, const float *frames,
                         uint32_t n, uint32_t n_channels, float *out);

#endif
