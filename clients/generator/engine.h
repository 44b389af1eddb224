// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The engine: score -> renderer -> room, a chunk at a time, from any absolute
 * frame. A Vulkan renderer that fails is replaced by the CPU renderer for good,
 * with the same chunk rendered again, so that nothing is heard of it.
 * One thread at a time ([gpu] while live).
 */
#ifndef GENERATOR_ENGINE_H
#define GENERATOR_ENGINE_H

#include <stdint.h>

#include "clients/generator/music.h"
#include "graph/log.h"
#include "vk/scene.h"

struct engine;

enum engine_renderer { ENGINE_AUTO, ENGINE_VULKAN, ENGINE_CPU };

struct engine_opts {
    const struct log *log;
    const struct music *music; /* borrowed for the engine's life */
    uint64_t seed;
    uint32_t rate;                 /* Hz */
    enum engine_renderer renderer; /* AUTO: Vulkan where there is a device that
                                      keeps pace with time, else CPU */
    int64_t timeout_ns;            /* for one chunk on Vulkan */
};

/* Errors, logged: -ENODEV (Vulkan demanded and not there), -ENOMEM, -EINVAL. */
int engine_new(struct engine **out, const struct engine_opts *o);
void engine_free(struct engine **e);

/*
 * Next chunk will be the one that contains absolute frame n. The room is warmed
 * up with the sound of up to `seconds` before it; more than 5/3 of its longest
 * T60 is never needed (what is missing is then 100 dB down) nor rendered.
 * Errors: as engine_chunk.
 */
int engine_seek(struct engine *e, int64_t n, double seconds);

/* Passes n chunks over without rendering them. The room hears nothing of it. */
void engine_skip(struct engine *e, uint64_t n);

/* Absolute first frame of the next chunk. */
int64_t engine_position(const struct engine *e);

/* Renders it: interleaved [SCENE_CHUNK][2]. Errors: -EIO, -ENOMEM. */
int engine_chunk(struct engine *e, float *mix);

/* One bus of the chunk that engine_chunk() rendered last, dry:
   interleaved [SCENE_CHUNK][2]. */
void engine_bus(const struct engine *e, enum scene_bus bus, float *out);

/* "Vulkan (llvmpipe)", "CPU". */
const char *engine_renderer_name(const struct engine *e);

/* Partials that the renderer has to compute in the preset's fullest moment. */
uint32_t engine_partials(const struct engine *e);

#endif
