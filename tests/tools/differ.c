// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * differ A.wav B.wav PEAK [RMS [SKIP]]: the difference of two sound files after
 * their first SKIP seconds, dBFS: its RMS, its largest sample and where that
 * is; the loudest sample of B; and how many blocks of 256 frames are the same
 * to the bit, as those of one renderer are and those of two are not.
 * Exit 0 if the difference is PEAK and RMS dBFS at most; 1 if more, if the
 * files aren't alike in length, rate and channels, or if B is silent.
 */
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 256 /* frames */

struct difference {
    double worst, loudest, squares;
    sf_count_t where, frames, blocks, same;
};

static SNDFILE *open_stereo(const char *path, SF_INFO *info)
{
    SNDFILE *f = sf_open(path, SFM_READ, info);

    if (!f || info->channels != 2) {
        fprintf(stderr, "%s: not a stereo sound file\n", path);
        exit(1);
    }
    return f;
}

static void add(struct difference *x, const float *a, const float *b,
                sf_count_t n)
{
    for (sf_count_t i = 0; i < 2 * n; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        x->squares += d * d;
        x->loudest = fmax(x->loudest, fabs((double)b[i]));
        if (!(d <= x->worst)) { /* what is no number counts too */
            x->worst = isnan(d) ? HUGE_VAL : d;
            x->where = x->frames + i / 2;
        }
    }
    x->frames += n;
    x->blocks++;
    x->same += !memcmp(a, b, 2 * (size_t)n * sizeof(*a));
}

int main(int argc, char **argv)
{
    float a[2 * BLOCK], b[2 * BLOCK];
    SF_INFO ia = {0}, ib = {0};
    struct difference x = {0};
    double peak, rms;
    sf_count_t n, skip;

    if (argc < 4 || argc > 6)
        return 1;
    SNDFILE *fa = open_stereo(argv[1], &ia), *fb = open_stereo(argv[2], &ib);
    if (ia.frames != ib.frames || ia.samplerate != ib.samplerate) {
        fprintf(stderr, "they differ in length or rate\n");
        return 1;
    }
    skip = argc > 5 ? (sf_count_t)(atof(argv[5]) * ia.samplerate) : 0;
    sf_seek(fa, skip, SEEK_SET);
    sf_seek(fb, skip, SEEK_SET);
    while ((n = sf_readf_float(fa, a, BLOCK)) > 0 &&
           sf_readf_float(fb, b, BLOCK) == n)
        add(&x, a, b, n);
    sf_close(fa);
    sf_close(fb);
    peak = 20.0 * log10(x.worst + 1e-15);
    rms = 10.0 * log10(x.squares / (2.0 * (double)x.frames) + 1e-30);
    printf("difference %.1f dBFS RMS, %.1f dBFS at most, at frame %lld of "
           "%lld; peak %.3f; %lld of %lld blocks the same\n",
           rms, peak, (long long)x.where, (long long)x.frames, x.loudest,
           (long long)x.same, (long long)x.blocks);
    if (!(peak <= atof(argv[3])) || (argc > 4 && !(rms <= atof(argv[4]))))
        return 1;
    return x.frames == ia.frames - skip && x.loudest > 0.001 ? 0 : 1;
}
