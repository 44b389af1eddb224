// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * All frames, of silence too, go through the resampler at the graph's rate, and
 * are counted there: `fed` frames since `begun`, the moment of the wall's clock
 * that frame 0 of the present rate lies at. So the timeline's end is a moment
 * as well (end_ns), and where a block belongs is one: by its position, by its
 * time. The difference to the end is what has to be filled or left out.
 *
 * `begun` follows the graph's clock, but by SLEW at most: so a card's drift is
 * followed, and the unsteadiness of the times that JACK tells is not.
 */
#include "netsink/timeline.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "netsink/fade.h"

#define CHUNK     1024                /* frames at a time */
#define LOUDEST   16.0f               /* full scale is 1: +24 dBFS */
#define GRACE     (250 * NS_PER_MS)   /* that nothing may come for */
#define STRAY     (30 * NS_PER_MS)    /* of the frames' count from the time */
#define COUNT_MAX (UINT64_C(1) << 40) /* frames that a graph can lose */
#define SLEW      2000                /* 1 / it: 500 ppm */
#define GAP_MAX   (60 * NS_PER_S)     /* filled up; the rest is forgotten */

struct timeline {
    /* [init] */
    uint32_t n_channels;
    timeline_packet_fn *fn;
    void *ctx;
    float *packet; /* [TIMELINE_PACKET][n_channels] */
    float *chunk;  /* [CHUNK][n_channels] */

    /* [enc] */
    enum resample_quality quality;
    uint32_t rate;             /* Hz, the graph's; 48 kHz before the first */
    struct resample *resample; /* from it; new with each rate */
    struct fade *fade;         /* new with each rate */
    int64_t begun;             /* ns, CLOCK_MONOTONIC: of the rate's frame 0 */
    uint64_t fed;              /* frames since then */
    uint64_t made;             /* 48 kHz frames that came of them */
    bool filling;              /* by the clock, as nothing comes */

    bool joined;         /* a graph: what follows holds something */
    uint32_t graph;      /* its number */
    uint64_t expected;   /* its next position */
    int64_t expected_ns; /* the moment that lies at */

    uint64_t seq;         /* of the packet being built */
    uint32_t n_ready;     /* frames in it */
    uint64_t filled_rest; /* 1 / rate frames, that stats.filled lacks */
    struct timeline_stats stats;
};

/* Any n up to 2^63 / 1e9 seconds. */
static int64_t frames_ns(uint64_t n, uint32_t rate)
{
    return (int64_t)(n / rate) * NS_PER_S +
           (int64_t)(n % rate) * NS_PER_S / rate;
}

/* To the nearest; ns not below 0. */
static uint64_t ns_frames(int64_t ns, uint32_t rate)
{
    return (uint64_t)(ns / NS_PER_S) * rate +
           ((uint64_t)(ns % NS_PER_S) * rate + NS_PER_S / 2) / NS_PER_S;
}

/* The moment of the timeline's next frame. */
static int64_t end_ns(const struct timeline *t)
{
    return t->begun + frames_ns(t->fed, t->rate);
}

/* A resampler and fades for rate, on to the timeline's last frame made. */
static int set_rate(struct timeline *t, uint32_t rate)
{
    struct resample *resample = NULL;
    struct fade *fade = NULL;
    int err =
        resample_new(&resample, rate, TIMELINE_RATE, t->n_channels, t->quality);
    if (!err)
        err = fade_new(&fade, rate, t->n_channels);
    if (err) {
        resample_free(&resample);
        return err;
    }
    resample_free(&t->resample);
    fade_free(&t->fade);
    t->resample = resample;
    t->fade = fade;
    t->rate = rate;
    t->begun += frames_ns(t->made, TIMELINE_RATE);
    t->fed = t->made = 0;
    t->filled_rest = 0;
    return 0;
}

int timeline_new(struct timeline **out, uint32_t n_channels, int64_t now,
                 timeline_packet_fn *fn, void *ctx)
{
    struct timeline *t = NULL;
    int err = -ENOMEM;

    *out = NULL;
    if (n_channels < 1 || n_channels > 2)
        return -EINVAL;
    t = calloc(1, sizeof(*t));
    if (!t)
        goto out;
    t->n_channels = n_channels;
    t->fn = fn;
    t->ctx = ctx;
    t->quality = RESAMPLE_MEDIUM;
    t->begun = now;
    t->filling = true; /* there is no sound to wait for */
    t->packet = calloc((size_t)TIMELINE_PACKET * n_channels, sizeof(float));
    t->chunk = calloc((size_t)CHUNK * n_channels, sizeof(float));
    if (!t->packet || !t->chunk)
        goto out;
    err = set_rate(t, TIMELINE_RATE);
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
    fade_free(&(*t)->fade);
    free((*t)->packet);
    free((*t)->chunk);
    free(*t);
    *t = NULL;
}

void timeline_set_quality(struct timeline *t, enum resample_quality quality)
{
    t->quality = quality;
}

/* The first n frames of t->chunk, to 48 kHz and into packets. */
static int convert(struct timeline *t, uint32_t n)
{
    const float *src = t->chunk;
    uint32_t room, used, made;

    t->fed += n;
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
        t->made += made;
        t->n_ready += made;
        if (t->n_ready == TIMELINE_PACKET) {
            t->fn(t->ctx, t->seq, t->packet);
            t->seq++;
            t->n_ready = 0;
        }
    } while (n > 0 || made == room);
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

static void cut(struct timeline *t)
{
    if (fade_cut(t->fade))
        t->stats.breaks++;
}

/* n frames of silence, at the graph's rate. */
static int silence(struct timeline *t, uint64_t n)
{
    cut(t);
    uint64_t scaled = n * TIMELINE_RATE + t->filled_rest;
    t->stats.filled += scaled / t->rate;
    t->filled_rest = scaled % t->rate;
    while (n > 0) {
        uint32_t part = n < CHUNK ? (uint32_t)n : CHUNK;
        fade_silence(t->fade, t->chunk, part);
        int err = convert(t, part);
        if (err)
            return err;
        n -= part;
    }
    return 0;
}

static int sound(struct timeline *t, const float *frames, uint32_t n)
{
    while (n > 0) {
        uint32_t part = n < CHUNK ? n : CHUNK;
        for (uint32_t i = 0; i < part * t->n_channels; i++)
            t->chunk[i] = clean(frames[i]);
        fade_sound(t->fade, t->chunk, part);
        int err = convert(t, part);
        if (err)
            return err;
        frames += part * t->n_channels;
        n -= part;
    }
    return 0;
}

/* Silence up to the moment to, which lies after the end. */
static int go_on(struct timeline *t, int64_t to)
{
    int64_t ns = to - end_ns(t);

    if (ns > GAP_MAX) {
        t->begun += ns - GAP_MAX;
        t->expected_ns += ns - GAP_MAX;
        ns = GAP_MAX;
    }
    return silence(t, ns_frames(ns, t->rate));
}

/* Ends the sound at the present rate, gets out of the resampler what it holds,
   and goes on at another. */
static int change_rate(struct timeline *t, uint32_t rate)
{
    cut(t);
    int err = silence(t, fade_left(t->fade));
    uint64_t whole = t->fed;
    while (!err && t->made * t->rate < whole * TIMELINE_RATE)
        err = silence(t, 1);
    return err ? err : set_rate(t, rate);
}

/* Its frames are counted on from those before. */
static bool goes_on(const struct timeline *t, const struct tap_block *b)
{
    return t->joined && b->graph == t->graph &&
           b->position - t->expected <= COUNT_MAX;
}

/* Has it a time of use? A clock that isn't ours, or none at all: to be heard is
   better than to wait for the present. */
static bool is_timed(const struct timeline *t, const struct tap_block *b)
{
    return b->time > 0 && b->time > end_ns(t) - GAP_MAX;
}

/* The moment the block's first frame belongs at. */
static int64_t place(const struct timeline *t, const struct tap_block *b)
{
    bool timed = is_timed(t, b);

    if (!goes_on(t, b))
        return timed ? b->time : end_ns(t);
    int64_t at = t->expected_ns + frames_ns(b->position - t->expected, b->rate);
    int64_t most = STRAY + frames_ns(b->n_frames, b->rate);
    bool agreed = b->time - at <= most && at - b->time <= most;
    return agreed || !timed ? at : b->time;
}

/* Silence up to moment at; or so many of n frames that begin there come too
   late. */
static int reach(struct timeline *t, int64_t at, uint32_t n, uint32_t *late)
{
    int64_t off = at - end_ns(t);

    *late = 0;
    if (off >= 0)
        return ns_frames(off, t->rate) > 0 ? go_on(t, at) : 0;
    uint64_t behind = ns_frames(-off, t->rate);
    *late = behind < n ? (uint32_t)behind : n;
    if (*late > 0)
        cut(t);
    return 0;
}

/* The clock of the graph, as far as it may differ from ours. */
static void follow(struct timeline *t, const struct tap_block *b, int64_t at)
{
    int64_t most = frames_ns(b->n_frames, b->rate) / SLEW;
    int64_t by = b->time - at;

    by = by > most ? most : by < -most ? -most : by;
    t->begun += by;
    t->expected_ns += by;
}

/* b is in, but for its first late frames; its next frame's moment lies beside
   the timeline's grid by off ns. */
static void note(struct timeline *t, const struct tap_block *b, uint32_t late,
                 int64_t off)
{
    if (late < b->n_frames) {
        /* Less than half a frame, or it would be a gap to the next block. */
        int64_t half = NS_PER_S / 2 / t->rate - 2;
        off = off > half ? half : off < -half ? -half : off;
        t->filling = false;
    }
    if (!t->joined || b->graph != t->graph)
        t->stats.graphs++;
    t->stats.rate = b->rate;
    t->stats.dropped += late;
    t->joined = true;
    t->graph = b->graph;
    t->expected = b->position + b->n_frames;
    t->expected_ns = end_ns(t) + off;
}

int timeline_feed(struct timeline *t, const struct tap_block *b,
                  const float *frames)
{
    uint32_t late;
    int err = 0;

    if (b->rate < 8000 || b->rate > 384000)
        return -EINVAL;
    if (b->rate != t->rate)
        err = change_rate(t, b->rate);
    if (err)
        return err;
    bool timed = is_timed(t, b);
    int64_t at = place(t, b);
    err = reach(t, at, b->n_frames, &late);
    if (err)
        return err;
    /* Between two rates' grids, a part of a frame would get lost each time. */
    int64_t off = at + frames_ns(late, t->rate) - end_ns(t);
    err = sound(t, frames + (size_t)late * t->n_channels, b->n_frames - late);
    if (err)
        return err;
    note(t, b, late, off);
    if (timed)
        follow(t, b, at);
    return 0;
}

int timeline_idle(struct timeline *t, int64_t now)
{
    if (now <= end_ns(t) + (t->filling ? 0 : GRACE))
        return 0;
    t->filling = true;
    return go_on(t, now);
}

uint64_t timeline_next(const struct timeline *t)
{
    return t->seq;
}

void timeline_stats(const struct timeline *t, struct timeline_stats *out)
{
    *out = t->stats;
}
