// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Renderers behind one interface: a scene in, dry buses out. All agree within
 * -80 dBFS of the peak and -90 dBFS RMS. Used by one thread at a time ([gpu]
 * while live); never from [rt]. A renderer holds no state between chunks but
 * what it may forget at any time.
 */
#ifndef VK_RENDERER_H
#define VK_RENDERER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "graph/log.h"
#include "vk/scene.h"

#define RENDERER_SLOTS 3 /* chunks in flight */

struct loader;
struct renderer;

enum renderer_simd {
    SIMD_AUTO, /* the widest there is */
    SIMD_PORTABLE,
    SIMD_NEON,
    SIMD_AVX2,
    SIMD_AVX512,
    SIMD_COUNT,
};

struct renderer_opts {
    const struct log *log;   /* borrowed for the renderer's life */
    struct scene_limits max; /* largest scene that will come */
    bool thin;               /* render the first n_thin members of a note */
    int64_t timeout_ns;      /* of renderer_render(): later, it has failed */

    /* CPU */
    int simd;         /* enum renderer_simd */
    uint32_t threads; /* in all, the caller's among them; 0 is 1 */

    /* Vulkan */
    const char *gpu;                  /* see renderer_open_vulkan() */
    void (*inject)(struct loader *l); /* tests only: called once the functions
                                         are loaded, to replace some */
};

/*
 * SIMD on the calling thread, and on threads - 1 of its own; the samples don't
 * depend on how many. Errors: -ENOMEM, -EINVAL (a limit of 0, but for mods),
 * -ENOTSUP (this machine or build lacks opts.simd), -EAGAIN (no more threads).
 */
int renderer_open_cpu(struct renderer **out, const struct renderer_opts *o);

/* "auto", "portable", "neon", "avx2", "avx512"; NULL past the last. */
const char *renderer_simd_name(int simd);

/* Whether this build has it and this machine can run it; SIMD_AUTO always. */
bool renderer_simd_available(int simd);

/*
 * Vulkan 1.2 compute. opts.gpu chooses the device: NULL or "auto" the best,
 * discrete before integrated before virtual before a CPU such as lavapipe;
 * otherwise a decimal index of renderer_list_gpus(), a UUID in hex with or
 * without dashes, or a part of the name in any case. libvulkan is opened at run
 * time. What is missing is logged as info with the VkResult's name, a choice
 * that fits no device or several as an error with the list.
 * Errors: -ENODEV (no loader, or no usable device), -ENOMEM, -EIO, -EINVAL (a
 * limit of 0, but for mods).
 */
int renderer_open_vulkan(struct renderer **out, const struct renderer_opts *o);

/* Prints index, type, name, UUID and driver of each Vulkan device, a line each.
   Errors: -ENODEV (no loader, no device; logged), -EIO. */
int renderer_list_gpus(FILE *to, const struct log *log);

/*
 * Computes the chunk. On an error out's content is undefined.
 * Errors: -ETIMEDOUT, -EIO (device lost or wrong; every later call says so
 * too), -EINVAL (a scene larger than renderer_opts said, or an unsound one),
 * -ENOMEM, -EAGAIN (all slots hold chunks of renderer_submit()).
 */
int renderer_render(struct renderer *r, const struct scene *scene,
                    struct buses *out);

/*
 * The same in two halves, RENDERER_SLOTS at a time: submit copies what it needs
 * of the scene and returns at once; a CPU renderer computes then and there.
 * Errors: -EAGAIN (all slots in flight), -EIO, -EINVAL, -ENOMEM.
 */
int renderer_submit(struct renderer *r, const struct scene *scene);

/*
 * The chunk that starts at `first`, waiting up to timeout_ns; its slot is then
 * free. After -EAGAIN (not done; timeout_ns was 0 or less) and -ETIMEDOUT (not
 * done in time) it is still in flight. Further errors: -EIO, -ENOENT (no such
 * chunk in flight).
 */
int renderer_collect(struct renderer *r, int64_t first, struct buses *out,
                     int64_t timeout_ns);

/* Gives up a chunk in flight, if there: its slot is free once it is done. */
void renderer_drop(struct renderer *r, int64_t first);

/* Of the chunk collected last. */
struct renderer_stats {
    int64_t gpu_ns;  /* by the device's own clock; -1: it has none, or a CPU */
    int64_t wait_ns; /* spent in waiting for it */
};

void renderer_stats(const struct renderer *r, struct renderer_stats *out);

/* "CPU (avx2)", "Vulkan (llvmpipe)": for people. */
const char *renderer_name(const struct renderer *r);

/* Whether it is a Vulkan device of type CPU, which is no hardware. */
bool renderer_is_software(const struct renderer *r);

void renderer_free(struct renderer **r);

/* --- for the implementations ------------------------------------------- */

struct renderer_ops {
    int (*render)(struct renderer *r, const struct scene *s, struct buses *out);
    int (*submit)(struct renderer *r, const struct scene *s);
    int (*collect)(struct renderer *r, int64_t first, struct buses *out,
                   int64_t timeout_ns);
    void (*drop)(struct renderer *r, int64_t first);
    void (*free)(struct renderer *r); /* frees r itself too */
};

/* First member of each implementation's struct. */
struct renderer {
    const struct renderer_ops *ops;
    struct renderer_stats stats;
    bool software;
    char name[96];
};

#endif
