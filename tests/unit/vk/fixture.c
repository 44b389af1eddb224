// SPDX-License-Identifier: GPL-3.0-or-later
#include "fixture.h"

#include <math.h>
#include <string.h>

#define TWO_PI 6.283185307179586476925286766559
#define CYCLE  18446744073709551616.0 /* 2^64 */

uint64_t fixture_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double fixture_uniform(uint64_t *state)
{
    return (double)(fixture_next(state) >> 11) * 0x1p-53;
}

static struct scene_partial random_partial(uint64_t *state, double gain,
                                           const struct fixture *f)
{
    double hz = 20.0 * pow(1000.0, fixture_uniform(state));
    uint64_t inc = (uint64_t)(hz / 48000.0 * CYCLE);
    uint64_t phase = fixture_next(state);
    uint64_t pick = fixture_next(state);

    if (pick % 97 == 0)
        inc = 0;
    phase += inc * (uint64_t)f->first;
    return (struct scene_partial){
        .phase_lo = (uint32_t)phase,
        .phase_hi = (uint32_t)(phase >> 32),
        .inc_lo = (uint32_t)inc,
        .inc_hi = (uint32_t)(inc >> 32),
        .gain_l = (float)(gain * (2.0 * fixture_uniform(state) - 1.0)),
        .gain_rs = (float)(gain * (2.0 * fixture_uniform(state) - 1.0)),
        .gain_rc = (float)(gain * (2.0 * fixture_uniform(state) - 1.0)),
        .band = (uint32_t)(pick >> 32) % f->n_bands,
    };
}

void fixture_fill(struct scene *s, const struct fixture *f)
{
    uint64_t state = f->seed;
    uint32_t at = 0;

    s->first = f->first;
    s->n_bands = f->n_bands;
    for (uint32_t b = 0; b < BUS_COUNT; b++) {
        s->bus_first[b] = at;
        for (uint32_t i = 0; i < f->n[b]; i++)
            s->partials[at++] = random_partial(&state, 0.4 / sqrt(f->n[b]), f);
    }
    s->bus_first[BUS_COUNT] = at;
    for (uint32_t b = 0; b < f->n_bands; b++)
        for (uint32_t k = 0; k < SCENE_POINTS; k++) {
            double v = fixture_uniform(&state);
            s->bands[b].level[k] = v < 1.0 / 3.0 ? 0.0f : (float)v;
        }
}

void fixture_oracle(const struct scene *s, double x[BUS_COUNT][2][SCENE_CHUNK])
{
    memset(x, 0, sizeof(double) * BUS_COUNT * 2 * SCENE_CHUNK);
    for (uint32_t b = 0; b < BUS_COUNT; b++)
        for (uint32_t i = s->bus_first[b]; i < s->bus_first[b + 1]; i++) {
            const struct scene_partial *p = &s->partials[i];
            const float *level = s->bands[p->band].level;
            uint64_t phase = (uint64_t)p->phase_hi << 32 | p->phase_lo;
            uint64_t inc = (uint64_t)p->inc_hi << 32 | p->inc_lo;
            for (uint32_t n = 0; n < SCENE_CHUNK; n++, phase += inc) {
                uint32_t k = n / SCENE_GRID;
                double t = (double)(n % SCENE_GRID) / SCENE_GRID;
                double a = (1.0 - t) * level[k] + t * level[k + 1];
                double turn = TWO_PI * ((double)phase / CYCLE);
                x[b][0][n] += a * p->gain_l * sin(turn);
                x[b][1][n] +=
                    a * (p->gain_rs * sin(turn) + p->gain_rc * cos(turn));
            }
        }
}
