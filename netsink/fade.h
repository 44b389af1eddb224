// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The begin and the end of sound, without a click. Sound begins with a rise of
 * 8 ms (half a cosine). Where it breaks off, what came last is handed out
 * already: so it is continued into what follows, by linear prediction (Burg's
 * method: the partials of the last frames go on as they were), and falls as the
 * rise does. Where new sound follows at once the two are crossfaded. Between
 * the fades frames pass untouched, bit for bit. One thread. Allocates only in
 * fade_new().
 */
#ifndef NETSINK_FADE_H
#define NETSINK_FADE_H

#include <stdbool.h>
#include <stdint.h>

struct fade;

/* Begins in silence. rate: Hz. Errors: -EINVAL (no channels, a rate under
   8000), -ENOMEM. */
int fade_new(struct fade **out, uint32_t rate, uint32_t n_channels);
void fade_free(struct fade **f);

/* Frames until a sound that was cut has faded. */
uint32_t fade_left(const struct fade *f);

/* What comes next doesn't continue what came last. True: that was sound, which
   now ends. */
bool fade_cut(struct fade *f);

/* n interleaved frames of sound, faded where they must be, in place. */
void fade_sound(struct fade *f, float *frames, uint32_t n);

/* n frames of silence are written: what is left of the sound before, then
   zeros. Cuts. */
void fade_silence(struct fade *f, float *frames, uint32_t n);

#endif
