// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/resample.h"

#include <errno.h>
#include <samplerate.h>
#include <stdlib.h>
#include <string.h>

struct resample {
    SRC_STATE *src; /* NULL: the rates are equal */
    double ratio;   /* to / from */
    uint32_t n_channels;
    float nothing; /* where an empty input points */
};

const char *const resample_quality_names[] = {"fastest", "medium", "best",
                                              NULL};

static const int converters[] = {
    [RESAMPLE_FASTEST] = SRC_SINC_FASTEST,
    [RESAMPLE_MEDIUM] = SRC_SINC_MEDIUM_QUALITY,
    [RESAMPLE_BEST] = SRC_SINC_BEST_QUALITY,
};

int resample_new(struct resample **out, uint32_t from_hz, uint32_t to_hz,
                 uint32_t n_channels, enum resample_quality quality)
{
    struct resample *r = NULL;
    int err = -ENOMEM;

    *out = NULL;
    if (from_hz == 0 || to_hz == 0 || n_channels == 0 ||
        (unsigned)quality > RESAMPLE_BEST ||
        !src_is_valid_ratio((double)to_hz / from_hz))
        return -EINVAL;
    r = calloc(1, sizeof(*r));
    if (!r)
        goto out;
    r->ratio = (double)to_hz / from_hz;
    r->n_channels = n_channels;
    if (from_hz != to_hz) {
        int why; /* no memory: the ratio was looked at above */
        r->src = src_new(converters[quality], (int)n_channels, &why);
        if (!r->src)
            goto out;
    }
    err = 0;
out:
    if (err)
        resample_free(&r);
    *out = r;
    return err;
}

void resample_free(struct resample **r)
{
    if (!*r)
        return;
    if ((*r)->src)
        src_delete((*r)->src);
    free(*r);
    *r = NULL;
}

int resample_run(struct resample *r, const float *src, uint32_t n_in,
                 float *dst, uint32_t max_out, uint32_t *used, uint32_t *made)
{
    if (!r->src) {
        *used = *made = n_in < max_out ? n_in : max_out;
        memcpy(dst, src, sizeof(float) * *made * r->n_channels);
        return 0;
    }

    SRC_DATA d = {
        /* The end of an input that lies just before dst counts as an overlap
           with libsamplerate, even if empty. */
        .data_in = n_in > 0 ? src : &r->nothing,
        .input_frames = n_in,
        .data_out = dst,
        .output_frames = max_out,
        .src_ratio = r->ratio,
    };
    if (src_process(r->src, &d))
        return -EIO;
    *used = (uint32_t)d.input_frames_used;
    *made = (uint32_t)d.output_frames_gen;
    return 0;
}
