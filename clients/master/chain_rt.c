// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/master/chain.h"

void chain_process_rt(void *ctx, const struct jclient_cycle *cycle)
{
    struct chain *c = ctx;
    float *const *out = cycle->out;
    const float *const loud[2] = {out[0], out[1]};
    float lowest;

    /* before the outputs, which may be the same memory */
    for (uint32_t i = 0; i < 2; i++)
        gauge_add_rt(&c->gauge, i, cycle->in[i], 1, cycle->n_frames);
    leveller_apply_rt(c->leveller, cycle->in, out, cycle->n_frames);
    lowest = limiter_process_rt(c->limiter, loud, out, cycle->n_frames);
    leveller_measure_rt(c->leveller, cycle->in, loud, lowest, cycle->n_frames);
    for (uint32_t i = 0; i < 2; i++)
        gauge_add_rt(&c->gauge, 2 + i, out[i], 1, cycle->n_frames);
    gauge_end_rt(&c->gauge, cycle->n_frames, cycle->rate, cycle->time);
}
