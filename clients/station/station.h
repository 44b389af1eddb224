// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A station: which music, which JACK server where none runs, which addresses,
 * which cables; read from presets/stations/NAME.yaml. Pure data. [main] only.
 */
#ifndef STATION_STATION_H
#define STATION_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/cli.h"
#include "graph/conf.h"

#define STATION_CABLES_MAX 32
#define STATION_PORT_MAX   320 /* bytes of "client:port", JACK's limit */

struct station_cable {
    char from[STATION_PORT_MAX];
    char to[STATION_PORT_MAX];
};

struct station {
    char title[96];
    char music[256]; /* preset name or path */
    int64_t rate;    /* Hz, of a server of our own */
    int64_t period;  /* frames, of a server of our own */
    int64_t bitrate; /* kbit/s */
    struct cli_addr listen, admin;
    struct cli_addr osc; /* of the generator's control; without a host: none */
    bool osc_wanted;     /* named: it has to be that */
    uint32_t n_cables;
    struct station_cable cable[STATION_CABLES_MAX];
};

/* Errors: -ENOENT..., -EINVAL, with the message in err. */
int station_load(struct station *out, const char *path,
                 char err[CONF_ERROR_MAX]);

#endif
