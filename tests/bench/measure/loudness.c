// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/loudness.h"

#include <ebur128.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define HOPS_PER_S  10 /* gating blocks overlap by 75 % */
#define BLOCK_HOPS  4  /* 400 ms */
#define TEN_HOPS    (600 * HOPS_PER_S)
#define TEN_BLOCKS  (TEN_HOPS - BLOCK_HOPS + 1)
#define TEN_EVERY   (60 * HOPS_PER_S) /* between starts of "any" ten minutes */
#define OFFSET_LU   0.691             /* BS.1770: of the K-weighted power */
#define ABSOLUTE_LU (-70.0)           /* gates of BS.1770 */
#define RELATIVE_LU (-10.0)

struct loudness {
    ebur128_state *state;
    size_t hop, left;     /* frames in 100 ms; frames until the next hop */
    size_t hops;          /* so far */
    struct series blocks; /* K-weighted power of the block from hop i */
};

int loudness_new(struct loudness **out, double rate)
{
    struct loudness *l = calloc(1, sizeof(*l));

    *out = l;
    if (!l)
        return -ENOMEM;
    l->hop = l->left = (size_t)lround(rate / HOPS_PER_S);
    l->state = ebur128_init(2, (unsigned long)lround(rate),
                            EBUR128_MODE_I | EBUR128_MODE_LRA |
                                EBUR128_MODE_TRUE_PEAK);
    if (!l->state) {
        loudness_free(out);
        return -ENOMEM;
    }
    return 0;
}

void loudness_free(struct loudness **l)
{
    if (!*l)
        return;
    if ((*l)->state)
        ebur128_destroy(&(*l)->state);
    series_fini(&(*l)->blocks);
    free(*l);
    *l = NULL;
}

static double to_power(double lufs)
{
    return pow(10, (lufs + OFFSET_LU) / 10);
}

static double to_lufs(double power)
{
    return figures_db_power(power) - OFFSET_LU;
}

static int end_hop(struct loudness *l)
{
    double momentary;

    l->left = l->hop;
    if (++l->hops < BLOCK_HOPS)
        return 0;
    if (ebur128_loudness_momentary(l->state, &momentary) != EBUR128_SUCCESS)
        return -ENOMEM;
    series_push(&l->blocks, to_power(momentary));
    return l->blocks.failed ? -ENOMEM : 0;
}

int loudness_add(struct loudness *l, const float *x, size_t frames)
{
    int err = 0;

    while (frames && !err) {
        size_t n = frames < l->left ? frames : l->left;
        if (ebur128_add_frames_float(l->state, x, n) != EBUR128_SUCCESS)
            return -ENOMEM;
        x += 2 * n;
        frames -= n;
        l->left -= n;
        if (!l->left)
            err = end_hop(l);
    }
    return err;
}

static double mean_above(const double *v, size_t n, double gate)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        if (v[i] > gate) {
            sum += v[i];
            count++;
        }
    return count ? sum / (double)count : 0;
}

/* Integrated loudness of some blocks, gated as BS.1770-4 section 5.1. */
static double integrated(const double *v, size_t n)
{
    double absolute = to_power(ABSOLUTE_LU);
    double gate = mean_above(v, n, absolute) * pow(10, RELATIVE_LU / 10);

    return to_lufs(mean_above(v, n, gate > absolute ? gate : absolute));
}

static void find_tens(const struct loudness *l, struct figures *out)
{
    out->ten_min = out->ten_max = NAN;
    for (size_t i = 0; i + TEN_BLOCKS <= l->blocks.n; i += TEN_EVERY) {
        double lufs = integrated(l->blocks.v + i, TEN_BLOCKS);
        out->ten_min = fmin(out->ten_min, lufs);
        out->ten_max = fmax(out->ten_max, lufs);
        if (i % TEN_HOPS == 0)
            series_push(&out->tens, lufs);
    }
    out->ten_spread = out->ten_max - out->ten_min;
}

int loudness_end(struct loudness *l, struct figures *out)
{
    double left, right;

    if (ebur128_loudness_global(l->state, &out->lufs) != EBUR128_SUCCESS ||
        ebur128_loudness_range(l->state, &out->lra) != EBUR128_SUCCESS ||
        ebur128_true_peak(l->state, 0, &left) != EBUR128_SUCCESS ||
        ebur128_true_peak(l->state, 1, &right) != EBUR128_SUCCESS)
        return -ENOMEM;
    out->true_peak = figures_db_amp(fmax(left, right));
    find_tens(l, out);
    return out->tens.failed ? -ENOMEM : 0;
}
