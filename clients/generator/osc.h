// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Control by OSC over UDP: one address per parameter and some to ask by, listed
 * in README.md. Every message gets a reply, sent to where it came from:
 * with the value that now counts, or /longwave/error. [main] only. It starts
 * no thread and never waits: osc_serve() handles a bounded part of what has
 * come, and a reply that can't be sent at once is dropped.
 */
#ifndef GENERATOR_OSC_H
#define GENERATOR_OSC_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/params.h"
#include "clients/paths.h"
#include "graph/cli.h"
#include "graph/log.h"

#define OSC_PORT      7770
#define OSC_ERROR_MAX 512 /* bytes of a message, with its NUL */
/* What the message of an error has in it that goes away by itself. */
#define OSC_BUSY     ": busy: "
#define OSC_FADE_MIN 0.5 /* s */
#define OSC_FADE_MAX 60.0

struct osc;

/* What is controlled. All on [main]; errors are -errno with the message in err:
   what, what was found, what is allowed. */
struct osc_ops {
    int (*set)(void *ctx, enum param p, double value, char err[OSC_ERROR_MAX]);
    double (*get)(void *ctx, enum param p);
    const char *(*mode)(void *ctx, uint32_t i); /* name of the mode i, 0: "own";
                                                   NULL: no such */
    /* Another preset (a name, or a file where is_file may be) or, where preset
       is NULL, another seed; fade_s 0: as music does. */
    int (*change)(void *ctx, const char *preset, uint64_t seed, double fade_s,
                  char err[OSC_ERROR_MAX]);
    const char *(*preset)(void *ctx); /* what plays */
    uint64_t (*seed)(void *ctx);
    uint32_t (*presets)(void *ctx, char *names[PATHS_NAMES_MAX]); /* as
                                                             paths_names() */
    char *(*status)(void *ctx); /* JSON, for free(); NULL: no memory */
};

struct osc_opts {
    const struct log *log;
    struct cli_addr addr; /* of this machine; port 0: any free one */
    const struct osc_ops *ops;
    void *ctx;
};

/* Errors, not logged: -errno of socket() and bind(); -EADDRINUSE, taken. */
int osc_open(struct osc **out, const struct osc_opts *o);
void osc_close(struct osc **o);

/* Becomes readable when there is something for osc_serve(). */
int osc_fd(const struct osc *o);

/* Where it listens, with the port that it got. */
void osc_addr(const struct osc *o, struct cli_addr *out);

/*
 * Handles what has come: up to 64 packets and about as many messages. True:
 * there may be more. To be called now and then without cause too, for what
 * wasn't logged of many wrong messages.
 */
bool osc_serve(struct osc *o);

#endif
