// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/timeline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "netsink/resample.h"

#define CHUNK   1024  /* frames cleaned at a time */
#define GAP_MAX 60    /* s of silence put in at once */
#define LOUDEST 16.0f /* full scale is 1: +24 dBFS, far beyond any mix */

struct timeline {
    /* [init] */
    uint32_t rate; /* the graph's, Hz */
    uint32_t n_channels;
    timeline_packet_fn *fn;
    void *ctx;

    /* [enc] */
    struct resample *resample;
    uint64_t expected; /* position of the next frame, at the graph's rate */
    uint64_t filled;   /* frames, at the graph's rate */
    uint64_t seq;      /* of the packet being built */
    uint32_t n_ready;  /* frames in packet */
    float *packet;     /* [TIMELINE_PACKET][n_channels] */
    float *chunk;      /* [CHUNK][n_channels] */
};

int timeline_new(struct timeline **out, uint32_t rate, uint32_t n_channels,
                 timeline_packet_fn *fn, void *ctx)
{
    struct timeline *t = NULL;
    int err = -ENOMEM;

    *out = NULL;
    if (rate < 8000 || rate > 384000 || n_channels < 1 || n_channels > 2)
        return -EINVAL;
    t = calloc(1, sizeof(*t));
    if (!t)
        goto out;
    t->rate = rate;
    t->n_channels = n_channels;
    t->fn = fn;
    t->ctx = ctx;
    t->packet = calloc((size_t)TIMELINE_PACKET * n_channels, sizeof(float));
    t->chunk = calloc((size_t)CHUNK * n_channels, sizeof(float));
    if (!t->packet || !t->chunk)
        goto out;
    err = resample_new(&t->resample, rate, TIMELINE_RATE, n_channels);
out:
    if (err)
        timeline_free(&t);
    *out = t;
    return err;
}

void timeline_free(struct timeline **t)
{
    if (!*t)
        return;
    resample_free(&(*t)->resample);
    free((*t)->packet);
    free((*t)->chunk);
    free(*t);
    *t = NULL;
}

/* The first n frames of t->chunk, to 48 kHz and into packets. */
static int convert(struct timeline *t, uint32_t n)
{
    const float *src = t->chunk;
    uint32_t room, used, made;

    do {
        room = TIMELINE_PACKET - t->n_ready;
        int err = resample_run(t->resample, src, n,
                               t->packet + t->n_ready * t->n_channels, room,
                               &used, &made);
        if (err)
            return err;
        if (n > 0 && used == 0 && made == 0)
            return -EIO; /* it would go on like that for ever */
        src += used * t->n_channels;
        n -= used;
        t->n_ready += made;
        if (t->n_ready == TIMELINE_PACKET) {
            t->fn(t->ctx, t->seq, t->packet);
            t->seq++;
            t->n_ready = 0;
        }
    } while (n > 0 || made == room);
    return 0;
}

static int fill(struct timeline *t, uint64_t n)
{
    memset(t->chunk, 0, sizeof(float) * CHUNK * t->n_channels);
    while (n > 0) {
        uint32_t part = n < CHUNK ? (uint32_t)n : CHUNK;
        int err = convert(t, part);
        if (err)
            return err;
        t->filled += part;
        n -= part;
    }
    return 0;
}

/* One NaN would stay in the resampler's filter and the encoder's predictors,
   and a huge number becomes one there. */
static float clean(float x)
{
    if (!isfinite(x))
        return 0;
    return x > LOUDEST ? LOUDEST : x < -LOUDEST ? -LOUDEST : x;
}

int timeline_feed(struct timeline *t, uint64_t position, const float *frames,
                  uint32_t n)
{
    if (position > t->expected) {
        uint64_t gap = position - t->expected;
        uint64_t most = (uint64_t)t->rate * GAP_MAX;
        int err = fill(t, gap < most ? gap : most);
        if (err)
            return err;
    }
    t->expected = position + n;

    while (n > 0) {
        uint32_t part = n < CHUNK ? n : CHUNK;
        for (uint32_t i = 0; i < part * t->n_channels; i++)
            t->chunk[i] = clean(frames[i]);
        int err = convert(t, part);
        if (err)
            return err;
        frames += part * t->n_channels;
        n -= part;
    }
    return 0;
}

uint64_t timeline_next(const struct timeline *t)
{
    return t->seq;
}

uint64_t timeline_filled(const struct timeline *t)
{
    return t->filled;
}
