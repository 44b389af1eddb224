// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a load run found, as a row of a table for people and as JSON with all
 * figures. [main] only.
 */
#ifndef BENCH_LOAD_REPORT_H
#define BENCH_LOAD_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/bench/load/fleet.h"
#include "tests/bench/load/usage.h"

struct report {
    const char *label, *url; /* borrowed */
    const struct fleet_opts *opts;
    const struct fleet_figures *figures;
    bool has_usage;            /* of the server: what follows holds it */
    struct usage before, idle; /* a time apart, without listeners */
    int64_t idle_ns;           /* that time */
    struct usage from, to;     /* the window's */
    const char *apart; /* name of the server's threads whose work isn't done for
                          listeners one by one */
};

/* The heading of the rows. */
void report_head(FILE *out);

/* Times in ms, CPU in us per second and listener: all of it, and the fan-out,
   which is what is neither apart nor used without listeners. Those with a fault
   have a row of their own, but for what all of them cost. */
void report_row(const struct report *r, FILE *out);

/* Times in ms, the unit in each name. Errors: -ENOMEM, -EIO. */
int report_json(const struct report *r, FILE *out);

#endif
