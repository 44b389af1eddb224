// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Renderers behind one interface: a scene in, dry buses out. All agree within
 * -80 dBFS of the peak and -90 dBFS RMS. Used by one thread at a time ([gpu]
 * while live); never from [rt]. A renderer holds no state between chunks.
 */
#ifndef VK_RENDERER_H
#define VK_RENDERER_H

#include <stdint.h>

#include "graph/log.h"
#include "vk/scene.h"

struct renderer;

struct renderer_opts {
    const struct log *log; /* borrowed for the renderer's life */
    uint32_t max_partials; /* largest scene that will come */
    uint32_t max_bands;
    int64_t timeout_ns; /* a chunk that takes longer has failed */
};

/* Portable C on the calling thread. Errors: -ENOMEM. */
int renderer_open_cpu(struct renderer **out, const struct renderer_opts *o);

/*
 * Vulkan 1.2 compute on the best device: discrete before integrated before
 * virtual before a CPU such as lavapipe. libvulkan is opened at run time.
 * What is missing is logged as info with the VkResult's name.
 * Errors: -ENODEV (no loader, or no usable device), -ENOMEM, -EIO, -EINVAL (a
 * size of 0).
 */
int renderer_open_vulkan(struct renderer **out, const struct renderer_opts *o);

/*
 * Computes the chunk. On an error out's content is undefined.
 * Errors: -ETIMEDOUT, -EIO (device lost or wrong; every later call says so
 * too), -EINVAL (a scene larger than renderer_opts said).
 */
int renderer_render(struct renderer *r, const struct scene *scene,
                    struct buses *out);

/* "CPU", "Vulkan (llvmpipe)": for people. */
const char *renderer_name(const struct renderer *r);

void renderer_free(struct renderer **r);

/* --- for the implementations ------------------------------------------- */

struct renderer_ops {
    int (*render)(struct renderer *r, const struct scene *s, struct buses *out);
    void (*free)(struct renderer *r); /* frees r itself too */
};

/* First member of each implementation's struct. */
struct renderer {
    const struct renderer_ops *ops;
    char name[96];
};

#endif
