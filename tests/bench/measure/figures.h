// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What is measured of a piece: plain numbers, NaN where the piece is too short
 * (or its rate too low) to say. Levels are in dB relative to full scale (an
 * amplitude of 1), loudness in LUFS, times in s from the piece's first frame.
 */
#ifndef MEASURE_FIGURES_H
#define MEASURE_FIGURES_H

#include "tests/bench/measure/series.h"

#define FIGURES_BANDS 8

/* Edges of the bands, Hz. */
extern const double figures_band_edge[FIGURES_BANDS + 1];

struct figures {
    double seconds, rate; /* s, Hz */

    /* loudness.h */
    double lufs;        /* integrated */
    double lra;         /* LU, loudness range */
    double true_peak;   /* dBTP, of the louder channel */
    double ten_min;     /* LUFS, the softest of any ten minutes */
    double ten_max;     /* LUFS, the loudest of any ten minutes */
    double ten_spread;  /* LU, between the two */
    struct series tens; /* LUFS, from 0, 10, 20... min, whole ones only */

    /* level.h */
    double rms, peak; /* dBFS */
    double crest;     /* dB, peak over RMS */
    double dc;        /* dBFS, of the worse channel */
    double silence;   /* s, longest run of seconds under -50 dBFS */
    double hole;      /* s, longest run 25 dB or more under the mean */
    double nans, infs, denormals; /* counts of samples */

    /* stereo.h */
    double corr_p5, corr_p50, corr_p95; /* of the seconds above -70 dBFS */
    double bass_corr;                   /* under 120 Hz, over the piece */
    double bass_corr_p5;                /* the same, of the seconds */
    double fold;                        /* dB lost by mono, over the piece */
    double fold_worst, fold_worst_at;   /* dB, s: the worst second */

    /* air.h */
    double air_peak, air_peak_at; /* dBFS, s: loudest 10 ms above 16 kHz */

    /* click.h */
    double clicks, click_first; /* count, s */
    double click_worst; /* the least likely residual; a click from 1 on */

    /* grid.h */
    double grid64, grid1024;               /* outliers on the grids, a count */
    double grid_else;                      /* outliers elsewhere, a count */
    double grid64_excess, grid1024_excess; /* more than chance gives */
    double grid64_level,
        grid1024_level; /* dB, roughness there over elsewhere */

    /* spectrum.h */
    double centroid;                  /* Hz, of the amplitude spectrum */
    double sd_10s, sd_1min, sd_10min; /* Hz, its spread within windows */
    double sd_growth; /* the smaller of sd_1min/sd_10s and sd_10min/sd_1min */
    double band[FIGURES_BANDS]; /* dB of the whole power */
    double flatness;            /* 0 to 1, 50 Hz to 12 kHz */
    double air_share;           /* %, power above 16 kHz */

    /* similar.h */
    double sim_mean, sim_max, sim_lag;  /* best lag from 60 s: mean, max, s */
    double sim_mean_2min, sim_lag_2min; /* the same from 120 s */
    double sim_peak, sim_peak_lag;      /* the most alike pair at any lag, s */
};

/* One number of struct figures, for reports. */
struct figures_field {
    const char *key;   /* in JSON and in the gates; NULL ends a table */
    const char *label; /* for people */
    const char *unit;  /* "" for a ratio or a count */
    int decimals;
    size_t offset; /* of the double in struct figures */
};

/* All of them, in the order of a report. */
extern const struct figures_field figures_fields[];

double figures_get(const struct figures *f, size_t offset);

/* The field at that offset, which has to be one. */
const struct figures_field *figures_field_at(size_t offset);

/* Frees what the figures hold. */
void figures_fini(struct figures *f);

/*
 * 10 log10 of a power and 20 log10 of an amplitude; -inf up to 0, NaN for
 * NaN.
 */
double figures_db_power(double p);
double figures_db_amp(double a);

#endif
