// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the master tells who asks (graph/tell.h): its meters and levels as JSON,
 * the unit in each name. [main] only.
 */
#ifndef MASTER_TOLD_H
#define MASTER_TOLD_H

#include "clients/master/chain.h"

struct told {
    const struct chain *chain;
    const struct jclient *jack;
    double target, ceiling; /* LUFS, dBTP */
    bool bypass;
    struct log_tail *tail; /* or NULL */
};

/* The master's ports, in the order of the chain's gauge; NULL after each. */
extern const struct jclient_port told_in[3], told_out[3];

/* The answer, for free(); NULL: memory is short. */
char *told_text(const struct told *t, const char *question);

#endif
