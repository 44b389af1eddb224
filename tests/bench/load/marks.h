// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The markers' signal, by which a sound is known again and its time measured: a
 * 997 Hz sine at -20 dBFS, and every MARKS_PERIOD frames a burst of three tones
 * of 10 ms each on top of it, at -14 dBFS. The first tone is always the same:
 * its onset is the mark. The other two are the digits, to the base 8, of the
 * burst's number. The period is prime to a packet's 960 frames and to JACK's
 * periods: marks come to lie everywhere in packets and cycles. 48 kHz only;
 * read after Opus at 64 kbit/s or more.
 */
#ifndef BENCH_LOAD_MARKS_H
#define BENCH_LOAD_MARKS_H

#include <stddef.h>
#include <stdint.h>

#define MARKS_RATE    48000
#define MARKS_PERIOD  17771 /* frames: 370.2 ms */
#define MARKS_LEN     1440  /* frames of a burst */
#define MARKS_NUMBERS 64    /* a burst's number is told modulo this: 23.7 s */
#define MARKS_UNREAD  UINT32_MAX

/* Burst k begins at frame (k + 1) * MARKS_PERIOD. RT safe. */
float marks_sample(uint64_t frame);

struct mark {
    int64_t frame; /* of its onset, to within 1 ms in what Opus leaves of it */
    uint32_t number; /* 0 .. MARKS_NUMBERS - 1, or MARKS_UNREAD */
};

/* The marks in x[n], at most max of them, in order; a burst whose end is not in
   x is none. Returns how many, or -ENOMEM. */
int marks_find(const float *x, size_t n, struct mark *out, size_t max);

#endif
