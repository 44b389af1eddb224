// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Stereo sound in memory, and where one lies in another. What test tools share.
 * Any thread, one at a time for sound_find() (FFTW's planner).
 */
#ifndef TESTS_TOOLS_SOUND_H
#define TESTS_TOOLS_SOUND_H

#include <stdint.h>

struct sound {
    double *x; /* [n][2] */
    int64_t n; /* frames */
    int rate;  /* Hz */
};

/* A stereo file that libsndfile reads; says on stderr what is wrong. Errors:
   -EINVAL, -ENOMEM. To be freed by sound_fini(). */
int sound_load(struct sound *s, const char *path);
void sound_fini(struct sound *s);

/*
 * Where in b[nb][2] the sound a[na][2] lies: the shift, 0 .. nb - na, with the
 * largest normalised cross-correlation of the sums of the channels; -ENOMEM.
 */
int64_t sound_find(const double *a, int64_t na, const double *b, int64_t nb);

#endif
