// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How a station does: gathered from whoever knows (the station's own process
 * and all programs of ours by graph/tell.h, the generator by OSC, the sink by
 * HTTP), and shown. [main] only.
 */
#ifndef STATION_STATUS_H
#define STATION_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "graph/cli.h"

struct status_opts {
    const char *server;  /* NULL: $JACK_DEFAULT_SERVER or "default" */
    struct cli_addr osc; /* of the generator, where no station says it... */
    bool osc_given;      /* ...or the user wants that one */
};

/* NULL each: not there, or it doesn't answer. */
struct status {
    json_t *station, *generator, *sink;
    json_t *clients; /* {JACK client: what it tells} of all that tell; never
                        NULL unless memory is short */
    struct cli_addr
        osc; /* where the generator was asked; without a host: not */
};

/* Asks all of them, for 2 s each at most. Errors: -ECONNREFUSED (nobody is
   there), -ETIMEDOUT (nobody answers), -errno of what went wrong. */
int status_gather(struct status *out, const struct status_opts *o);
void status_fini(struct status *s);

/* Processor time of processes between two looks. */
#define STATUS_PROCS 64
struct status_cpu {
    uint32_t n;
    struct {
        pid_t pid;
        double used, at; /* s */
    } proc[STATUS_PROCS];
};

/* The table on stdout. cpu: of the look before, brought up to date; a process
   that is new there is shown by its mean since its start. */
void status_print(const struct status *s, struct status_cpu *cpu);

/* All as one JSON object on stdout: station, generator, sink, clients. */
void status_print_json(const struct status *s);

#endif
