// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The commands of `longwave patch`, and what they share. [main] only. All
 * return exit codes and say on stderr what went wrong.
 */
#ifndef STATION_PATCH_H
#define STATION_PATCH_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "graph/jgraph.h"
#include "graph/rules.h"

#define PATCH_PATH_MAX 4096

int patch_show(int argc, char **argv);
int patch_diff(int argc, char **argv);
int patch_apply(int argc, char **argv);
int patch_save(int argc, char **argv);
int patch_import_file(int argc, char **argv);
int patch_export_file(int argc, char **argv);

/* The rules of a station or file, NULL: of the station `default`. */
int patch_load(const char *program, const char *name, char path[PATCH_PATH_MAX],
               struct rules **out);

/* The graph of a server, in one visit. */
int patch_visit(const char *program, const char *server, struct jgraph **out);

/* No server of that name (NULL: the default one) runs, or it refuses us: err as
   patchbay_look() gives it. */
int patch_no_server(const char *program, const char *server, int err);

/* A file whole, NUL at its end, to be freed. Errors: -errno. */
int patch_read(const char *path, char **text, size_t *size);

/* A path to write to: not a bare name, which would be a station's. */
int patch_check_path(const char *program, const char *path);

/* A JACK name as JSON, in which bytes that aren't UTF-8 become '?'. */
json_t *patch_json(const char *text);

/* Prints and frees it. */
void patch_print_json(json_t *o);

#endif
