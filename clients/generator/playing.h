// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The generator at play: in a JACK graph, controlled, watched over by the
 * keeper of clients/keeper.h, and telling whoever started it where the music
 * is. [main] only.
 */
#ifndef GENERATOR_PLAYING_H
#define GENERATOR_PLAYING_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/control.h"
#include "clients/generator/music.h"
#include "clients/generator/options.h"
#include "clients/generator/player.h"
#include "clients/generator/resume.h"
#include "clients/keeper.h"
#include "graph/cli.h"
#include "graph/log.h"

struct playing {
    const struct log *log;
    struct options *o;
    struct log_tail *tail; /* of the log; the owner's */
    struct keeper keeper;
    struct player *player;
    struct control *control;
    struct resume now; /* as was told last; before that: where to begin */
    char told[RESUME_TEXT_MAX];
    int64_t tell_at; /* ns */
};

/* As keeper_begin(): the options may be others then. The end of all is
   keeper_end() of the keeper. */
int playing_begin(struct playing *p, const struct log *log, struct options *o,
                  struct cli_program *program);

/* Until it is asked to end or can't go on. osc_given: the user wants that
   address of the control, or nothing. Returns an exit code. */
int playing_run(struct playing *p, const struct music *m, bool osc_given);

#endif
