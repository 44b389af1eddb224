// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/master/clean.h"
#include "clients/master/leveller_priv.h"

static int32_t toward_rt(int32_t now, int32_t wanted, int32_t most)
{
    int32_t way = wanted - now;

    if (way > most)
        way = most;
    if (way < -most)
        way = -most;
    return now + way;
}

void leveller_apply_rt(struct leveller *l, const float *const in[2],
                       float *const out[2], uint32_t n)
{
    int32_t wanted = atomic_load_explicit(&l->wanted, memory_order_relaxed);

    for (uint32_t i = 0; i < n; i++) {
        l->gain = toward_rt(l->gain, wanted, l->slope);
        float gain = (float)l->gain * (1.0f / LEVELLER_ONE);
        out[0][i] = in[0][i] * gain;
        out[1][i] = in[1][i] * gain;
    }
}

static void copy_rt(const struct ring_span *s, const float *const in[2],
                    const float *const out[2], float reduction, uint32_t from)
{
    struct leveller_frame *f = s->data;

    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t k = from + i;
        f[i].in[0] = clean_rt(in[0][k]);
        f[i].in[1] = clean_rt(in[1][k]);
        f[i].out[0] = out[0][k];
        f[i].out[1] = out[1][k];
        f[i].reduction = reduction;
    }
}

void leveller_measure_rt(struct leveller *l, const float *const in[2],
                         const float *const out[2], float reduction, uint32_t n)
{
    struct ring_span s[2];

    if (ring_writable_rt(l->frames) < n) {
        /* The only writer, so load and store need not be one. */
        uint64_t missed =
            atomic_load_explicit(&l->missed, memory_order_relaxed);
        atomic_store_explicit(&l->missed, missed + n, memory_order_relaxed);
        return;
    }
    ring_write_begin_rt(l->frames, n, s);
    copy_rt(&s[0], in, out, reduction, 0);
    copy_rt(&s[1], in, out, reduction, s[0].n);
    ring_write_end_rt(l->frames, n);
}
