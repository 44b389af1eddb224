// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * differ [OPTIONS] A.wav B.wav PEAK: the difference of two sound files, dBFS:
 * its RMS, its largest sample and where that is; the loudest sample of B; and
 * how many blocks of 256 frames are the same to the bit, as those of one
 * renderer are and those of two are not.
 *   --rms DB      the RMS may be this at most
 *   --skip S      the first S seconds of both don't count
 *   --from FRAME  A is a part of B, from that frame on
 * Exit 0 if the difference is PEAK and RMS dBFS at most; 1 if more, if the
 * files aren't alike in length, rate and channels, or if B is silent.
 */
#include <getopt.h>
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
    static const struct option options[] = {
        {"rms", required_argument, NULL, 'r'},
        {"skip", required_argument, NULL, 's'},
        {"from", required_argument, NULL, 'f'},
        {0}};
    float a[2 * BLOCK], b[2 * BLOCK];
    SF_INFO ia = {0}, ib = {0};
    SNDFILE *fa, *fb;
    struct difference x = {0};
    double peak, rms, rms_most = HUGE_VAL, skip_s = 0.0;
    sf_count_t n, skip, from = -1;
    int c;

    while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (c == 'r')
            rms_most = atof(optarg);
        else if (c == 's')
            skip_s = atof(optarg);
        else if (c == 'f')
            from = atoll(optarg);
        else
            return 2;
    }
    if (argc - optind != 3)
        return 2;
    fa = open_stereo(argv[optind], &ia);
    fb = open_stereo(argv[optind + 1], &ib);
    skip = (sf_count_t)(skip_s * ia.samplerate);
    n = from < 0 ? ib.frames : ib.frames - from;
    if ((from < 0 ? ia.frames != n : ia.frames > n) ||
        ia.samplerate != ib.samplerate) {
        fprintf(stderr, "differ: lengths or rates differ\n");
        return 1;
    }
    sf_seek(fa, skip, SEEK_SET);
    sf_seek(fb, (from < 0 ? 0 : from) + skip, SEEK_SET);
    while ((n = sf_readf_float(fa, a, BLOCK)) > 0 &&
           sf_readf_float(fb, b, n) == n)
        add(&x, a, b, n);
    sf_close(fa);
    sf_close(fb);
    peak = 20.0 * log10(x.worst + 1e-15);
    rms = 10.0 * log10(x.squares / (2.0 * (double)x.frames) + 1e-30);
    printf("difference %.1f dBFS RMS, %.1f dBFS at most, at frame %lld of "
           "%lld; peak %.3f; %lld of %lld blocks the same\n",
           rms, peak, (long long)x.where, (long long)x.frames, x.loudest,
           (long long)x.same, (long long)x.blocks);
    if (!(peak <= atof(argv[optind + 2])) || !(rms <= rms_most))
        return 1;
    return x.frames == ia.frames - skip && x.loudest > 0.001 ? 0 : 1;
}
