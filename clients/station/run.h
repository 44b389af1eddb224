// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Running a station: uses the JACK server that runs or starts one, starts the
 * sink, the master and the generator, joins their ports, says where to listen,
 * and stops all it started when asked to or when one of them ends. [main] only.
 */
#ifndef STATION_RUN_H
#define STATION_RUN_H

#include <stdint.h>

#include "clients/station/station.h"
#include "graph/log.h"

struct run_opts {
    const struct log *log;
    const struct station *station;
    const char *music;  /* preset name or path */
    const char *server; /* NULL: $JACK_DEFAULT_SERVER or "default" */
    uint64_t seed;
    const char *renderer;  /* passed on to the generator */
    const char *log_level; /* passed on to the clients */
};

/* Returns an exit code. SIGINT, SIGTERM and SIGHUP must be blocked. */
int run_station(const struct run_opts *o);

#endif
