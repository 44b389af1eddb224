// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The generator's remote control: OSC (osc.h), where it is wanted, joined to
 * the engine; and what the generator tells of itself. [main] only. All
 * functions accept NULL.
 */
#ifndef GENERATOR_CONTROL_H
#define GENERATOR_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/engine.h"
#include "clients/generator/feed.h"
#include "clients/generator/music.h"
#include "graph/cli.h"
#include "graph/log.h"

struct control;

struct control_opts {
    const struct log *log;
    struct cli_addr addr;      /* without a host: none */
    bool wanted;               /* the user named it: it has to be that */
    const struct music *music; /* copied */
    const char *preset;        /* copied: what it was read from */
    uint64_t seed;
};

/*
 * Opens the socket, where an address is given; where it can't be had and wasn't
 * wanted there is a warning, and no OSC. Errors, logged:
 * -EADDRNOTAVAIL (a wanted address can't be had), -ENOMEM.
 */
int control_open(struct control **out, const struct control_opts *o);
void control_close(struct control **c);

/* What is controlled, borrowed until control_close() or the next call;
   control_serve() may come from now on. Again where the rate is another one. */
void control_join(struct control *c, struct engine *engine, struct feed *feed,
                  const struct jclient *jack);

/* For poll(); -1 without OSC. */
int control_fd(const struct control *c);

/* As osc_serve(); and does the last change of preset that found no room when it
   was asked for. To be called several times a second. */
bool control_serve(struct control *c);

/* What plays, or was asked for last: the name of a preset, or the absolute path
   of a file, until the next control_serve(). NULL without control. */
const char *control_preset(const struct control *c, uint64_t *seed);

/* The answer to a question (graph/tell.h), for free(), or NULL. tail: of the
   log, or NULL. */
char *control_tell(const struct control *c, const char *question,
                   struct log_tail *tail);

/* "127.0.0.1:7770" or "none". */
const char *control_addr(const struct control *c, char out[CLI_ADDR_TEXT_MAX]);

#endif
