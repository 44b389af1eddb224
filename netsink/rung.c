// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/rung.h"

#include <errno.h>
#include <opus.h>
#include <stdlib.h>

#include "netsink/hub.h"
#include "netsink/timeline.h"

#define KBPS_MIN 24
#define KBPS_MAX 256

struct rung {
    OpusEncoder *opus;
    uint32_t lookahead; /* samples at 48 kHz */
};

int rung_new(struct rung **out, uint32_t n_channels, uint32_t kbps)
{
    struct rung *r = NULL;
    opus_int32 lookahead = 0;
    int why, err = -ENOMEM;

    *out = NULL;
    if (n_channels < 1 || n_channels > 2 || kbps < KBPS_MIN || kbps > KBPS_MAX)
        return -EINVAL;
    r = calloc(1, sizeof(*r));
    if (!r)
        goto out;
    r->opus = opus_encoder_create(TIMELINE_RATE, (int)n_channels,
                                  OPUS_APPLICATION_AUDIO, &why);
    if (!r->opus) {
        err = why == OPUS_ALLOC_FAIL ? -ENOMEM : -EINVAL;
        goto out;
    }
    err = -EINVAL;
    if (opus_encoder_ctl(r->opus, OPUS_SET_BITRATE((int)kbps * 1000)) ||
        opus_encoder_ctl(r->opus, OPUS_SET_VBR(1)) ||
        opus_encoder_ctl(r->opus, OPUS_SET_COMPLEXITY(10)) ||
        opus_encoder_ctl(r->opus, OPUS_GET_LOOKAHEAD(&lookahead)))
        goto out;
    r->lookahead = (uint32_t)lookahead;
    err = 0;
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
    free(*r);
    *r = NULL;
}

int rung_encode(struct rung *r, const float *frames, uint8_t *data)
{
    opus_int32 n = opus_encode_float(r->opus, frames, TIMELINE_PACKET, data,
                                     HUB_PACKET_MAX);
    return n > 0 ? n : -EIO;
}

uint32_t rung_lookahead(const struct rung *r)
{
    return r->lookahead;
}
