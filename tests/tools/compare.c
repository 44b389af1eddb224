// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * compare HEARD.wav RENDERED.wav [SKIP [TAKE]]: is what was heard what was
 * rendered? Takes TAKE seconds of HEARD after SKIP seconds, finds where in
 * RENDERED they lie (cross-correlation of the mono sum by FFT, libfftw3) and
 * prints the normalised correlation there, the smaller one of the two channels:
 *   correlation 0.9987 at 3.217 s, frame 154416
 * Both files must have the same rate and two channels. Exit 0; 1 on bad input.
 */
#include <fftw3.h>
#include <math.h>
#include <sndfile.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sound {
    double *x; /* [n][2] */
    int64_t n; /* frames */
    int rate;
};

static int load(struct sound *s, const char *path)
{
    SF_INFO info = {0};
    SNDFILE *f = sf_open(path, SFM_READ, &info);
    if (!f || info.channels != 2) {
        fprintf(stderr, "%s: not a stereo sound file\n", path);
        return -1;
    }
    s->rate = info.samplerate;
    s->x = malloc((size_t)info.frames * 2 * sizeof(double) + 1);
    s->n = s->x ? sf_readf_double(f, s->x, info.frames) : 0;
    sf_close(f);
    return s->n > 0 ? 0 : -1;
}

/* Where in b the sound a lies: the shift with the largest correlation. */
static int64_t find(const double *a, int64_t na, const double *b, int64_t nb)
{
    int64_t size = 1, best = 0;
    while (size < na + nb)
        size *= 2;
    int n = (int)size;
    double *u = fftw_alloc_real((size_t)size),
           *v = fftw_alloc_real((size_t)size);
    fftw_complex *fu = fftw_alloc_complex((size_t)size / 2 + 1);
    fftw_complex *fv = fftw_alloc_complex((size_t)size / 2 + 1);
    fftw_plan pu = fftw_plan_dft_r2c_1d(n, u, fu, FFTW_ESTIMATE);
    fftw_plan pv = fftw_plan_dft_r2c_1d(n, v, fv, FFTW_ESTIMATE);
    fftw_plan back = fftw_plan_dft_c2r_1d(n, fv, v, FFTW_ESTIMATE);
    memset(u, 0, (size_t)size * sizeof *u);
    memset(v, 0, (size_t)size * sizeof *v);
    for (int64_t i = 0; i < na; i++)
        u[i] = a[2 * i] + a[2 * i + 1];
    for (int64_t i = 0; i < nb; i++)
        v[i] = b[2 * i] + b[2 * i + 1];
    fftw_execute(pu);
    fftw_execute(pv);
    for (int64_t k = 0; k <= size / 2; k++) { /* conj(U) * V */
        double re = fu[k][0] * fv[k][0] + fu[k][1] * fv[k][1];
        double im = fu[k][0] * fv[k][1] - fu[k][1] * fv[k][0];
        fv[k][0] = re;
        fv[k][1] = im;
    }
    fftw_execute(back);
    for (int64_t i = 0; i <= nb - na; i++)
        if (v[i] > v[best])
            best = i;
    fftw_destroy_plan(pu);
    fftw_destroy_plan(pv);
    fftw_destroy_plan(back);
    fftw_free(u);
    fftw_free(v);
    fftw_free(fu);
    fftw_free(fv);
    return best;
}

static double correlation(const double *a, const double *b, int64_t n,
                          int channel)
{
    double ab = 0, aa = 0, bb = 0;
    for (int64_t i = channel; i < 2 * n; i += 2) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

int main(int argc, char **argv)
{
    struct sound heard = {0}, rendered = {0};
    if (argc < 3 || load(&heard, argv[1]) < 0 || load(&rendered, argv[2]) < 0) {
        fprintf(stderr,
                "usage: compare HEARD.wav RENDERED.wav [SKIP [TAKE]]\n");
        return 1;
    }
    int64_t skip = argc > 3 ? (int64_t)(atof(argv[3]) * heard.rate) : 0;
    int64_t take =
        argc > 4 ? (int64_t)(atof(argv[4]) * heard.rate) : heard.n - skip;
    if (heard.rate != rendered.rate || skip < 0 || take <= 0 ||
        skip + take > heard.n || take > rendered.n) {
        fprintf(stderr,
                "the parts don't fit: heard %.2f s at %d Hz, rendered "
                "%.2f s at %d Hz\n",
                (double)heard.n / heard.rate, heard.rate,
                (double)rendered.n / rendered.rate, rendered.rate);
        return 1;
    }
    const double *a = heard.x + 2 * skip;
    int64_t at = find(a, take, rendered.x, rendered.n);
    double l = correlation(a, rendered.x + 2 * at, take, 0);
    double r = correlation(a, rendered.x + 2 * at, take, 1);
    printf("correlation %.4f at %.3f s, frame %lld\n", l < r ? l : r,
           (double)at / rendered.rate, (long long)at);
    free(heard.x);
    free(rendered.x);
    return 0;
}
