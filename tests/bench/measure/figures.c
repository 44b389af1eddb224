// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/figures.h"

#include <math.h>
#include <string.h>

const double figures_band_edge[FIGURES_BANDS + 1] = {
    20, 60, 120, 250, 500, 1000, 2000, 5000, 16000};

/* clang-format off */
#define FIELD(key, label, unit, decimals) \
    {#key, label, unit, decimals, offsetof(struct figures, key)}
#define BAND(i, name, label) \
    {"band_" name, label, "dB", 1, \
     offsetof(struct figures, band) + (i) * sizeof(double)}

const struct figures_field figures_fields[] = {
    FIELD(seconds, "length", "s", 1),
    FIELD(rate, "sample rate", "Hz", 0),
    FIELD(lufs, "loudness, integrated", "LUFS", 2),
    FIELD(lra, "loudness range", "LU", 1),
    FIELD(true_peak, "true peak", "dBTP", 2),
    FIELD(ten_min, "softest ten minutes", "LUFS", 2),
    FIELD(ten_max, "loudest ten minutes", "LUFS", 2),
    FIELD(ten_spread, "spread of ten minutes", "LU", 2),
    FIELD(rms, "RMS", "dBFS", 2),
    FIELD(peak, "sample peak", "dBFS", 2),
    FIELD(crest, "crest", "dB", 1),
    FIELD(dc, "DC", "dBFS", 1),
    FIELD(silence, "longest silence", "s", 0),
    FIELD(hole, "longest stretch 25 dB under the mean", "s", 0),
    FIELD(nans, "NaN", "", 0),
    FIELD(infs, "infinite", "", 0),
    FIELD(denormals, "denormal", "", 0),
    FIELD(corr_p5, "correlation, 5th percentile", "", 2),
    FIELD(corr_p50, "correlation, median", "", 2),
    FIELD(corr_p95, "correlation, 95th percentile", "", 2),
    FIELD(bass_corr, "correlation under 120 Hz", "", 2),
    FIELD(bass_corr_p5, "the same, 5th percentile", "", 2),
    FIELD(fold, "lost by mono", "dB", 2),
    FIELD(fold_worst, "lost by mono, worst second", "dB", 2),
    FIELD(fold_worst_at, "  at", "s", 0),
    FIELD(air_peak, "loudest above 16 kHz", "dBFS", 1),
    FIELD(air_peak_at, "  at", "s", 2),
    FIELD(air_share, "power above 16 kHz", "%", 6),
    FIELD(clicks, "clicks", "", 0),
    FIELD(click_first, "  the first at", "s", 4),
    FIELD(click_worst, "  least likely residual (click: 1)", "", 2),
    FIELD(grid64, "outliers on the 64-frame grid", "", 0),
    FIELD(grid1024, "outliers on the 1024-frame grid", "", 0),
    FIELD(grid_else, "outliers elsewhere", "", 0),
    FIELD(grid64_excess, "  beyond chance, 64", "", 1),
    FIELD(grid1024_excess, "  beyond chance, 1024", "", 1),
    FIELD(grid64_level, "roughness on the 64-frame grid", "dB", 2),
    FIELD(grid1024_level, "roughness on the 1024-frame grid", "dB", 2),
    FIELD(centroid, "centroid of the amplitude", "Hz", 0),
    FIELD(sd_10s, "  its spread within 10 s", "Hz", 0),
    FIELD(sd_1min, "  within 1 min", "Hz", 0),
    FIELD(sd_10min, "  within 10 min", "Hz", 0),
    FIELD(sd_growth, "  least growth", "", 2),
    BAND(0, "20_60", "power 20 to 60 Hz"),
    BAND(1, "60_120", "power 60 to 120 Hz"),
    BAND(2, "120_250", "power 120 to 250 Hz"),
    BAND(3, "250_500", "power 250 to 500 Hz"),
    BAND(4, "500_1k", "power 500 to 1k Hz"),
    BAND(5, "1k_2k", "power 1k to 2k Hz"),
    BAND(6, "2k_5k", "power 2k to 5k Hz"),
    BAND(7, "5k_16k", "power 5k to 16k Hz"),
    FIELD(flatness, "flatness, 50 Hz to 12 kHz", "", 6),
    FIELD(sim_mean, "self-similarity, best lag from 1 min: mean", "", 2),
    FIELD(sim_max, "  the most alike pair there", "", 2),
    FIELD(sim_lag, "  the lag", "s", 0),
    FIELD(sim_mean_2min, "self-similarity, best lag from 2 min: mean", "", 2),
    FIELD(sim_lag_2min, "  the lag", "s", 0),
    FIELD(sim_peak, "the most alike pair at any lag", "", 2),
    FIELD(sim_peak_lag, "  the lag", "s", 0),
    {NULL},
};
/* clang-format on */

double figures_get(const struct figures *f, size_t offset)
{
    double x;

    memcpy(&x, (const char *)f + offset, sizeof(x));
    return x;
}

const struct figures_field *figures_field_at(size_t offset)
{
    const struct figures_field *f = figures_fields;

    while (f->key && f->offset != offset)
        f++;
    return f;
}

void figures_fini(struct figures *f)
{
    series_fini(&f->tens);
}

double figures_db_power(double p)
{
    return p <= 0 ? -INFINITY : 10 * log10(p);
}

double figures_db_amp(double a)
{
    return figures_db_power(a * a);
}
