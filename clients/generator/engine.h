// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The engine: score -> renderer -> room, a chunk at a time, from any absolute
 * frame, moved by parameters and from preset to preset while it plays. Who
 * renders is the supply's business (supply.h): nothing is heard of it. One
 * thread at a time ([gpu] while live), but for what says otherwise.
 */
#ifndef GENERATOR_ENGINE_H
#define GENERATOR_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/generator/music.h"
#include "clients/generator/params.h"
#include "clients/generator/supply.h"
#include "graph/log.h"
#include "vk/scene.h"

struct engine;

enum engine_renderer { ENGINE_AUTO, ENGINE_VULKAN, ENGINE_CPU };

struct engine_opts {
    const struct log *log;
    const struct music *music; /* copied */
    uint64_t seed;
    uint32_t rate; /* Hz */
    enum engine_renderer renderer;
    const char *gpu;   /* renderer_opts.gpu, or NULL; borrowed */
    int simd;          /* enum renderer_simd */
    uint32_t threads;  /* of the CPU renderer */
    bool offline;      /* nobody listens yet: see supply_opts */
    bool thin;         /* see supply_opts */
    int64_t margin_ns; /* see supply_opts */
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

/* The same, to be there by deadline_ns (CLOCK_MONOTONIC): when the chunks
   before it will have been played. */
int engine_chunk_by(struct engine *e, int64_t deadline_ns, float *mix);

/* The dry buses of the chunk that was rendered last, until the next one. */
const struct buses *engine_dry(const struct engine *e);

/* One of them, interleaved [SCENE_CHUNK][2]. */
void engine_bus(const struct engine *e, enum scene_bus bus, float *out);

/* What engine_new() and engine_change(), with a seek, may take where a driver
   is slow, at most, s: the watchdog has to know. */
#define ENGINE_SLOW_S 60

#define ENGINE_NAME_MAX 160 /* bytes, with the 0 */

/* Who renders now: "Vulkan (llvmpipe)", "CPU (avx2)", or one on trial and the
   other meanwhile. [main] */
void engine_renderer_name(const struct engine *e, char *out, size_t size);

/* [main] */
void engine_stats(const struct engine *e, struct supply_stats *out);

/*
 * Moves a parameter: heard from the next chunks that are filled on, smoothly.
 * The last value asked for counts; any number of calls costs nothing more. Any
 * thread but [rt]. Errors: -ERANGE, -EINVAL, as param_check() and where the
 * preset that plays has no such mode.
 */
int engine_set(struct engine *e, enum param p, double value,
               char err[PARAM_ERROR_MAX]);

/* The value asked for last. Any thread but [rt]. */
double engine_get(struct engine *e, enum param p);

/*
 * Changes to another preset (copied) or seed, at the place in time that the
 * music has reached. With fade_s 0 as music does: notes that sound end by
 * themselves or fade, the new preset's begin one by one. Else everything is
 * crossfaded over fade_s seconds, at equal power. Freeze ends; the mode stays
 * where the new preset has one of that name, else it is the preset's own. Takes
 * the time to open a renderer (under a second); what plays goes on meanwhile.
 * [main] Errors: -EBUSY (so many changes are still being heard: again a little
 * later), and as engine_new(), logged; with ENGINE_VULKAN it may wait for a
 * slow driver as that does.
 */
int engine_change(struct engine *e, const struct music *m, uint64_t seed,
                  double fade_s);

/* What was set so far counts as if it had always been so, without a glide; but
   freeze, which begins with the next chunk. Before the first chunk. */
void engine_settle(struct engine *e);

/* The preset's seed that plays, or comes in. [main] */
uint64_t engine_seed(const struct engine *e);

/* The preset that plays, or comes in: constant until the next engine_change().
   [main] */
const struct music *engine_music(const struct engine *e);

/* Frees what presets that are heard no more have left behind, which takes up to
   200 ms for each. Now and then. [main] */
void engine_tidy(struct engine *e);

/* Partials that the renderer has to compute in the preset's fullest moment.
   [main] */
uint32_t engine_partials(const struct engine *e);

#endif
