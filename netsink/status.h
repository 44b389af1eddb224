// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * /status.json: the sink's figures as JSON, the unit in each name. [ev] only.
 */
#ifndef NETSINK_STATUS_H
#define NETSINK_STATUS_H

#include <stdint.h>

#include "graph/jclient.h"
#include "netsink/audience.h"
#include "netsink/mount.h"

struct status {
    const struct jclient *jack;
    const struct mount *mount;
    const struct audience *audience;
    double uptime_s;
    double encode_ms_per_s; /* CPU time of the encoder over the last second */
};

/* A text for free(), or NULL when memory is short. */
char *status_json(const struct status *s);

#endif
