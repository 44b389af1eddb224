// SPDX-License-Identifier: GPL-3.0-or-later
/* What the master does with each cycle: the leveller's gain, then the limiter,
   then both ends to the meters. */
#ifndef MASTER_CHAIN_H
#define MASTER_CHAIN_H

#include "clients/master/leveller.h"
#include "clients/master/limiter.h"
#include "graph/jclient.h"

/* Borrowed; made for the rate in each joined(). */
struct chain {
    struct leveller *leveller;
    struct limiter *limiter;
};

/* jclient process function with ports in_L, in_R and out_L, out_R. ctx is the
   chain. RT safe. */
void chain_process_rt(void *ctx, const struct jclient_cycle *cycle);

#endif
