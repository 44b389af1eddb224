// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Options that several commands of `longwave` have, so that they are called and
 * explained alike everywhere. Entries for a cli_program's table. [main] only.
 */
#ifndef STATION_OPTIONS_H
#define STATION_OPTIONS_H

#include "graph/cli.h"

/* --server: of which JACK server the talk is; *name is NULL for the usual. */
struct cli_option option_server(const char **name);

/* --osc: where the generator is controlled; help says which it is else. */
struct cli_option option_osc(struct cli_addr *addr, const char *help);

/* --log-level: of enum log_level. */
struct cli_option option_log_level(int *level, const char *help);

#endif
