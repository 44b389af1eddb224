// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/tools/sound.h"

#include <errno.h>
#include <fftw3.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENT 1e-6 /* energy that rounding may leave */

int sound_load(struct sound *s, const char *path)
{
    SF_INFO info = {0};
    SNDFILE *f = sf_open(path, SFM_READ, &info);

    *s = (struct sound){.rate = info.samplerate};
    if (!f || info.channels != 2) {
        fprintf(stderr, "%s: not a stereo sound file\n", path);
        if (f)
            sf_close(f);
        return -EINVAL;
    }
    s->x = calloc((size_t)info.frames * 2 + 1, sizeof(*s->x));
    s->n = s->x ? sf_readf_double(f, s->x, info.frames) : 0;
    sf_close(f);
    if (s->n > 0)
        return 0;
    int err = s->x ? -EINVAL : -ENOMEM;
    fprintf(stderr, "%s: nothing in it\n", path);
    sound_fini(s);
    return err;
}

void sound_fini(struct sound *s)
{
    free(s->x);
    *s = (struct sound){0};
}

/* v becomes the cross-correlation of u with it, both [size]. */
static int correlate(double *u, double *v, int64_t size)
{
    size_t half = (size_t)size / 2 + 1;
    int n = (int)size, err = -ENOMEM;
    fftw_complex *fu = fftw_alloc_complex(half);
    fftw_complex *fv = fftw_alloc_complex(half);
    fftw_plan pu = NULL, pv = NULL, back = NULL;

    if (!fu || !fv)
        goto out;
    pu = fftw_plan_dft_r2c_1d(n, u, fu, FFTW_ESTIMATE);
    pv = fftw_plan_dft_r2c_1d(n, v, fv, FFTW_ESTIMATE);
    back = fftw_plan_dft_c2r_1d(n, fv, v, FFTW_ESTIMATE);
    if (!pu || !pv || !back)
        goto out;
    fftw_execute(pu);
    fftw_execute(pv);
    for (size_t k = 0; k < half; k++) { /* conj(U) * V */
        double re = fu[k][0] * fv[k][0] + fu[k][1] * fv[k][1];
        double im = fu[k][0] * fv[k][1] - fu[k][1] * fv[k][0];
        fv[k][0] = re;
        fv[k][1] = im;
    }
    fftw_execute(back);
    err = 0;
out:
    if (pu)
        fftw_destroy_plan(pu);
    if (pv)
        fftw_destroy_plan(pv);
    if (back)
        fftw_destroy_plan(back);
    fftw_free(fu);
    fftw_free(fv);
    return err;
}

/* The sum of the channels, squared. */
static double power(const double *b, int64_t i)
{
    double x = b[2 * i] + b[2 * i + 1];
    return x * x;
}

/* The shift at which v, for how loud b[na] is there, is largest: else a louder
   place would be taken for a better one. */
static int64_t find_best(const double *v, int64_t na, const double *b,
                         int64_t nb)
{
    double energy = 0, most = -HUGE_VAL;
    int64_t best = 0;

    for (int64_t i = 0; i < na; i++)
        energy += power(b, i);
    for (int64_t i = 0; i <= nb - na; i++) {
        double fit = v[i] / sqrt(energy > 0 ? energy + SILENT : SILENT);
        if (fit > most) {
            most = fit;
            best = i;
        }
        if (i < nb - na)
            energy += power(b, i + na) - power(b, i);
    }
    return best;
}

int64_t sound_find(const double *a, int64_t na, const double *b, int64_t nb)
{
    int64_t size = 1, best = -ENOMEM;

    while (size < na + nb)
        size *= 2;
    double *u = fftw_alloc_real((size_t)size);
    double *v = fftw_alloc_real((size_t)size);
    if (!u || !v)
        goto out;
    memset(u, 0, (size_t)size * sizeof(*u));
    memset(v, 0, (size_t)size * sizeof(*v));
    for (int64_t i = 0; i < na; i++)
        u[i] = a[2 * i] + a[2 * i + 1];
    for (int64_t i = 0; i < nb; i++)
        v[i] = b[2 * i] + b[2 * i + 1];
    best = correlate(u, v, size);
    if (best == 0)
        best = find_best(v, na, b, nb);
out:
    fftw_free(u);
    fftw_free(v);
    return best;
}
