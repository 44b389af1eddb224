// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * State files: what a program was set to, as a YAML mapping of its long option
 * names to values, so that it can be edited, and used as a --config too. Which
 * options are in it is said in their table (cli_option.keep). [main] only.
 */
#ifndef GRAPH_STATE_H
#define GRAPH_STATE_H

#include <stdbool.h>

#include "graph/cli.h"

#define STATE_ERROR_MAX CONF_ERROR_MAX /* bytes of a message, with its NUL */

/*
 * Takes what the file says; the command line wins. Returns 1, or 0 where there
 * is no such file. Errors, with the text in err: -EINVAL (not a state: what,
 * where, what is allowed), -EACCES...
 */
int state_load(struct cli_program *p, const char *path,
               char err[STATE_ERROR_MAX]);

/* The present values as the text of a state file, for free(); without those
   that move by themselves unless they are wanted. NULL: memory is short. */
char *state_text(const struct cli_program *p, bool moving);

/*
 * Writes them, all or nothing: into a file beside it that then takes its place.
 * A link stays one. Errors, with the text in err: -errno of what failed;
 * -EINVAL (path is something else than a file); -EILSEQ (a text that YAML can't
 * have: not UTF-8, or with control characters).
 */
int state_save(const struct cli_program *p, const char *path,
               char err[STATE_ERROR_MAX]);

#endif
