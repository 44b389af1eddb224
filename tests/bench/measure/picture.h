// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A spectrogram as PNG (libpng), 1600 x 900: time to the right, 30 Hz to 16 kHz
 * upwards in octaves, colour the level in dB, its scale on the right. A tone of
 * amplitude 1 is 0 dB. Any one thread (see stft.h). Memory: about 16 MiB.
 */
#ifndef MEASURE_PICTURE_H
#define MEASURE_PICTURE_H

#include <stddef.h>
#include <stdint.h>

struct picture;

/* frames: how many are going to come. Errors: -ENOMEM. */
int picture_new(struct picture **out, double rate, int64_t frames);

/* Accepts NULL and nulls. */
void picture_free(struct picture **p);

/* The next frames, interleaved stereo, finite numbers. */
void picture_add(struct picture *p, const float *x, size_t frames);

/* Errors: -EIO (the file), -ENOMEM. */
int picture_write(struct picture *p, const char *path);

#endif
