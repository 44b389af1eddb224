// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/spectrum.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define SIZE_S      (8192.0 / 48000)
#define HOP_S       0.25
#define COLUMNS_S   4    /* per second */
#define FAINT       1e-7 /* -70 dBFS */
#define CENTROID_LO 20.0 /* Hz */
#define AIR_HZ      16000.0
#define FLAT_LO     50.0
#define FLAT_HI     12000.0
/* Under 200 Hz a bin is wider than a quarter tone. */
#define CHROMA_LO 200.0
#define CHROMA_HI 5000.0
#define BANDS_LO  50.0
#define BANDS_HI  12800.0
#define DB_FLOOR  -100.0

static size_t first_bin(const struct spectrum *s, double hz, size_t bins)
{
    double k = ceil(hz / s->bin_hz);

    return k < (double)bins ? (size_t)k : bins;
}

static double sum(const double *power, size_t from, size_t to)
{
    double all = 0;

    for (size_t k = from; k < to; k++)
        all += power[k];
    return all;
}

static double centroid(const struct spectrum *s, const double *power,
                       size_t bins)
{
    size_t end = first_bin(s, AIR_HZ, bins);
    double weighted = 0, all = 0;

    for (size_t k = first_bin(s, CENTROID_LO, bins); k < end; k++) {
        double a = sqrt(power[k]);
        weighted += a * (double)k * s->bin_hz;
        all += a;
    }
    return weighted / all;
}

/* Geometric over arithmetic mean of the power. */
static double flatness(const struct spectrum *s, const double *power,
                       size_t bins)
{
    size_t from = first_bin(s, FLAT_LO, bins), to = first_bin(s, FLAT_HI, bins);
    double logs = 0, n = (double)(to - from);

    for (size_t k = from; k < to; k++)
        logs += log(power[k] + 1e-30);
    return exp(logs / n) / (sum(power, from, to) / n + 1e-30);
}

/* Amplitude by pitch class in quarter tones, its sum 1. */
static void add_chroma(const struct spectrum *s, const double *power,
                       size_t bins, double *out)
{
    double c[SIMILAR_CHROMA] = {0}, all = 0;
    size_t end = first_bin(s, CHROMA_HI, bins);

    for (size_t k = first_bin(s, CHROMA_LO, bins); k < end; k++) {
        double octaves = log2((double)k * s->bin_hz / CHROMA_LO);
        double place = (octaves - floor(octaves)) * SIMILAR_CHROMA + 0.5;
        double a = sqrt(power[k]);
        c[(size_t)place % SIMILAR_CHROMA] += a;
        all += a;
    }
    for (size_t i = 0; i < SIMILAR_CHROMA && all > 0; i++)
        out[i] += c[i] / all / COLUMNS_S;
}

/* Level in dB of bands of a quarter of an octave. */
static void add_bands(const struct spectrum *s, const double *power,
                      size_t bins, double *out)
{
    for (size_t i = 0; i < SIMILAR_BANDS; i++) {
        double step = log(BANDS_HI / BANDS_LO) / SIMILAR_BANDS;
        size_t from = first_bin(s, BANDS_LO * exp(step * (double)i), bins);
        size_t to = first_bin(s, BANDS_LO * exp(step * (double)(i + 1)), bins);
        double all = sum(power, from, to > from || to == bins ? to : from + 1);
        out[i] += fmax(figures_db_power(all), DB_FLOOR) / COLUMNS_S;
    }
}

static void column(void *ctx, const double *power, size_t bins)
{
    struct spectrum *s = ctx;
    size_t air = first_bin(s, AIR_HZ, bins);
    double all = sum(power, 1, bins);

    for (size_t i = 0; i < FIGURES_BANDS; i++)
        s->band[i] += sum(power, first_bin(s, figures_band_edge[i], bins),
                          first_bin(s, figures_band_edge[i + 1], bins));
    s->air += sum(power, air, bins);
    s->all += all;
    if (all > FAINT) {
        series_push(&s->centroid, centroid(s, power, bins));
        s->flatness += flatness(s, power, bins);
        s->sounding++;
    } else {
        series_push(&s->centroid, NAN);
    }
    add_chroma(s, power, bins, s->feature);
    add_bands(s, power, bins, s->feature + SIMILAR_CHROMA);
    if (++s->columns % COLUMNS_S == 0) {
        similar_add(&s->similar, s->feature);
        memset(s->feature, 0, sizeof(s->feature));
    }
}

int spectrum_init(struct spectrum *s, double rate)
{
    size_t size = 2 * (size_t)lround(SIZE_S * rate / 2);

    *s = (struct spectrum){.bin_hz = rate / (double)size};
    return stft_init(&s->stft, size, (size_t)lround(HOP_S * rate), column, s);
}

void spectrum_fini(struct spectrum *s)
{
    stft_fini(&s->stft);
    series_fini(&s->centroid);
    similar_fini(&s->similar);
}

void spectrum_add(struct spectrum *s, const float *x, size_t frames)
{
    stft_add(&s->stft, x, frames);
}

/* The mean over whole windows of the centroid's sd in each; NaN: none fits. */
static double spread(const struct series *c, size_t seconds)
{
    size_t window = seconds * COLUMNS_S, used = 0;
    struct series inside = {0};
    double all = 0;

    for (size_t at = 0; at + window <= c->n; at += window) {
        inside.n = 0;
        for (size_t i = at; i < at + window; i++)
            if (!isnan(c->v[i]))
                series_push(&inside, c->v[i]);
        if (2 * inside.n < window)
            continue;
        all += series_sd(inside.v, inside.n);
        used++;
    }
    series_fini(&inside);
    return used ? all / (double)used : NAN;
}

static double mean_centroid(const struct series *c)
{
    double all = 0;
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        if (!isnan(c->v[i])) {
            all += c->v[i];
            n++;
        }
    return n ? all / (double)n : NAN;
}

int spectrum_end(struct spectrum *s, struct figures *out)
{
    double shorter, longer;

    out->centroid = mean_centroid(&s->centroid);
    out->sd_10s = spread(&s->centroid, 10);
    out->sd_1min = spread(&s->centroid, 60);
    out->sd_10min = spread(&s->centroid, 600);
    shorter = out->sd_1min / out->sd_10s;
    longer = out->sd_10min / out->sd_1min;
    out->sd_growth = isnan(longer) ? NAN : fmin(shorter, longer);
    for (size_t i = 0; i < FIGURES_BANDS; i++)
        out->band[i] = figures_db_power(s->band[i] / s->all);
    out->flatness = s->flatness / (double)s->sounding;
    out->air_share = 100 * s->air / s->all;
    if (s->centroid.failed)
        return -ENOMEM;
    return similar_end(&s->similar, out);
}
