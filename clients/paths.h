// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where presets are found, installed or run from the build tree, and programs.
 * [main] only; it only looks.
 */
#ifndef CLIENTS_PATHS_H
#define CLIENTS_PATHS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The preset of a kind ("music": a folder under presets/) that name means. A
 * name with '/' or ending in .yaml is a path already and is taken as it is;
 * else NAME.yaml is looked for in
 *   $LONGWAVE_PRESETS/KIND              where the variable is set
 *   DIR/../../presets/KIND              the build tree, DIR the program's
 * folder DIR/../share/longwave/presets/KIND  installed Errors: -ENOENT (err
 * says where it looked and what there is), -ENAMETOOLONG (err says so).
 */
int paths_preset(const char *kind, const char *name, char *out, size_t size,
                 char *err, size_t err_size);

/* Whether name is such a path. */
bool paths_is_path(const char *name);

/* What will mean the same preset from any folder: an absolute path, or the name
   as it is. */
void paths_keep(const char *name, char *out, size_t size);

#define PATHS_NAMES_MAX 64

/* Names of the presets of a kind in all these folders, sorted, each once, for
   free(); at most PATHS_NAMES_MAX. Returns how many. */
uint32_t paths_names(const char *kind, char *names[PATHS_NAMES_MAX]);

/* The program that a shell takes for that bare name: the first in $PATH that
   may be executed, its links followed. Errors: -ENOENT. */
int paths_program(const char *name, char out[PATH_MAX]);

#endif
