// SPDX-License-Identifier: GPL-3.0-or-later
/* [rt] Each mount's ports to its tap: it only copies. */
#include "clients/sink/inlet.h"
#include "graph/jclient.h"
#include "netsink/tap.h"

void inlet_process_rt(void *taps, const struct jclient_cycle *cycle)
{
    const struct inlet_taps *t = taps;
    struct jclient_cycle part = *cycle;

    for (uint32_t i = 0; i < t->n; i++) {
        tap_process_rt(t->tap[i], &part);
        part.in += t->n_channels[i];
    }
}
