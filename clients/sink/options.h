// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the user asks of longwave-sink, checked. [main] only.
 */
#ifndef SINK_OPTIONS_H
#define SINK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/cli.h"
#include "netsink/mount.h"
#include "netsink/token.h"

#define OPTIONS_N 17

struct options {
    const char *name, *server; /* of JACK */
    const char *state;         /* file, or NULL */
    struct cli_addr listen, admin;
    struct {
        char name[MOUNT_NAME_MAX + 1];
        uint32_t n_channels;
    } mounts[MOUNT_MAX];
    uint32_t n_mounts;
    uint32_t ladder[MOUNT_LADDER_MAX]; /* kbit/s, ascending */
    uint32_t n_ladder;
    uint32_t kbps; /* one of the ladder */
    uint32_t n_loops;
    uint32_t max_listeners;
    uint32_t burst_mbit; /* 0: no limit */
    uint32_t memory_mb;
    uint32_t max_events;
    char token[TOKEN_MAX + 1]; /* the operator's */
    bool token_made;           /* by us: nobody else can tell it */
    struct cli_strings admin_hosts;
    int quality; /* enum resample_quality */
    int level;   /* of the log */

    /* as they are written, and what reads them; nothing of it may move */
    struct cli_strings mount_texts;
    const char *ladder_text;
    const char *token_file; /* or NULL */
    struct cli_option table[OPTIONS_N + 1];
};

/* As cli_parse(): 1 to go on, 0 answered, -EINVAL wrong and said. p's texts
   live until cli_fini(), and o as long as p. */
int options_parse(struct options *o, struct cli_program *p, int argc,
                  char **argv);

/* What they mean together, once all are known; the token from where it is, or a
   new one. Errors, said: -EINVAL. */
int options_check(struct options *o, const struct cli_program *p);

#endif
