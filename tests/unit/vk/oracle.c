// SPDX-License-Identifier: GPL-3.0-or-later
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vk/partial.h"

#define TWO_PI 6.283185307179586476925286766559
#define CYCLE  18446744073709551616.0 /* 2^64 */

uint64_t oracle_next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

double oracle_uniform(uint64_t *state)
{
    return (double)(oracle_next(state) >> 11) * 0x1p-53;
}

static uint32_t below(uint64_t *state, uint32_t n)
{
    return (uint32_t)(oracle_next(state) >> 32) % n;
}

/* One of the kinds wanted, or 0. */
static uint32_t random_kind(uint64_t *state, uint32_t kinds)
{
    uint32_t kind = 1u << below(state, 6);

    return kind & kinds;
}

static struct scene_note random_note(uint64_t *state,
                                     const struct oracle_shape *shape,
                                     uint32_t kind)
{
    struct scene_note n = {
        .key_lo = (uint32_t)oracle_next(state),
        .key_hi = (uint32_t)oracle_next(state),
        .n_bands = 1 + below(state, shape->bands),
        .n_members = 1 + below(state, shape->members),
        .pan_power = 0.4f + (float)oracle_uniform(state),
    };

    if (kind == ORACLE_TOGETHER)
        n.flags = NOTE_TOGETHER;
    if (kind == ORACLE_PAIRS) {
        n.flags = NOTE_PAIR;
        n.n_members = 2;
    }
    if (kind == ORACLE_CASCADES)
        n.flags = NOTE_CASCADE;
    if (kind == ORACLE_GRAINS) {
        n.flags = NOTE_MOD_BY_BAND;
        n.n_members = 1 + below(state, 2);
    }
    if (kind == ORACLE_MODULATED)
        n.n_mods = 1 + below(state, 5);
    if (kind == ORACLE_GRAINS)
        n.n_mods = n.n_bands;
    n.n_thin = (n.n_members + 2) / 3;
    return n;
}

static void random_band(struct scene_band *b, uint64_t *state, uint32_t kind,
                        double level, const struct oracle_shape *shape)
{
    double hz = 20.0 * pow(1000.0, oracle_uniform(state));
    uint64_t inc = (uint64_t)(hz / 48000.0 * CYCLE);
    uint64_t age = (uint64_t)(shape->first + below(state, 480000));
    uint32_t from = 0, to = SCENE_POINTS;

    if (below(state, 97) == 0)
        inc = 0;
    if (kind == ORACLE_GRAINS) {
        from = below(state, SCENE_POINTS);
        to = from + 1 + below(state, 6);
    }
    *b = (struct scene_band){
        .inc_lo = (uint32_t)inc,
        .inc_hi = (uint32_t)(inc >> 32),
        .age_lo = (uint32_t)age,
        .age_hi = (uint32_t)(age >> 32),
        .hash = (uint32_t)oracle_next(state),
        .spread = partial_spread(20.0 * oracle_uniform(state)),
        .beat = (int32_t)(0.3 / 48000.0 * 0x1p32 * oracle_uniform(state)),
        .ratio = 1.0f + 19.0f * (float)oracle_uniform(state),
        .pan = 2.0f * (float)oracle_uniform(state) - 1.0f,
        .width = (float)oracle_uniform(state),
        .delay = 3.0f * (float)oracle_uniform(state),
        .core = below(state, 3) == 0 ? (float)oracle_uniform(state) : 0.0f,
    };
    for (uint32_t k = 0; k < SCENE_POINTS; k++) {
        double v = oracle_uniform(state);
        if (v > 1.0 / 3.0 && k >= from && k < to)
            b->level[k] = (float)(v * level);
    }
}

static void add_note(struct scene *s, uint64_t *state,
                     const struct oracle_shape *shape, double level)
{
    uint32_t kind = random_kind(state, shape->kinds);
    struct scene_note n = random_note(state, shape, kind);
    struct scene_band *bands;
    struct scene_mod *mods;

    if (scene_add(s, &n, &bands, &mods) < 0)
        abort();
    level /= sqrt(n.n_bands);
    for (uint32_t h = 0; h < n.n_bands; h++)
        random_band(&bands[h], state, kind, level, shape);
    for (uint32_t m = 0; m < n.n_mods; m++)
        for (uint32_t k = 0; k < SCENE_POINTS; k++)
            mods[m].cycles[k] = (float)(0.04 * oracle_uniform(state) - 0.02);
}

void oracle_scene(struct scene *s, const struct oracle_shape *shape)
{
    uint64_t state = shape->seed;

    scene_begin(s, shape->first);
    for (uint32_t b = 0; b < BUS_COUNT; b++) {
        scene_begin_bus(s, b);
        for (uint32_t i = 0; i < shape->notes[b]; i++)
            add_note(s, &state, shape, 0.3 / sqrt(shape->notes[b]));
    }
    scene_end(s);
}

static void add_partial(double x[2][SCENE_CHUNK], const struct partial *p,
                        const struct scene_band *b, const struct scene_mod *mod)
{
    uint64_t inc = (uint64_t)p->inc.hi << 32 | p->inc.lo;
    uint64_t age = (uint64_t)b->age_hi << 32 | b->age_lo;
    uint64_t phase = ((uint64_t)p->phase << 32) + inc * age;

    for (uint32_t n = 0; n < SCENE_CHUNK; n++, phase += inc) {
        uint32_t k = n / SCENE_GRID;
        double t = (double)(n % SCENE_GRID) / SCENE_GRID;
        double a = (1.0 - t) * b->level[k] + t * b->level[k + 1];
        double turn = (double)phase / CYCLE;

        if (mod)
            turn += b->ratio *
                    ((1.0 - t) * mod->cycles[k] + t * mod->cycles[k + 1]);
        turn *= TWO_PI;
        x[0][n] += a * p->gain_l * sin(turn);
        x[1][n] += a * (p->gain_rs * sin(turn) + p->gain_rc * cos(turn));
    }
}

static void add_bank(const struct scene *s, const struct scene_note *n,
                     uint32_t members, double x[2][SCENE_CHUNK])
{
    const struct partial_note draw = {n->key_lo, n->key_hi, n->flags, members,
                                      n->pan_power};

    for (uint32_t i = 0; i < members * n->n_bands; i++) {
        uint32_t m = i / n->n_bands, h = i % n->n_bands;
        const struct scene_band *b = &s->bands[n->band_first + h];
        const struct partial_band band = {{b->inc_lo, b->inc_hi},
                                          b->hash,
                                          b->spread,
                                          b->beat,
                                          b->pan,
                                          b->width,
                                          b->delay,
                                          b->core};
        struct partial p = partial_draw(draw, band, m);
        uint32_t row = n->flags & NOTE_MOD_BY_BAND ? h : m;

        add_partial(x, &p, b,
                    n->n_mods ? &s->mods[n->mod_first + row % n->n_mods]
                              : NULL);
    }
}

void oracle_render(const struct scene *s, bool thin, oracle_buses x)
{
    memset(x, 0, sizeof(oracle_buses));
    for (uint32_t b = 0; b < BUS_COUNT; b++)
        for (uint32_t i = s->bus_first[b]; i < s->bus_first[b + 1]; i++)
            add_bank(s, &s->notes[i],
                     thin ? s->notes[i].n_thin : s->notes[i].n_members, x[b]);
}

double oracle_snr(const struct buses *got, oracle_buses want, uint32_t bus)
{
    double signal = 0.0, error = 0.0;

    for (uint32_t ch = 0; ch < 2; ch++)
        for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
            double e = (double)got->x[bus][ch][n] - want[bus][ch][n];
            signal += want[bus][ch][n] * want[bus][ch][n];
            error += e * e;
        }
    return 10.0 * log10(signal / error);
}
