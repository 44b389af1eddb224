// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the user has ordered: a station's file, and what the command line says
 * instead of it. Read again on SIGHUP. [main] only.
 */
#ifndef STATION_ORDER_H
#define STATION_ORDER_H

#include <stdint.h>

#include "clients/station/station.h"
#include "graph/log.h"

#define ORDER_ERROR_MAX 16384 /* bytes of a message, with its NUL */

struct order {
    const char *name;                            /* of the station, or a path */
    const struct cli_addr *listen, *admin, *osc; /* NULL: the file's */
    const char *music;                           /* NULL: the file's */
    const char *renderer;                        /* NULL: the file's */
    const char *server; /* NULL: $JACK_DEFAULT_SERVER or "default" */
    const char *log_level;
    uint64_t seed;
};

/* Everything that can be found wrong beforehand is found here; err says what,
   where, what is allowed. Errors: -EINVAL, -ENOMEM. */
int order_load(const struct order *o, struct station **out,
               char err[ORDER_ERROR_MAX]);

#define PROGRAMS_MAX (STATION_CLIENTS_MAX + 3)

enum program_kind { PROGRAM_SINK, PROGRAM_MASTER, PROGRAM_GEN, PROGRAM_OTHER };

/* A program of the station, and how it is started; the generator's music and
   seed are not in argv, since they can be changed without a restart. */
struct program {
    char name[STATION_NAME_MAX];
    enum program_kind kind;
    bool required; /* the station can't play without it */
    struct station_args argv;
};

struct programs {
    uint32_t n;
    struct program program[PROGRAMS_MAX]; /* in the order they are started */
};

/* bin is the folder of our programs, with a slash at its end. Errors: -ENOMEM,
   -E2BIG (too many words). */
int programs_make(struct programs *out, const struct order *o,
                  const struct station *s, const char *bin);
void programs_free(struct programs *p);

bool program_same(const struct program *a, const struct program *b);

#endif
