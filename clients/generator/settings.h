// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The parameters as options: what the music begins with, on the command line,
 * in a config or a state file. [main] only.
 */
#ifndef GENERATOR_SETTINGS_H
#define GENERATOR_SETTINGS_H

#include <stdbool.h>

#include "clients/generator/engine.h"
#include "clients/generator/music.h"
#include "clients/generator/params.h"
#include "graph/cli.h"
#include "graph/log.h"

struct settings {
    double value[PARAM_COUNT]; /* but for: */
    const char *mode;          /* its name; "own": the preset's chords */
    bool freeze;
    const struct cli_option *option; /* [PARAM_COUNT], borrowed */
    char mode_name[32];
    char help[PARAM_COUNT][96];
};

/* Fills s with the defaults and option[PARAM_COUNT], which may not move nor end
   before s. */
void settings_options(struct settings *s, struct cli_option *option);

/*
 * Whether the preset that was named by `preset` has the mode. One of a state
 * that was made with another preset is dropped with a warning, where the
 * command line names the preset. Errors, logged: -EINVAL.
 */
int settings_check(struct settings *s, const struct log *log,
                   const struct music *m, enum cli_source preset);

/* Sets what was given, checked: to be heard from the engine's next chunk. */
void settings_apply(const struct settings *s, struct engine *e);

/* The other way: takes the values that were asked for last. */
void settings_read(struct settings *s, struct engine *e);

#endif
