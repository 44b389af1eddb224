// SPDX-License-Identifier: GPL-3.0-or-later
/* A mount described, with nothing that runs: its name and rungs. For tests. */
#ifndef TESTS_UNIT_NETSINK_MOUNTS_H
#define TESTS_UNIT_NETSINK_MOUNTS_H

#include <stdio.h>

#include "netsink/mount.h"

static inline void mounts_describe(struct mount *m, const char *name,
                                   uint32_t n_channels)
{
    static const uint32_t ladder[] = {32, 64, 96, 160};
    static const uint32_t rates[] = {44100, 48000, 96000};

    *m = (struct mount){.n_channels = n_channels, .usual = 2};
    snprintf(m->name, sizeof(m->name), "%s", name);
    for (; m->n_rungs < 4; m->n_rungs++)
        m->rungs[m->n_rungs].spec = (struct rung_spec){
            .codec = RUNG_OPUS,
            .n_channels = n_channels,
            .kbps = ladder[m->n_rungs],
        };
    m->n_ladder = m->n_rungs;
    for (uint32_t i = 0; i < 18; i++)
        m->rungs[m->n_rungs++].spec = (struct rung_spec){
            .codec = RUNG_WAV,
            .n_channels = n_channels,
            .wav = {(enum wav_format)(i % 3), rates[i / 3 % 3], 1 + i / 9},
        };
}

#endif
