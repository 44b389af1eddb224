// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/gates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DESIGN "DESIGN 3"
#define MUSIC  "music 12"
#define MUSIC7 "music 7"
#define GPU    "gpu 4.4" /* what to measure; the limit is this table's */

#define TEN_MIN 600
#define HOUR    3600

/* clang-format off */
#define GATE(key, min, max, needs, step, from) \
    {offsetof(struct figures, key), min, max, needs, step, from}
#define LEAST(key, min, ...) GATE(key, min, INFINITY, __VA_ARGS__)
#define MOST(key, max, ...)  GATE(key, -INFINITY, max, __VA_ARGS__)
#define NONE(key, from)      GATE(key, 0, 0, 0, 1, from)

/*
 * DESIGN: the levels and qualities of its section 3. Where the notes on music
 * ask otherwise (loudness of ten minutes within 1 LU), DESIGN holds. Shares,
 * ranges and spreads are only judged on the ten minutes they were made for.
 */
const struct gate gates[] = {
    GATE(lufs, -21, -19, HOUR, 0.5, DESIGN),
    LEAST(ten_min, -21.5, TEN_MIN, 0.5, DESIGN),
    MOST(ten_max, -18.5, TEN_MIN, 0.5, DESIGN),
    MOST(true_peak, -1, 0, 1, DESIGN),
    MOST(air_peak, -60, 0, 6, DESIGN),
    NONE(clicks, DESIGN),
    NONE(nans, DESIGN),
    NONE(infs, DESIGN),
    NONE(denormals, DESIGN),
    MOST(dc, -80, 10, 6, DESIGN),
    LEAST(corr_p5, 0.1, 60, 0.05, DESIGN),
    GATE(corr_p50, 0.3, 0.85, 60, 0.05, DESIGN),
    MOST(fold_worst, 4, 0, 0.5, DESIGN),
    LEAST(sd_growth, 1, TEN_MIN, 0.1, DESIGN),
    MOST(hole, 30, 0, 6, DESIGN),
    GATE(lra, 4, 15, TEN_MIN, 1, MUSIC),
    GATE(crest, 14, 22, TEN_MIN, 1, MUSIC),
    LEAST(bass_corr, 0.8, 60, 0.05, MUSIC),
    MOST(fold, 2, 60, 0.25, MUSIC),
    MOST(band[6], -14, TEN_MIN, 1, MUSIC),
    GATE(band[7], -55, -27, TEN_MIN, 2, MUSIC),
    MOST(air_share, 0.01, 0, 0.002, MUSIC),
    GATE(centroid, 450, 1500, TEN_MIN, 100, MUSIC),
    LEAST(sd_10min, 100, TEN_MIN, 20, MUSIC),
    MOST(silence, 10, 0, 2, MUSIC),
    MOST(sim_mean_2min, 0.35, TEN_MIN, 0.1, MUSIC),
    MOST(flatness, 0.2, 0, 0.04, MUSIC7),
    MOST(grid64_excess, 1, 0, 0.2, GPU),
    MOST(grid1024_excess, 1, 0, 0.2, GPU),
    MOST(grid64_level, 0.3, 60, 0.06, GPU),
    MOST(grid1024_level, 0.3, 60, 0.06, GPU),
    {0},
};
/* clang-format on */

const char *const gates_verdict_names[] = {"pass", "FAIL", "short", "waived"};

static bool is_waived(const char *key, const char *waived)
{
    size_t n = strlen(key);

    while (waived && *waived) {
        size_t word = strcspn(waived, ",");
        if (word == n && !strncmp(waived, key, n))
            return true;
        waived += word + (waived[word] == ',');
    }
    return false;
}

double gates_margin(const struct gate *g, const struct figures *f)
{
    double x = figures_get(f, g->offset);

    if (isnan(x))
        return -INFINITY;
    /* fmin() passes over the NaN of two infinities: no limit there */
    return fmin(x - g->min, g->max - x) / g->step;
}

enum gates_verdict gates_judge(const struct gate *g, const struct figures *f,
                               const char *waived)
{
    if (f->seconds < g->needs)
        return GATES_SHORT;
    if (gates_margin(g, f) >= 0)
        return GATES_PASS;
    return is_waived(figures_field_at(g->offset)->key, waived) ? GATES_WAIVED
                                                               : GATES_FAIL;
}

const struct gate *gates_worst(const struct figures *f, const char *waived)
{
    const struct gate *worst = NULL;

    for (const struct gate *g = gates; g->from; g++) {
        enum gates_verdict v = gates_judge(g, f, waived);
        bool exact = g->min == g->max; /* has no margin to come near to */
        if (v == GATES_SHORT || v == GATES_WAIVED || (exact && v == GATES_PASS))
            continue;
        if (!worst || gates_margin(g, f) < gates_margin(worst, f))
            worst = g;
    }
    return worst;
}

size_t gates_failed(const struct figures *f, const char *waived)
{
    size_t n = 0;

    for (const struct gate *g = gates; g->from; g++)
        n += gates_judge(g, f, waived) == GATES_FAIL;
    return n;
}

bool gates_known(const char *waived, const char **bad)
{
    for (const char *w = waived; w && *w;) {
        size_t word = strcspn(w, ",");
        const struct gate *g = gates;
        while (g->from) {
            const char *key = figures_field_at(g->offset)->key;
            if (strlen(key) == word && !strncmp(key, w, word))
                break;
            g++;
        }
        *bad = w;
        if (!g->from)
            return false;
        w += word + (w[word] == ',');
    }
    return true;
}

void gates_allowed(const struct gate *g, char *text, size_t size)
{
    int decimals = figures_field_at(g->offset)->decimals;

    decimals = decimals > 2 ? 2 : decimals;
    if (g->min == g->max)
        snprintf(text, size, "%.0f", g->min);
    else if (isinf(g->min))
        snprintf(text, size, "up to %.*f", decimals, g->max);
    else if (isinf(g->max))
        snprintf(text, size, "at least %.*f", decimals, g->min);
    else
        snprintf(text, size, "%.*f to %.*f", decimals, g->min, decimals,
                 g->max);
}
