// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Editing the list `connect` of a YAML file as a person would: lines are added
 * and taken out, all others stay as they are, comments too. Pure; [main] only.
 */
#ifndef STATION_PATCH_TEXT_H
#define STATION_PATCH_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "graph/conf.h"
#include "graph/rules.h"

/* The rules of a file's text, as rules_load() reads them of a file. Errors:
   -EINVAL, -ENOMEM, with the message in err. */
int patch_text_rules(struct rules **out, const char *name, const char *text,
                     size_t size, char err[CONF_ERROR_MAX]);

/*
 * The text with rules added at the end of the list, which is made where there
 * is none, and without those of the file's rules i that have drop[i] (NULL: all
 * stay). *out is NUL-terminated, to be freed. The outcome is read back and
 * compared: a file written in a way that can't be added to is refused.
 * Errors: -EINVAL (err says what is wrong with the file), -ENOMEM.
 */
int patch_text_edit(char **out, size_t *out_size, const char *name,
                    const char *text, size_t size, const struct rules *add,
                    const bool *drop, char err[CONF_ERROR_MAX]);

#endif
