// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Music into a file without JACK: 32-bit float stereo WAV (RF64 over 4 GiB),
 * as fast as the machine can. [main] only.
 */
#ifndef GENERATOR_WAV_H
#define GENERATOR_WAV_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/engine.h"
#include "graph/log.h"

#define WAV_MIX (-1)
#define WAV_DRY BUS_COUNT /* the sum of the buses */

struct wav_opts {
    const struct log *log;
    struct engine *engine; /* borrowed */
    const char *path;
    uint32_t rate;              /* Hz */
    int stem;                   /* a scene_bus, dry, WAV_DRY, or WAV_MIX */
    int64_t start;              /* absolute frame */
    int64_t frames;             /* how many */
    bool progress;              /* a line on stderr that is overwritten */
    bool (*stopped)(void *ctx); /* asked after each chunk, or NULL */
    void *ctx;
};

/*
 * Renders into a file beside path that takes its name when it is whole; on an
 * error nothing is left. The same options give the same bytes. Errors, logged:
 * -EINTR (stopped), -ENOSPC, -EACCES..., engine_chunk's.
 */
int wav_render(const struct wav_opts *o);

#endif
