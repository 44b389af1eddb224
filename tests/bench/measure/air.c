// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/air.h"

#include <math.h>

#define AIR_HZ    16000.0
#define AIR_ORDER 12
#define RATE_MIN  40000.0
#define WINDOW_S  0.01 /* a maximum over 10 ms; also how long it settles */

void air_init(struct air *a, double rate)
{
    *a = (struct air){.there = rate >= RATE_MIN,
                      .settle = (size_t)(WINDOW_S * rate),
                      .rate = rate};
    for (int c = 0; c < 2 && a->there; c++)
        biquad_init(&a->high[c], AIR_ORDER, true, AIR_HZ, rate);
}

void air_add(struct air *a, const float *x, size_t frames)
{
    for (size_t i = 0; i < frames && a->there; i++, a->at++) {
        double left = fabs(biquad_step(&a->high[0], x[2 * i]));
        double right = fabs(biquad_step(&a->high[1], x[2 * i + 1]));
        double y = left > right ? left : right;
        if (a->settle) /* a piece may begin in the middle of a sound */
            a->settle--;
        else if (y > a->peak) {
            a->peak = y;
            a->peak_at = (double)a->at / a->rate;
        }
    }
}

void air_end(const struct air *a, struct figures *out)
{
    /* The largest of the maxima of all 10 ms is the largest sample. */
    out->air_peak = a->there ? figures_db_amp(a->peak) : NAN;
    out->air_peak_at = a->there ? floor(a->peak_at / WINDOW_S) * WINDOW_S : NAN;
}
