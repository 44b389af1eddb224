// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Questions of a command to the generator, with what goes wrong said on stderr.
 * [main] only. Functions return exit codes.
 */
#ifndef STATION_ASK_H
#define STATION_ASK_H

#include <stdint.h>

#include "graph/cli.h"
#include "graph/remote.h"

struct ask {
    const char *program; /* for messages */
    struct cli_addr addr;
    struct remote *remote;
};

int ask_open(struct ask *a);
void ask_close(struct ask *a);

/* What comes of remote_send()'s answer err. */
int ask_sent(const struct ask *a, int err);

/* Waits for the message of that address, or an error, which is printed. The
   message lives until the next question. */
int ask_reply(const struct ask *a, const char *address, int64_t wait_ns,
              const struct osc_message **out);

#endif
