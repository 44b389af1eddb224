// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the sink tells who asks (graph/tell.h), and its own desk: its graph,
 * mounts and levels as JSON. The figures of listeners are at /status.json. Any
 * thread.
 */
#ifndef SINK_TOLD_H
#define SINK_TOLD_H

#include "graph/jclient.h"
#include "graph/log.h"
#include "netsink/mount.h"

struct told {
    const struct mount *mounts; /* [n_mounts], running */
    uint32_t n_mounts;
    const char *listen, *admin; /* URLs */
    struct log_tail *tail;      /* or NULL */
};

/* The answer, for free(); NULL: memory is short. jack: NULL where there is
   none. */
char *told_text(const struct told *t, const struct jclient *jack,
                const char *question);

#endif
