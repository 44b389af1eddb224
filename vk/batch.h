// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A scene cut into batches of groups of lanes, for the CPU renderer. The plan
 * is made once per chunk by one thread; then each batch can be packed and
 * rendered by any thread on its own. Which batches there are depends on the
 * scene alone, so summed in order they give one result, whoever did the work.
 */
#ifndef VK_BATCH_H
#define VK_BATCH_H

#include "vk/drawn.h"
#include "vk/lanes.h"

/* Groups: with all they hold they fit a second-level cache, and the adding up
   of lanes at their end is small beside them. */
#define BATCH_GROUPS 128

struct batches_note {
    const struct scene_note *note;
    const struct drawn_partial *partials; /* [members][note->n_bands] */
    uint32_t members;                     /* rendered */
    uint32_t live_first, n_live;          /* its bands heard in this chunk */
    uint32_t n_groups;                    /* of members * n_live partials */
};

struct batch {
    enum scene_bus bus;
    uint32_t note;     /* index of the first one */
    uint32_t group;    /* of that note's */
    uint32_t n_groups; /* from there on, into later notes */
};

struct batches {
    const struct scene *scene;
    uint32_t n_notes, n_batches;
    struct batches_note *notes; /* [max.notes] */
    uint32_t *live;             /* [max.bands] band numbers in their note */
    struct batch *batches;      /* [batches_max_batches()] */
};

/* What packing a batch needs beside the plan: one per thread. */
struct pack {
    struct lanes *groups; /* [BATCH_GROUPS] */
    float *level;         /* [SCENE_POINTS][stride] of one note's live bands,
                             which start over until the last lane has one */
    uint32_t *heard;      /* [stride] bit per block */
    uint32_t stride;      /* [init] */
};

/* Errors: -ENOMEM. Either can then go to its _fini(), as can one all zero. */
int batches_init(struct batches *p, const struct scene_limits *max);
void batches_fini(struct batches *p);
int pack_init(struct pack *p, const struct scene_limits *max);
void pack_fini(struct pack *p);

/* s must have passed scene_check() with the plan's limits, and stays borrowed.
   thin: n_thin of the members. Errors: -ENOMEM. */
int batches_make(struct batches *p, const struct scene *s,
                 struct drawn_cache *c, bool thin);

/* Fills pack->groups with batch number b. */
void batches_pack(const struct batches *p, uint32_t b, struct pack *pack);

#endif
