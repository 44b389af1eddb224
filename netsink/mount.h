// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A mount: a name, its tap, encoder, and all rungs it can have. What the HTTP
 * side and the fan-out see of the sound. Constant after start.
 */
#ifndef NETSINK_MOUNT_H
#define NETSINK_MOUNT_H

#include <stdint.h>

#include "netsink/encoder.h"
#include "netsink/hub.h"
#include "netsink/tap.h"

#define MOUNT_MAX        8  /* mounts of a sink */
#define MOUNT_NAME_MAX   32 /* bytes: [a-z0-9_-]+ */
#define MOUNT_LADDER_MAX 8

/* rungs[0..n_ladder) are Opus, from the lowest bitrate to the highest; the rest
   is WAV in every format. */
struct mount {
    char name[MOUNT_NAME_MAX + 1]; /* "live" */
    uint32_t n_channels;           /* 1..2 */
    struct tap *tap;
    struct encoder *encoder;
    struct encoder_rung rungs[ENCODER_RUNGS_MAX];
    uint32_t n_rungs;
    uint32_t n_ladder;
    uint32_t usual; /* the rung listeners begin with and come back to */
    struct hub_budget *budget;
    uint64_t aside; /* bytes of it, for the ladder */
};

struct mount_opts {
    const struct log *log;
    const char *name;
    uint32_t n_channels;
    const uint32_t *ladder_kbps; /* ascending; n_ladder of them */
    uint32_t n_ladder;
    uint32_t usual_kbps;           /* one of the ladder */
    struct hub_budget *budget;     /* borrowed */
    enum resample_quality quality; /* see encoder_opts */
    void (*put)(void *ctx);        /* see encoder_opts */
    void *ctx;
};

/* Bytes for a minute of every bitrate of a ladder: what a mount sets aside in
   its budget, so that WAV can't crowd out Opus. */
uint64_t mount_opus_bytes(const uint32_t *ladder_kbps, uint32_t n_ladder);

/* The tap, hubs and encoder, running; the tap is to be fed. [main]. Errors:
   -EINVAL, -ENOMEM (or the budget does not have what it sets aside), -EAGAIN.
 */
int mount_init(struct mount *m, const struct mount_opts *o);
void mount_fini(struct mount *m);

/* The number of a rung, or -ENOENT. Any thread. */
int mount_ladder_rung(const struct mount *m, uint32_t kbps);
int mount_wav_rung(const struct mount *m, const struct wav_spec *spec);

#endif
