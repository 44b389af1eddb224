// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/mute.h"

#include <math.h>
#include <string.h>

static float gain(uint32_t at)
{
    return (float)(0.5 + 0.5 * cos(M_PI * at / MUTE_FADE));
}

const float *mute_frames(struct mute *m, bool muted, const float *frames,
                         uint32_t n, uint32_t n_channels, float *out)
{
    const uint32_t goal = muted ? MUTE_FADE : 0;

    if (m->at == goal && !muted)
        return frames;
    if (m->at == goal) {
        memset(out, 0, sizeof(float) * n * n_channels);
        return out;
    }
    for (uint32_t i = 0; i < n; i++) {
        const float g = gain(m->at);
        for (uint32_t c = 0; c < n_channels; c++)
            out[i * n_channels + c] = g * frames[i * n_channels + c];
        if (m->at != goal)
            m->at = muted ? m->at + 1 : m->at - 1;
    }
    return out;
}
