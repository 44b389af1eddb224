// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The options of longwave-gen, and what they name: checked, found, read, before
 * anything is started. [main] only. Errors are logged: what, what was found,
 * what is allowed.
 */
#ifndef GENERATOR_OPTIONS_H
#define GENERATOR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/engine.h"
#include "clients/generator/music.h"
#include "clients/generator/resume.h"
#include "clients/generator/settings.h"
#include "graph/cli.h"
#include "graph/log.h"

struct options {
    const char *name, *server, *preset, *render, *gpu, *state, *resume;
    uint64_t seed;
    int renderer, simd, level, stem;
    bool thin, list_gpus;
    uint32_t ahead, rate; /* ms, Hz */
    uint32_t threads;
    double start, seconds; /* s */
    struct cli_addr osc;
    struct settings settings; /* the parameters */
};

enum {
    OPT_NAME,
    OPT_SERVER,
    OPT_PRESET,
    OPT_SEED,
    OPT_RENDERER,
    OPT_GPU,
    OPT_LIST_GPUS,
    OPT_SIMD,
    OPT_THREADS,
    OPT_THIN,
    OPT_AHEAD,
    OPT_START,
    OPT_RESUME,
    OPT_RENDER,
    OPT_SECONDS,
    OPT_RATE,
    OPT_STEM,
    OPT_OSC,
    OPT_LOG_LEVEL,
    OPT_STATE,
    OPT_SETTINGS, /* one per parameter, see settings.h */
    OPT_COUNT = OPT_SETTINGS + PARAM_COUNT,
};

/* What counts where nothing is said. */
void options_init(struct options *o);

void options_fill(struct cli_option t[OPT_COUNT + 1], struct options *o);

/* What the options name is there: *music is it, *resume where it goes on, if
   that is asked for. Errors: -EINVAL. */
int options_prepare(const struct log *log, struct options *o,
                    struct cli_option *t, struct music *music,
                    struct resume *resume);

/* A seed where none is given. Errors: -EIO. */
int options_seed(const struct log *log, struct options *o,
                 const struct cli_option *t);

/* All but the rate and what depends on whether anybody waits. */
void options_engine(const struct options *o, const struct music *m,
                    struct engine_opts *out);

#endif
