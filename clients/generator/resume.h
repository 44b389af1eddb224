// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where the music is, as one line of text: what a generator tells whoever
 * started it, and what --resume makes the next one go on from. Pure; any one
 * thread.
 */
#ifndef GENERATOR_RESUME_H
#define GENERATOR_RESUME_H

#include <stdint.h>

#include "clients/generator/params.h"

#define RESUME_PRESET_MAX 1024 /* bytes, with the NUL */
#define RESUME_TEXT_MAX   1500 /* the same */
#define RESUME_ERROR_MAX  600  /* the same */
/* s: music may have begun that long before the machine, as longwave-gen's
   --start has it. */
#define RESUME_START_MAX 1000000000

struct resume {
    char preset[RESUME_PRESET_MAX]; /* name or file */
    uint64_t seed;
    int64_t origin_ns; /* CLOCK_MONOTONIC: when frame 0 was played, or would
                          have been; so it is of this boot of the machine */
    double param[PARAM_COUNT];
};

/* "seed=1f3a9c origin=... brightness=0.5 ... preset=terminal"; defaults are
   left out. Errors: -ENAMETOOLONG. */
int resume_write(const struct resume *r, char out[RESUME_TEXT_MAX]);

/* now_ns: of CLOCK_MONOTONIC, which no origin is after. Errors: -EINVAL, with
   what is wrong, what was found and what is allowed in err. */
int resume_read(struct resume *out, const char *text, int64_t now_ns,
                char err[RESUME_ERROR_MAX]);

#endif
