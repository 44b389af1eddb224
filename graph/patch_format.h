// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Patchbay files of other programs, read into rules and written from them:
 * qjackctl's patchbay definitions (XML, regexes, sockets and cables) and
 * aj-snapshot's snapshots (XML, exact names). What a format can't say becomes a
 * warning, one line each, by the callback. Any one thread.
 */
#ifndef GRAPH_PATCH_FORMAT_H
#define GRAPH_PATCH_FORMAT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "graph/conf.h"
#include "graph/jgraph.h"
#include "graph/rules.h"

enum patch_format { PATCH_YAML, PATCH_QJACKCTL, PATCH_AJ };

/* "yaml", "qjackctl", "aj-snapshot", NULL. */
extern const char *const patch_format_names[];

typedef void patch_warn(void *ctx, const char *text);

/*
 * size bytes of a file called name, in messages. Rules that r has not
 * are added to it. Entities are refused, and files above 8 MiB.
 * Errors: -EINVAL (err says file, line, what was found and what is allowed;
 * r is as before), -ENOMEM.
 */
int patch_import(enum patch_format format, struct rules *r, const char *name,
                 const char *text, size_t size, patch_warn *warn, void *ctx,
                 char err[CONF_ERROR_MAX]);

/*
 * Where a format has exact names alone, rules that are none (regexes, client
 * scope) are written as what they stand for in g, the graph as it is, or left
 * out with a warning where g is NULL or does not have it. Errors: -EIO.
 */
int patch_export(enum patch_format format, const struct rules *r,
                 const struct jgraph *g, FILE *f, patch_warn *warn, void *ctx);

#endif
