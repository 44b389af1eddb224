// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/renderer.h"

#include <stddef.h>

int renderer_render(struct renderer *r, const struct scene *scene,
                    struct buses *out)
{
    return r->ops->render(r, scene, out);
}

int renderer_submit(struct renderer *r, const struct scene *scene)
{
    return r->ops->submit(r, scene);
}

int renderer_collect(struct renderer *r, int64_t first, struct buses *out,
                     int64_t timeout_ns)
{
    return r->ops->collect(r, first, out, timeout_ns);
}

void renderer_drop(struct renderer *r, int64_t first)
{
    r->ops->drop(r, first);
}

void renderer_stats(const struct renderer *r, struct renderer_stats *out)
{
    *out = r->stats;
}

const char *renderer_name(const struct renderer *r)
{
    return r->name;
}

bool renderer_is_software(const struct renderer *r)
{
    return r->software;
}

void renderer_free(struct renderer **r)
{
    if (!*r)
        return;
    (*r)->ops->free(*r);
    *r = NULL;
}
