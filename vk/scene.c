// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/scene.h"

#include <errno.h>
#include <stdlib.h>

/* The shader reads the tables as they are. */
_Static_assert(sizeof(struct scene_partial) == 32, "std430 stride");
_Static_assert(sizeof(struct scene_band) == SCENE_POINTS * sizeof(float),
               "std430 stride");

int scene_new(struct scene **out, uint32_t max_partials, uint32_t max_bands)
{
    struct scene *s = NULL;
    int ret = -ENOMEM;

    *out = NULL;
    if (max_partials == 0 || max_bands == 0)
        return -EINVAL;
    s = calloc(1, sizeof(*s));
    if (!s)
        goto out;
    s->max_partials = max_partials;
    s->max_bands = max_bands;
    s->partials = calloc(max_partials, sizeof(*s->partials));
    s->bands = calloc(max_bands, sizeof(*s->bands));
    if (!s->partials || !s->bands)
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
    free((*s)->partials);
    free((*s)->bands);
    free(*s);
    *s = NULL;
}

int scene_check(const struct scene *s, uint32_t max_partials,
                uint32_t max_bands)
{
    if (s->bus_first[0] != 0 || scene_partials(s) > max_partials ||
        s->n_bands > max_bands)
        return -EINVAL;
    for (uint32_t b = 0; b < BUS_COUNT; b++)
        if (s->bus_first[b] > s->bus_first[b + 1])
            return -EINVAL;
    if (scene_partials(s) > 0 && s->n_bands == 0)
        return -EINVAL;
    return 0;
}
