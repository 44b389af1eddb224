// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/measure/measure.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/bench/measure/air.h"
#include "tests/bench/measure/click.h"
#include "tests/bench/measure/grid.h"
#include "tests/bench/measure/level.h"
#include "tests/bench/measure/loudness.h"
#include "tests/bench/measure/spectrum.h"
#include "tests/bench/measure/stereo.h"

#define PIECE 4096 /* frames cleaned at a time */

struct measure {
    double rate;
    struct loudness *loudness;
    struct level level;
    struct stereo stereo;
    struct air air;
    struct click click;
    struct grid grid;
    struct spectrum spectrum;
    float clean[2 * PIECE];
};

int measure_new(struct measure **out, double rate)
{
    struct measure *m = calloc(1, sizeof(*m));
    int err;

    *out = m;
    if (!m)
        return -ENOMEM;
    m->rate = rate;
    level_init(&m->level, rate);
    stereo_init(&m->stereo, rate);
    air_init(&m->air, rate);
    click_init(&m->click, rate);
    grid_init(&m->grid);
    err = spectrum_init(&m->spectrum, rate);
    if (!err)
        err = loudness_new(&m->loudness, rate);
    if (err)
        measure_free(out);
    return err;
}

void measure_free(struct measure **m)
{
    if (!*m)
        return;
    loudness_free(&(*m)->loudness);
    level_fini(&(*m)->level);
    stereo_fini(&(*m)->stereo);
    spectrum_fini(&(*m)->spectrum);
    free(*m);
    *m = NULL;
}

int measure_add(struct measure *m, const float *x, size_t frames)
{
    int err = 0;

    for (size_t n; frames && !err; x += 2 * n, frames -= n) {
        n = frames < PIECE ? frames : PIECE;
        level_clean(&m->level, m->clean, x, n);
        level_add(&m->level, m->clean, n);
        stereo_add(&m->stereo, m->clean, n);
        air_add(&m->air, m->clean, n);
        click_add(&m->click, m->clean, n);
        grid_add(&m->grid, m->clean, n);
        spectrum_add(&m->spectrum, m->clean, n);
        err = loudness_add(m->loudness, m->clean, n);
    }
    return err;
}

int measure_end(struct measure *m, struct figures *out)
{
    int err;

    *out = (struct figures){.rate = m->rate};
    if (!m->level.frames)
        return -ENODATA;
    air_end(&m->air, out);
    click_end(&m->click, out);
    grid_end(&m->grid, out);
    err = level_end(&m->level, out);
    if (!err)
        err = stereo_end(&m->stereo, out);
    if (!err)
        err = spectrum_end(&m->spectrum, out);
    if (!err)
        err = loudness_end(m->loudness, out);
    if (err)
        figures_fini(out);
    return err;
}
