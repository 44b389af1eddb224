// SPDX-License-Identifier: GPL-3.0-or-later
/* [rt] The limiter's work: no branch and no count depends on the sound. */
#include "clients/master/clean.h"
#include "clients/master/limiter_priv.h"

#define CHUNK LIMITER_CHUNK
#define TAPS  LIMITER_TAPS

/* Four samples; the compiler's own vectors, for any machine. */
typedef float vec __attribute__((vector_size(16), aligned(4), may_alias));
#define VECS (CHUNK / 4)

static uint32_t min_rt(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Puts n frames into the delay line, and a second time where it is repeated. */
static void store_rt(struct limiter *l, const float *const in[2], uint32_t from,
                     uint32_t n)
{
    for (int c = 0; c < 2; c++)
        for (uint32_t i = 0; i < n; i++) {
            uint32_t k = (l->at + i) & l->mask;
            float x = clean_rt(in[c][from + i]);
            l->delay[c][k] = x;
            l->delay[c][k < LIMITER_PAD ? k + l->mask + 1 : k] = x;
        }
}

/* |x| of CHUNK samples into peak, where it is larger. */
static void raise_rt(float peak[CHUNK], const float x[CHUNK])
{
    for (uint32_t i = 0; i < CHUNK; i++) {
        float a = fabsf(x[i]);
        peak[i] = a > peak[i] ? a : peak[i];
    }
}

/* One point between each two of CHUNK + TAPS - 1 samples. */
static void interpolate_rt(float y[CHUNK], const float *x, const float *tap)
{
    vec sum[VECS] = {{0}};

    for (uint32_t t = 0; t < TAPS; t++) {
        vec c = {tap[t], tap[t], tap[t], tap[t]};
        for (uint32_t v = 0; v < VECS; v++)
            sum[v] += c * *(const vec *)(const void *)(x + t + 4 * v);
    }
    for (uint32_t v = 0; v < VECS; v++)
        *(vec *)(void *)(y + 4 * v) = sum[v];
}

/* The true peak about each frame of TAPS/2 ago. Always a whole chunk: what lies
   beyond its n frames is old, and not looked at. */
static void peaks_rt(const struct limiter *l, float peak[CHUNK])
{
    uint32_t first = (l->at - (TAPS - 1)) & l->mask;

    for (uint32_t i = 0; i < CHUNK; i++)
        peak[i] = 0;
    for (int c = 0; c < 2; c++) {
        const float *x = l->delay[c] + first;
        float y[CHUNK];

        raise_rt(peak, x + TAPS / 2 - 1); /* the point on the sample */
        for (uint32_t p = 1; p < l->points; p++) {
            interpolate_rt(y, x, l->tap[p]);
            raise_rt(peak, y);
        }
    }
}

static void needs_rt(const struct limiter *l, const float peak[CHUNK],
                     uint32_t need[CHUNK])
{
    for (uint32_t i = 0; i < CHUNK; i++) {
        float p = peak[i] > l->ceiling ? peak[i] : l->ceiling;
        need[i] = (uint32_t)(int32_t)(l->ceiling / p * (float)LIMITER_ONE);
    }
}

/* The minimum of need over the window that ends with frame number at. */
static uint32_t hold_rt(struct limiter *l, uint32_t at, uint32_t need)
{
    uint32_t *line = l->min, size = 1, old;

    for (uint32_t s = 0; s < l->stages; s++) {
        uint32_t *past = line + (at & (size - 1));
        old = *past;
        *past = need;
        need = min_rt(need, old);
        line += size;
        size *= 2;
    }
    line[at & (size - 1)] = need;
    old = line[(at - (l->window - size)) & (size - 1)];
    return min_rt(need, old);
}

/* At least a unit at a time, so that 1 is reached. */
static uint32_t ease_rt(const struct limiter *l, uint32_t held)
{
    uint32_t up = held > l->eased ? held - l->eased : 0;
    uint32_t step = (uint32_t)((uint64_t)up * l->release >> 32) + 1;

    return up ? l->eased + min_rt(step, up) : held;
}

static float gain_rt(struct limiter *l, uint32_t at, uint32_t need)
{
    l->eased = ease_rt(l, hold_rt(l, at, need));
    l->sum += l->eased;
    l->sum -= l->mean[(at - l->look) & l->mean_mask];
    l->mean[at & l->mean_mask] = l->eased;
    return (float)((double)l->sum * l->mean_scale);
}

float limiter_process_rt(struct limiter *l, const float *const in[2],
                         float *const out[2], uint32_t n)
{
    float lowest = 1;

    for (uint32_t from = 0; from < n; from += CHUNK) {
        uint32_t count = min_rt(CHUNK, n - from);
        float peak[CHUNK];
        uint32_t need[CHUNK];

        store_rt(l, in, from, count);
        peaks_rt(l, peak);
        needs_rt(l, peak, need);
        for (uint32_t i = 0; i < count; i++) {
            float gain = gain_rt(l, l->at + i, need[i]);
            uint32_t k = (l->at + i - l->latency) & l->mask;
            lowest = gain < lowest ? gain : lowest;
            out[0][from + i] = l->delay[0][k] * gain;
            out[1][from + i] = l->delay[1][k] * gain;
        }
        l->at += count;
    }
    return lowest;
}
