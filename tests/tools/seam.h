// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether a recording of a player is one piece of what was sent, whatever
 * happened to its connection: no gap, no repeat, no click. Judged against
 * another listener's recording of the same packets, which nothing happened to:
 * two decoders agree on those to far below what is heard. Any thread, one at a
 * time (sound_find()).
 */
#ifndef TESTS_TOOLS_SEAM_H
#define TESTS_TOOLS_SEAM_H

#include <stdint.h>

#include "tests/tools/sound.h"

struct seam_opts {
    double skip_s;  /* not judged, from the first sound on: decoders that were
                       begun in midst of a stream converge in it */
    double least_s; /* so much must be judged */
};

struct seam {
    double judged_s;
    double at_s;      /* where in the reference it begins, */
    int64_t jump;     /* frames: and by how much its end lies elsewhere: more
                         than 0 is a gap, less a repeat */
    int64_t silence;  /* frames: the longest run of zeros in both channels
                        that the reference doesn't have */
    double silence_s; /* where in the recording */
    double worst;     /* of the difference, full scale is 1, */
    double worst_s;   /* and where */
};

/* Says on stderr what is wrong with the sounds themselves. Errors: -EINVAL (too
   short, other rates), -ENOMEM. */
int seam_judge(struct seam *s, const struct sound *heard,
               const struct sound *reference, const struct seam_opts *o);

#endif
