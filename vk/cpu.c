// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The CPU renderer: the scene's notes are drawn or looked up, cut into batches,
 * and each batch is packed into groups of lanes and rendered block by block by
 * the kernel of the machine's SIMD level (vk/cpu_kernel.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "vk/batch.h"
#include "vk/pool.h"
#include "vk/renderer.h"
#include "vk/simd.h"

#define THREADS_MAX 64

/* A batch's sound. */
struct mixed {
    float l[SCENE_CHUNK], r[SCENE_CHUNK];
};

/* A chunk of renderer_submit(), done and waiting to be collected. */
struct finished {
    bool taken;
    int64_t first;
    struct buses buses;
};

struct cpu {
    struct renderer base;
    struct renderer_opts opts; /* [init] */
    lanes_block_fn *block;     /* [init] */
    uint32_t threads;          /* [init] */
    struct drawn_cache *cache;
    struct batches plan;
    struct pack *packs; /* [threads] */
    struct pool *pool;  /* NULL: one thread */
    /* Results of the batches, which are summed in order: as many as there are
       batches with helpers, otherwise one. */
    struct mixed *mixed;
    uint32_t n_mixed;
    struct finished finished[RENDERER_SLOTS];
};

static void render_batch(struct cpu *c, uint32_t who, uint32_t b,
                         struct mixed *out)
{
    struct pack *pack = &c->packs[who];
    unsigned saved = simd_denormals_off();

    batches_pack(&c->plan, b, pack);
    for (uint32_t k = 0; k < LANES_BLOCKS; k++)
        c->block(pack->groups, c->plan.batches[b].n_groups, k,
                 out->l + k * SCENE_GRID, out->r + k * SCENE_GRID);
    simd_denormals_restore(saved);
}

static void job(void *ctx, uint32_t who, uint32_t b)
{
    struct cpu *c = ctx;

    render_batch(c, who, b, &c->mixed[b]);
}

static void add_batch(const struct cpu *c, uint32_t b, const struct mixed *x,
                      struct buses *out)
{
    float *l = out->x[c->plan.batches[b].bus][0];
    float *r = out->x[c->plan.batches[b].bus][1];

    for (uint32_t n = 0; n < SCENE_CHUNK; n++) {
        l[n] += x->l[n];
        r[n] += x->r[n];
    }
}

/* Room for every batch's result. Errors: -ENOMEM. */
static int grow_mixed(struct cpu *c, uint32_t n)
{
    struct mixed *x;

    if (n <= c->n_mixed)
        return 0;
    x = realloc(c->mixed, n * sizeof(*x));
    if (!x)
        return -ENOMEM;
    c->mixed = x;
    c->n_mixed = n;
    return 0;
}

static int cpu_render(struct renderer *r, const struct scene *s,
                      struct buses *out)
{
    struct cpu *c = (struct cpu *)r;
    int ret = scene_check(s, &c->opts.max);

    if (ret < 0)
        return ret;
    drawn_cache_turn(c->cache);
    ret = batches_make(&c->plan, s, c->cache, c->opts.thin);
    if (ret < 0)
        return ret;
    memset(out, 0, sizeof(*out));
    if (!c->pool) {
        for (uint32_t b = 0; b < c->plan.n_batches; b++) {
            render_batch(c, 0, b, c->mixed);
            add_batch(c, b, c->mixed, out);
        }
        return 0;
    }
    ret = grow_mixed(c, c->plan.n_batches);
    if (ret < 0)
        return ret;
    pool_run(c->pool, c->plan.n_batches, job, c);
    for (uint32_t b = 0; b < c->plan.n_batches; b++)
        add_batch(c, b, &c->mixed[b], out);
    return 0;
}

/* --- the same in two halves --------------------------------------------- */

static struct finished *find_finished(struct cpu *c, bool taken, int64_t first)
{
    for (uint32_t i = 0; i < RENDERER_SLOTS; i++)
        if (c->finished[i].taken == taken &&
            (!taken || c->finished[i].first == first))
            return &c->finished[i];
    return NULL;
}

static int cpu_submit(struct renderer *r, const struct scene *s)
{
    struct finished *f = find_finished((struct cpu *)r, false, 0);
    int ret;

    if (!f)
        return -EAGAIN;
    ret = cpu_render(r, s, &f->buses);
    if (ret < 0)
        return ret;
    f->taken = true;
    f->first = s->first;
    return 0;
}

static int cpu_collect(struct renderer *r, int64_t first, struct buses *out,
                       int64_t timeout_ns)
{
    struct finished *f = find_finished((struct cpu *)r, true, first);

    (void)timeout_ns;
    if (!f)
        return -ENOENT;
    memcpy(out, &f->buses, sizeof(*out));
    f->taken = false;
    return 0;
}

static void cpu_drop(struct renderer *r, int64_t first)
{
    struct finished *f = find_finished((struct cpu *)r, true, first);

    if (f)
        f->taken = false;
}

/* --- start and end ------------------------------------------------------ */

static void cpu_free(struct renderer *r)
{
    struct cpu *c = (struct cpu *)r;

    pool_free(&c->pool);
    for (uint32_t i = 0; c->packs && i < c->threads; i++)
        pack_fini(&c->packs[i]);
    free(c->packs);
    free(c->mixed);
    batches_fini(&c->plan);
    drawn_cache_free(&c->cache);
    free(c);
}

static const struct renderer_ops cpu_ops = {
    .render = cpu_render,
    .submit = cpu_submit,
    .collect = cpu_collect,
    .drop = cpu_drop,
    .free = cpu_free,
};

static int make_parts(struct cpu *c)
{
    const struct scene_limits *max = &c->opts.max;
    int ret;

    ret = drawn_cache_new(&c->cache, max->notes);
    if (ret < 0)
        return ret;
    ret = batches_init(&c->plan, max);
    if (ret < 0)
        return ret;
    c->packs = calloc(c->threads, sizeof(*c->packs));
    if (!c->packs)
        return -ENOMEM;
    for (uint32_t i = 0; i < c->threads; i++) {
        ret = pack_init(&c->packs[i], max);
        if (ret < 0)
            return ret;
    }
    ret = grow_mixed(c, 1);
    if (ret < 0)
        return ret;
    return c->threads > 1 ? pool_new(&c->pool, c->threads - 1) : 0;
}

int renderer_open_cpu(struct renderer **out, const struct renderer_opts *o)
{
    enum renderer_simd simd = simd_resolve(o->simd);
    struct renderer *r = NULL;
    struct cpu *c = NULL;
    int ret = -ENOMEM;

    *out = NULL;
    if (o->max.notes == 0 || o->max.bands == 0 || o->max.partials == 0 ||
        o->max.thin == 0)
        return -EINVAL;
    if (simd == SIMD_AUTO)
        return -ENOTSUP;
    c = calloc(1, sizeof(*c));
    if (!c)
        goto out;
    r = &c->base;
    r->ops = &cpu_ops;
    r->stats.gpu_ns = -1;
    snprintf(r->name, sizeof(r->name), "CPU (%s)",
             renderer_simd_name((int)simd));
    c->opts = *o;
    c->block = simd_kernel(simd);
    c->threads = o->threads == 0            ? 1
                 : o->threads < THREADS_MAX ? o->threads
                                            : THREADS_MAX;
    ret = make_parts(c);
    if (ret < 0)
        goto out;
    *out = r;
    r = NULL;
    ret = 0;
out:
    renderer_free(&r);
    return ret;
}
