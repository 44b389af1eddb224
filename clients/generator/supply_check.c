// SPDX-License-Identifier: GPL-3.0-or-later
/* Whether the GPU tells the truth. */
#include <math.h>
#include <string.h>

#include "clients/generator/supply_priv.h"

#define TOLERANCE 1e-4f /* -80 dBFS, and as much of a louder bus's peak */
#define JUMP      2.0f  /* times what is usual nearby */
#define JUMP_MIN  1e-5f /* changes of slope under it are nothing to go by */

static bool bus_agrees(const struct buses *got, const struct buses *want,
                       int bus)
{
    float worst = 0.0f, peak = 1.0f;

    for (uint32_t c = 0; c < 2; c++)
        for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
            float d = fabsf(got->x[bus][c][n] - want->x[bus][c][n]);
            worst = d > worst ? d : worst;
            peak = fmaxf(peak, fabsf(want->x[bus][c][n]));
        }
    return worst <= TOLERANCE * peak;
}

static enum supply_verdict judge(struct supply *s, bool good)
{
    s->stats.checked++;
    if (good)
        return VERDICT_GOOD;
    s->stats.mismatched++;
    return VERDICT_WRONG;
}

enum supply_verdict supply_compare(struct supply *s, const struct entry *e,
                                   const struct buses *want)
{
    bool good = true;

    for (int b = 0; b < BUS_COUNT; b++)
        good = good && bus_agrees(&e->gpu, want, b);
    return judge(s, good);
}

/* Partials on a bus. */
static uint32_t bus_partials(const struct scene *s, int bus)
{
    uint32_t n = 0;

    for (uint32_t i = s->bus_first[bus]; i < s->bus_first[bus + 1]; i++)
        n += s->notes[i].n_bands * s->notes[i].n_members;
    return n;
}

/* A scene of one bus of s alone, on the same bands and modulators. */
static void cut_bus(struct supply *s, const struct scene *from, int bus)
{
    struct scene *to = &s->slice;
    const struct scene_note *notes = from->notes + from->bus_first[bus];
    uint32_t n = from->bus_first[bus + 1] - from->bus_first[bus];
    struct scene_note *own = to->notes;

    *to = *from;
    to->notes = own;
    memcpy(own, notes, n * sizeof(*own));
    for (int b = 0; b <= BUS_COUNT; b++)
        to->bus_first[b] = b > bus ? n : 0;
    to->n_partials = to->n_thin = 0;
    for (uint32_t i = 0; i < n; i++) {
        own[i].partial_first = to->n_partials;
        own[i].thin_first = to->n_thin;
        to->n_partials += own[i].n_bands * own[i].n_members;
        to->n_thin += own[i].n_bands * own[i].n_thin;
    }
}

/* splitmix64. */
static uint64_t draw(struct supply *s)
{
    uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static int pick_bus(struct supply *s, const struct scene *scene,
                    int64_t budget_ns)
{
    int fit[BUS_COUNT], n = 0;

    for (int b = 0; b < BUS_COUNT; b++) {
        uint32_t partials = bus_partials(scene, b);
        if (partials > 0 && supply_predict(s, partials) <= budget_ns)
            fit[n++] = b;
    }
    return n > 0 ? fit[draw(s) % (uint32_t)n] : -1;
}

enum supply_verdict supply_check_bus(struct supply *s, const struct entry *e,
                                     int64_t budget_ns, int bus)
{
    if (bus < 0)
        bus = pick_bus(s, e->scene, budget_ns);
    else if (supply_predict(s, bus_partials(e->scene, bus)) > budget_ns)
        bus = -1;
    if (bus < 0)
        return VERDICT_NONE;
    cut_bus(s, e->scene, bus);
    if (supply_render(s, &s->slice, false, &s->cpu) < 0)
        return VERDICT_NONE;
    return judge(s, bus_agrees(&e->gpu, &s->cpu, bus));
}

/* Largest change of slope between neighbours. */
static float bend(const float *x, uint32_t n)
{
    float most = 0.0f;

    for (uint32_t i = 2; i < n; i++)
        most = fmaxf(most, fabsf(x[i] - 2.0f * x[i - 1] + x[i - 2]));
    return most;
}

static bool is_silent(const float *x)
{
    for (uint32_t i = 0; i < SUPPLY_TAIL; i++)
        if (x[i] != 0.0f)
            return false;
    return true;
}

/* No proof: where it fails, the chunk is worth a look. Samples of another
   chunk, or of none, bend more where they begin than all before them. */
static bool joins(const float *before, const float *x)
{
    const float *end = before + SUPPLY_TAIL - 2;
    float limit = JUMP * fmaxf(bend(before, SUPPLY_TAIL), JUMP_MIN);
    float first = fabsf(x[0] - 2.0f * end[1] + end[0]);
    float second = fabsf(x[1] - 2.0f * x[0] + end[1]);

    return first <= limit && second <= limit &&
           is_silent(x) == is_silent(before);
}

int supply_check_join(const struct supply *s, const struct entry *e)
{
    for (int b = 0; b < BUS_COUNT && s->has_tail; b++)
        for (uint32_t c = 0; c < 2; c++)
            if (!joins(s->tail[b][c], e->gpu.x[b][c]))
                return b;
    return -1;
}

void supply_keep_tail(struct supply *s, const struct buses *x)
{
    for (uint32_t b = 0; b < BUS_COUNT; b++)
        for (uint32_t c = 0; c < 2; c++)
            memcpy(s->tail[b][c], x->x[b][c] + SCENE_CHUNK - SUPPLY_TAIL,
                   sizeof(s->tail[b][c]));
    s->has_tail = true;
}
