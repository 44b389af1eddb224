// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * compare HEARD.wav RENDERED.wav [SKIP [TAKE]]: is what was heard what was
 * rendered? Takes TAKE seconds of HEARD after SKIP seconds, finds where in
 * RENDERED they lie (cross-correlation of the mono sum by FFT, libfftw3) and
 * prints the normalised correlation there, the smaller one of the two channels:
 *   correlation 0.9987 at 3.217 s, frame 154416
 * Both files must have the same rate and two channels. Exit 0; 1 on bad input.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/tools/sound.h"

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
    if (argc < 3 || sound_load(&heard, argv[1]) < 0 ||
        sound_load(&rendered, argv[2]) < 0) {
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
    int64_t at = sound_find(a, take, rendered.x, rendered.n);
    if (at < 0)
        return 1;
    double l = correlation(a, rendered.x + 2 * at, take, 0);
    double r = correlation(a, rendered.x + 2 * at, take, 1);
    printf("correlation %.4f at %.3f s, frame %lld\n", l < r ? l : r,
           (double)at / rendered.rate, (long long)at);
    sound_fini(&heard);
    sound_fini(&rendered);
    return 0;
}
