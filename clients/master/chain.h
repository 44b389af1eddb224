// SPDX-License-Identifier: GPL-3.0-or-later
/* What the master does with each cycle: the leveller's gain, then the limiter,
   then both ends to the meters; and the levels at the ports. */
#ifndef MASTER_CHAIN_H
#define MASTER_CHAIN_H

#include "clients/master/leveller.h"
#include "clients/master/limiter.h"
#include "graph/gauge.h"
#include "graph/jclient.h"

/* Leveller and limiter are borrowed, made for the rate in each joined(). */
struct chain {
    struct leveller *leveller;
    struct limiter *limiter;
    struct gauge gauge; /* [rt], [any] by gauge_read(): in_L, in_R, out_L,
                           out_R */
};

/* jclient process function with ports in_L, in_R and out_L, out_R. ctx is the
   chain. RT safe. */
void chain_process_rt(void *ctx, const struct jclient_cycle *cycle);

#endif
