// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A station: which music, which JACK server where none runs, which programs
 * with which options, which addresses, which cables; read from
 * presets/stations/NAME.yaml, whose README.md lists the keys. Pure data. [main]
 * only.
 */
#ifndef STATION_STATION_H
#define STATION_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/cli.h"
#include "graph/conf.h"
#include "graph/rules.h"

#define STATION_CLIENTS_MAX 16  /* of the key `clients` */
#define STATION_NAME_MAX    64  /* bytes of such a client's, with the NUL */
#define STATION_ARGS_MAX    64  /* of one program, with the NULL */
#define STATION_MUSIC_MAX   512 /* bytes, with the NUL */

/* Words of a command line, NULL at the end. */
struct station_args {
    uint32_t n;
    char *arg[STATION_ARGS_MAX];
};

/* One of our programs. */
struct station_program {
    bool on;
    struct station_args options; /* what the file says, as --key value */
};

/* Another one. */
struct station_client {
    char name[STATION_NAME_MAX];
    struct station_args run;
    int required; /* the station ends where it can't be started */
};

struct station {
    char title[96];
    char music[STATION_MUSIC_MAX]; /* preset name or path */
    int64_t rate;                  /* Hz, of a server of our own */
    int64_t period;                /* frames, of a server of our own */
    double watchdog; /* s after which a silent client is taken for dead; 0:
                        never */
    struct station_program generator, master, sink;
    struct cli_addr listen, admin;
    struct cli_addr osc; /* of the generator's control; without a host: none */
    bool osc_wanted;     /* named: it has to be that */
    uint32_t n_clients;
    struct station_client client[STATION_CLIENTS_MAX];
    struct rules *rules;
};

/* Relative paths, of `music` and of programs with a slash, are seen from the
   file's folder. Errors: -ENOENT..., -EINVAL, with the message in err; -ENOMEM.
 */
int station_load(struct station **out, const char *path,
                 char err[CONF_ERROR_MAX]);
void station_free(struct station **s); /* accepts NULL */

/* Adds a copy of a word. Errors: -E2BIG, -ENOMEM. */
int station_add(struct station_args *a, const char *word);
void station_args_free(struct station_args *a);

/* The tables a file is read by: i = 0, 1... gives the table and its name
   ("top", "generator"...), NULL at the end. */
const struct conf_key *station_keys(uint32_t i, const char **name);

#endif
