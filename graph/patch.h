// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A visit to the JACK graph without ports of one's own: is there a server, who
 * is in it, join these ports. Opened for the visit and closed after it.
 * [main] only; nothing waits for a missing port.
 */
#ifndef GRAPH_PATCH_H
#define GRAPH_PATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"

struct patch;

/* server NULL: $JACK_DEFAULT_SERVER or "default". Silent about failure.
   Errors: -EHOSTDOWN (no such server runs), -EIO. */
int patch_open(struct patch **out, const char *server);
void patch_close(struct patch **p);

uint32_t patch_rate(const struct patch *p);   /* Hz */
uint32_t patch_period(const struct patch *p); /* frames */

/* True when a client of this name has ports in the graph. */
bool patch_has_client(const struct patch *p, const char *client);

/* Joins two ports by full name; joined already counts as done. Errors: -ENOENT
   (one of them is not there), -EIO. */
int patch_connect(struct patch *p, const char *from, const char *to);

#endif
