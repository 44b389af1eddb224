// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/fade.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FADES_PER_S 125  /* 8 ms */
#define HEARD       1024 /* frames the prediction is made from */
#define ORDER       32   /* of the prediction: about 16 partials */
#define LOUDER      1.25 /* than all that was heard: a tail's limit */
#define INAUDIBLE   1e-9 /* -90 dB, in power */

struct fade {
    /* [init] */
    uint32_t n_channels;
    uint32_t length;
    float *rise; /* [length], 0 to 1 */

    bool sounding;  /* the next frame of sound continues the last one */
    uint32_t risen; /* frames of the rise done; length: all */
    uint32_t left;  /* frames of the tail to come */
    float *tail;    /* [length][n_channels], falling */

    /* What came out last: a ring, each channel by itself. */
    float *heard; /* [n_channels][HEARD] */
    uint32_t at;  /* where the next frame goes */

    double *x, *e, *b; /* [HEARD] for the prediction */
};

int fade_new(struct fade **out, uint32_t rate, uint32_t n_channels)
{
    struct fade *f = NULL;
    int err = -ENOMEM;

    *out = NULL;
    if (rate < 8000 || n_channels == 0)
        return -EINVAL;
    f = calloc(1, sizeof(*f));
    if (!f)
        goto out;
    f->n_channels = n_channels;
    f->length = rate / FADES_PER_S;
    f->risen = f->length;
    f->rise = calloc(f->length, sizeof(float));
    f->tail = calloc((size_t)f->length * n_channels, sizeof(float));
    f->heard = calloc((size_t)HEARD * n_channels, sizeof(float));
    f->x = calloc((size_t)3 * HEARD, sizeof(double));
    if (!f->rise || !f->tail || !f->heard || !f->x)
        goto out;
    f->e = f->x + HEARD;
    f->b = f->e + HEARD;
    for (uint32_t i = 0; i < f->length; i++)
        f->rise[i] = (float)(0.5 - 0.5 * cos(M_PI * (i + 0.5) / f->length));
    err = 0;
out:
    if (err)
        fade_free(&f);
    *out = f;
    return err;
}

void fade_free(struct fade **f)
{
    if (!*f)
        return;
    free((*f)->rise);
    free((*f)->tail);
    free((*f)->heard);
    free((*f)->x);
    free(*f);
    *f = NULL;
}

uint32_t fade_left(const struct fade *f)
{
    return f->left;
}

/*
 * Burg's method (J. P. Burg, Maximum Entropy Spectral Analysis, 1975): x[n] is
 * predicted as the sum of a[k] * x[n - 1 - k]. No reflection coefficient is
 * beyond 1, so the prediction doesn't grow. It ends where what it leaves over
 * is inaudible: beyond that it would model the rounding of the frames, and the
 * errors of its own arithmetic grow.
 */
static void predictor(struct fade *f, double a[ORDER])
{
    memcpy(f->e, f->x, HEARD * sizeof(double));
    memcpy(f->b, f->x, HEARD * sizeof(double));
    memset(a, 0, ORDER * sizeof(double));
    double all = 1e-20; /* twice its energy: something, in silence too */
    for (uint32_t i = 0; i < HEARD; i++)
        all += 2 * f->x[i] * f->x[i];
    for (uint32_t m = 0; m < ORDER; m++) {
        double num = 0, den = 0;
        for (uint32_t i = m + 1; i < HEARD; i++) {
            num += f->e[i] * f->b[i - 1];
            den += f->e[i] * f->e[i] + f->b[i - 1] * f->b[i - 1];
        }
        if (den < all * INAUDIBLE)
            return;
        double k = 2 * num / den, was[ORDER];
        memcpy(was, a, sizeof(was));
        for (uint32_t j = 0; j < m; j++)
            a[j] = was[j] - k * was[m - 1 - j];
        a[m] = k;
        for (uint32_t i = HEARD - 1; i > m; i--) {
            double e = f->e[i], b = f->b[i - 1];
            f->e[i] = e - k * b;
            f->b[i] = b - k * e;
        }
    }
}

/* The tail of one channel. */
static void continue_channel(struct fade *f, uint32_t channel)
{
    double a[ORDER], past[ORDER], loudest = 0;
    const float *heard = f->heard + (size_t)channel * HEARD;

    for (uint32_t i = 0; i < HEARD; i++) {
        f->x[i] = heard[(f->at + i) % HEARD];
        loudest = fmax(loudest, fabs(f->x[i]));
    }
    predictor(f, a);
    for (uint32_t k = 0; k < ORDER; k++)
        past[k] = f->x[HEARD - 1 - k]; /* the latest first */
    for (uint32_t i = 0; i < f->length; i++) {
        double y = 0;
        for (uint32_t k = 0; k < ORDER; k++)
            y += a[k] * past[k];
        memmove(past + 1, past, (ORDER - 1) * sizeof(double));
        past[0] = y;
        /* Not in the recursion, which a step would excite. */
        y = fmax(-LOUDER * loudest, fmin(LOUDER * loudest, y));
        f->tail[i * f->n_channels + channel] =
            (float)y * f->rise[f->length - 1 - i];
    }
}

bool fade_cut(struct fade *f)
{
    if (!f->sounding)
        return false;
    for (uint32_t c = 0; c < f->n_channels; c++)
        continue_channel(f, c);
    f->left = f->length;
    f->sounding = false;
    return true;
}

/* Adds what is left of the tail. */
static void add_tail(struct fade *f, float *frames, uint32_t n)
{
    const float *tail = f->tail + (f->length - f->left) * f->n_channels;

    if (n > f->left)
        n = f->left;
    for (uint32_t i = 0; i < n * f->n_channels; i++)
        frames[i] += tail[i];
    f->left -= n;
}

static void hear(struct fade *f, const float *frames, uint32_t n)
{
    if (n > HEARD) {
        frames += (size_t)(n - HEARD) * f->n_channels;
        n = HEARD;
    }
    for (uint32_t c = 0; c < f->n_channels; c++)
        for (uint32_t i = 0; i < n; i++)
            f->heard[c * HEARD + (f->at + i) % HEARD] =
                frames[i * f->n_channels + c];
    f->at = (f->at + n) % HEARD;
}

void fade_sound(struct fade *f, float *frames, uint32_t n)
{
    if (n == 0)
        return;
    if (!f->sounding)
        f->risen = 0;
    f->sounding = true;
    for (uint32_t i = 0; i < n && f->risen < f->length; i++, f->risen++)
        for (uint32_t c = 0; c < f->n_channels; c++)
            frames[i * f->n_channels + c] *= f->rise[f->risen];
    add_tail(f, frames, n);
    hear(f, frames, n);
}

void fade_silence(struct fade *f, float *frames, uint32_t n)
{
    fade_cut(f);
    memset(frames, 0, sizeof(float) * n * f->n_channels);
    add_tail(f, frames, n);
    hear(f, frames, n);
}
