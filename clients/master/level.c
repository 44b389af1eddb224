// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/master/level.h"

#include <math.h>
#include <stdbool.h>

void level_init(struct level *l, double target)
{
    *l = (struct level){.target = target};
}

/* The loudness of what counted lately, LUFS; false where nothing did. Summed
   anew each time, so that no rounding adds up over months. */
static bool view_loudness(const struct level *l, double *out)
{
    double sum = 0;
    uint32_t n = 0;

    for (uint32_t i = 0; i < LEVEL_VIEW; i++) {
        sum += l->view[i];
        n += l->view[i] > 0;
    }
    *out = n ? 10 * log10(sum / n) : 0;
    return n > 0;
}

static double within(double x, double limit)
{
    return fmax(-limit, fmin(limit, x));
}

double level_step(struct level *l, double short_term)
{
    bool counts = short_term >= LEVEL_GATE;
    double loudness;

    l->view[l->at] = counts ? pow(10, short_term / 10) : 0;
    l->at = (l->at + 1) % LEVEL_VIEW;
    if (counts && view_loudness(l, &loudness)) {
        double wanted = within(l->target - loudness, LEVEL_RANGE_DB);
        l->gain_db +=
            within(wanted - l->gain_db, LEVEL_SLOPE / LEVEL_STEPS_PER_S);
    }
    return l->gain_db;
}
