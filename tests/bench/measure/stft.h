// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Power spectra of a running stereo signal: a Hann window every hop frames, the
 * mean of the channels' power, and a call for each. libfftw3 (double).
 * Any one thread at a time, and FFTW's planner is shared by the process: only
 * one thread may be in stft_init() or stft_fini().
 */
#ifndef MEASURE_STFT_H
#define MEASURE_STFT_H

#include <fftw3.h>
#include <stddef.h>

/*
 * power[bins]: a full-scale sine has 1/2 in all in the bins around it, as it
 * has in time. The call must not keep the pointer.
 */
typedef void stft_column(void *ctx, const double *power, size_t bins);

struct stft {
    size_t size, hop;    /* frames */
    size_t filled, skip; /* of the window; frames to pass over before more */
    double *x[2];        /* [size] */
    double *window;      /* [size] */
    double *in;
    fftw_complex *out;
    fftw_plan plan;
    double *power; /* [size / 2 + 1] */
    stft_column *call;
    void *ctx;
};

/* Errors: -ENOMEM. After one, stft_fini() is still to be called. */
int stft_init(struct stft *s, size_t size, size_t hop, stft_column *call,
              void *ctx);
void stft_fini(struct stft *s);

/* The next frames, interleaved. */
void stft_add(struct stft *s, const float *x, size_t frames);

#endif
