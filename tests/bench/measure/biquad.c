// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/biquad.h"

#include <math.h>

void biquad_init(struct biquad *f, int order, bool high_pass, double hz,
                 double rate)
{
    double w = 2 * M_PI * hz / rate;

    *f = (struct biquad){.sections = order / 2};
    for (int i = 0; i < f->sections; i++) {
        double q = 0.5 / cos(M_PI * (2 * i + 1) / (2 * order));
        double alpha = sin(w) / (2 * q), a0 = 1 + alpha;
        double edge = (high_pass ? 1 + cos(w) : 1 - cos(w)) / a0;
        f->b[i][0] = f->b[i][2] = edge / 2;
        f->b[i][1] = high_pass ? -edge : edge;
        f->a[i][0] = -2 * cos(w) / a0;
        f->a[i][1] = (1 - alpha) / a0;
    }
}

double biquad_step(struct biquad *f, double x)
{
    for (int i = 0; i < f->sections; i++) {
        double y = f->b[i][0] * x + f->z[i][0];
        f->z[i][0] = f->b[i][1] * x - f->a[i][0] * y + f->z[i][1];
        f->z[i][1] = f->b[i][2] * x - f->a[i][1] * y;
        x = y;
    }
    return x;
}
