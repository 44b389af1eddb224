// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What every client of ours tells who asks (graph/tell.h), piece by piece, as
 * JSON with the unit in each name. Any thread but [rt]. Functions that make a
 * piece give NULL when memory is short, which telling_put() leaves out.
 */
#ifndef CLIENTS_TELLING_H
#define CLIENTS_TELLING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "graph/gauge.h"
#include "graph/jclient.h"
#include "graph/log.h"

#define TELLING_LOG_LINES 100 /* that a program keeps */

enum telling_what { TELLING_ALL, TELLING_LEVELS, TELLING_NOW };

struct telling {
    enum telling_what what;
    uint64_t after; /* line of the log */
};

/* What is asked. */
struct telling telling_read(const char *question);

/* Takes value over. */
void telling_put(json_t *o, const char *key, json_t *value);

/* Texts of files, drivers and other programs needn't be UTF-8. */
json_t *telling_text(const char *text);

/* Rounded to 1 of so many parts, so that figures read as what they are; null
   where it is no number. */
json_t *telling_number(double x, double parts);

/* ns as ms; null where it is that which stands for not known. */
json_t *telling_ms(int64_t ns, int64_t unknown);

/* How a client does in its graph. */
json_t *telling_jack(bool up, const char *name, uint32_t period,
                     const struct jclient_stats *s);

/* Adds the levels of ports (NULL at the end), which are the gauge's from first
   on, to o. Ports in silence have null. */
void telling_levels(json_t *o, const struct jclient_port *ports,
                    const struct gauge *g, uint32_t first);

/* Lines after that number; an empty list without a tail. */
json_t *telling_log(struct log_tail *t, uint64_t after);

/* The text, for free(), or NULL. Takes o over. */
char *telling_dump(json_t *o);

/* What begins with who it is: program, version, pid. */
json_t *telling_begin(const char *program);

#endif
