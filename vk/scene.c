// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/scene.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "vk/partial.h"

/* The shaders read the tables as they are. */
_Static_assert(sizeof(struct scene_note) == 48, "std430 stride");
_Static_assert(sizeof(struct scene_band) == 120, "std430 stride");
_Static_assert(offsetof(struct scene_band, level) == 52, "std430 offset");
_Static_assert(sizeof(struct scene_mod) == SCENE_POINTS * sizeof(float),
               "std430 stride");
_Static_assert(NOTE_TOGETHER == PARTIAL_TOGETHER && NOTE_PAIR == PARTIAL_PAIR &&
                   NOTE_CASCADE == PARTIAL_CASCADE,
               "flags are one set");

int scene_new(struct scene **out, const struct scene_limits *max)
{
    struct scene *s = NULL;
    int ret = -ENOMEM;

    *out = NULL;
    if (max->notes == 0 || max->bands == 0 || max->partials == 0 ||
        max->thin == 0)
        return -EINVAL;
    s = calloc(1, sizeof(*s));
    if (!s)
        goto out;
    s->max = *max;
    s->filling = BUS_COUNT;
    s->notes = calloc(max->notes, sizeof(*s->notes));
    s->bands = calloc(max->bands, sizeof(*s->bands));
    /* one more, so that there is something to point at without any */
    s->mods = calloc((size_t)max->mods + 1, sizeof(*s->mods));
    if (!s->notes || !s->bands || !s->mods)
        goto out;
    *out = s;
    s = NULL;
    ret = 0;
out:
    scene_free(&s);
    return ret;
}

void scene_free(struct scene **s)
{
    if (!*s)
        return;
    free((*s)->notes);
    free((*s)->bands);
    free((*s)->mods);
    free(*s);
    *s = NULL;
}

void scene_begin(struct scene *s, int64_t first)
{
    s->first = first;
    memset(s->bus_first, 0, sizeof(s->bus_first));
    s->filling = BUS_DRONE;
    s->n_bands = s->n_mods = 0;
    s->n_partials = s->n_thin = 0;
}

void scene_begin_bus(struct scene *s, enum scene_bus bus)
{
    s->filling = bus;
}

int scene_add(struct scene *s, const struct scene_note *n,
              struct scene_band **bands, struct scene_mod **mods)
{
    uint64_t full = (uint64_t)n->n_bands * n->n_members;
    uint64_t thin = (uint64_t)n->n_bands * n->n_thin;
    uint32_t at = scene_notes(s);

    if (at >= s->max.notes || n->n_bands > s->max.bands - s->n_bands ||
        n->n_mods > s->max.mods - s->n_mods ||
        full > s->max.partials - s->n_partials ||
        thin > s->max.thin - s->n_thin)
        return -ENOSPC;
    s->notes[at] = *n;
    s->notes[at].partial_first = s->n_partials;
    s->notes[at].thin_first = s->n_thin;
    s->notes[at].band_first = s->n_bands;
    s->notes[at].mod_first = s->n_mods;
    *bands = s->bands + s->n_bands;
    *mods = s->mods + s->n_mods;
    s->n_bands += n->n_bands;
    s->n_mods += n->n_mods;
    s->n_partials += (uint32_t)full;
    s->n_thin += (uint32_t)thin;
    for (uint32_t b = (uint32_t)s->filling + 1; b <= BUS_COUNT; b++)
        s->bus_first[b]++;
    return 0;
}

void scene_end(struct scene *s)
{
    s->filling = BUS_COUNT;
}

/* Row [first, first + n) of `rows`. */
static bool within(uint32_t first, uint32_t n, uint32_t rows)
{
    return first <= rows && n <= rows - first;
}

static bool notes_sound(const struct scene *s)
{
    uint64_t partials = 0, thin = 0;

    for (uint32_t i = 0; i < scene_notes(s); i++) {
        const struct scene_note *n = &s->notes[i];
        if (n->n_bands == 0 || n->n_members == 0 || n->n_thin > n->n_members ||
            n->partial_first != partials || n->thin_first != thin ||
            !within(n->band_first, n->n_bands, s->n_bands) ||
            !within(n->mod_first, n->n_mods, s->n_mods))
            return false;
        partials += (uint64_t)n->n_bands * n->n_members;
        thin += (uint64_t)n->n_bands * n->n_thin;
        if (partials > s->n_partials || thin > s->n_thin)
            return false;
    }
    return partials == s->n_partials && thin == s->n_thin;
}

static bool rows_sound(const struct scene *s)
{
    for (uint32_t b = 0; b < s->n_bands; b++)
        for (uint32_t k = 0; k < SCENE_POINTS; k++) {
            float level = s->bands[b].level[k];
            /* written so that a NaN fails too */
            if (!(level >= 0.0f && level <= 3.0e38f))
                return false;
        }
    for (uint32_t m = 0; m < s->n_mods; m++)
        for (uint32_t k = 0; k < SCENE_POINTS; k++)
            if (!(fabsf(s->mods[m].cycles[k]) <= 3.0e38f))
                return false;
    return true;
}

int scene_check(const struct scene *s, const struct scene_limits *max)
{
    if (s->bus_first[0] != 0 || scene_notes(s) > max->notes ||
        s->n_bands > max->bands || s->n_mods > max->mods ||
        s->n_partials > max->partials || s->n_thin > max->thin)
        return -EINVAL;
    for (uint32_t b = 0; b < BUS_COUNT; b++)
        if (s->bus_first[b] > s->bus_first[b + 1])
            return -EINVAL;
    return notes_sound(s) && rows_sound(s) ? 0 : -EINVAL;
}
