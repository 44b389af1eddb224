// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/renderer.h"

#include <stddef.h>

int renderer_render(struct renderer *r, const struct scene *scene,
                    struct buses *out)
{
    return r->ops->render(r, scene, out);
}

const char *renderer_name(const struct renderer *r)
{
    return r->name;
}

void renderer_free(struct renderer **r)
{
    if (!*r)
        return;
    (*r)->ops->free(*r);
    *r = NULL;
}
