// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * differ A.wav B.wav LIMIT [FRAME]: the largest difference of a sample, dBFS,
 * and where. Exit 0 if it is LIMIT dBFS at most; 1 if more, or if the files
 * aren't alike in length, rate and channels. With FRAME, A is a part of B, from
 * that frame on.
 */
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK 4096 /* frames */

static SNDFILE *open_stereo(const char *path, SF_INFO *info)
{
    SNDFILE *f = sf_open(path, SFM_READ, info);

    if (!f || info->channels != 2) {
        fprintf(stderr, "%s: not a stereo sound file\n", path);
        exit(1);
    }
    return f;
}

int main(int argc, char **argv)
{
    static float a[2 * BLOCK], b[2 * BLOCK];
    SF_INFO ia = {0}, ib = {0};
    double worst = 0.0, loudest = 0.0, db;
    sf_count_t n, at = 0, where = 0;

    if (argc < 4 || argc > 5)
        return 1;
    SNDFILE *fa = open_stereo(argv[1], &ia), *fb = open_stereo(argv[2], &ib);
    sf_count_t first = argc > 4 ? atoll(argv[4]) : 0;
    sf_count_t rest = ib.frames - first;
    if ((argc > 4 ? ia.frames > rest : ia.frames != rest) ||
        ia.samplerate != ib.samplerate ||
        sf_seek(fb, first, SEEK_SET) != first) {
        fprintf(stderr, "they differ in length or rate\n");
        return 1;
    }
    while ((n = sf_readf_float(fa, a, BLOCK)) > 0 &&
           sf_readf_float(fb, b, n) == n) {
        for (sf_count_t i = 0; i < 2 * n; i++) {
            double d = fabs((double)a[i] - (double)b[i]);
            loudest = fmax(loudest, fabs((double)b[i]));
            if (!(d <= worst)) { /* what is no number counts too */
                worst = isnan(d) ? HUGE_VAL : d;
                where = at + i / 2;
            }
        }
        at += n;
    }
    sf_close(fa);
    sf_close(fb);
    db = 20.0 * log10(worst + 1e-15);
    printf("largest difference %.1f dBFS at frame %lld of %lld, peak %.3f\n",
           db, (long long)where, (long long)at, loudest);
    return db <= atof(argv[3]) && at == ia.frames && loudest > 0.001 ? 0 : 1;
}
