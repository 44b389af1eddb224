// SPDX-License-Identifier: GPL-3.0-or-later
#include "vk/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MIDDLE (SCENE_GRID / 2) /* where a block's oscillators are seeded */

static uint32_t ceil_div(uint32_t a, uint32_t b)
{
    return a / b + (a % b != 0);
}

int batches_init(struct batches *p, const struct scene_limits *max)
{
    /* a group is full but for a note's last */
    size_t groups = (size_t)max->partials / LANES + max->notes;

    *p = (struct batches){0};
    p->notes = calloc(max->notes, sizeof(*p->notes));
    p->live = calloc(max->bands, sizeof(*p->live));
    p->batches = calloc(groups / BATCH_GROUPS + BUS_COUNT, sizeof(*p->batches));
    return p->notes && p->live && p->batches ? 0 : -ENOMEM;
}

void batches_fini(struct batches *p)
{
    free(p->notes);
    free(p->live);
    free(p->batches);
    *p = (struct batches){0};
}

int pack_init(struct pack *p, const struct scene_limits *max)
{
    *p = (struct pack){.stride = max->bands + LANES};
    p->groups = aligned_alloc(LANES_ALIGN, BATCH_GROUPS * sizeof(*p->groups));
    p->level = calloc((size_t)SCENE_POINTS * p->stride, sizeof(*p->level));
    p->heard = calloc(p->stride, sizeof(*p->heard));
    return p->groups && p->level && p->heard ? 0 : -ENOMEM;
}

void pack_fini(struct pack *p)
{
    free(p->groups);
    free(p->level);
    free(p->heard);
    *p = (struct pack){0};
}

/* Bit b: the band is heard in block b. */
static uint32_t heard_of(const struct scene_band *b)
{
    uint32_t bits = 0;

    for (uint32_t k = 0; k < LANES_BLOCKS; k++)
        if (b->level[k] != 0.0f || b->level[k + 1] != 0.0f)
            bits |= 1u << k;
    return bits;
}

/* Errors: -ENOMEM. */
static int batches_note(struct batches *p, struct batches_note *out,
                        const struct scene_note *n, uint32_t *live,
                        struct drawn_cache *c, bool thin)
{
    const struct scene_band *bands = p->scene->bands + n->band_first;

    *out = (struct batches_note){
        .note = n,
        .members = thin ? n->n_thin : n->n_members,
        .live_first = *live,
    };
    for (uint32_t h = 0; h < n->n_bands; h++)
        if (heard_of(&bands[h]) != 0)
            p->live[*live + out->n_live++] = h;
    *live += out->n_live;
    if (out->n_live == 0 || out->members == 0)
        return 0;
    out->n_groups = ceil_div(out->members * out->n_live, LANES);
    return drawn_get(c, n, bands, out->members, &out->partials);
}

/* Cuts the groups of the bus's notes, [first, end), into batches. */
static void batches_bus(struct batches *p, enum scene_bus bus, uint32_t first,
                        uint32_t end)
{
    struct batch *b = NULL;

    for (uint32_t i = first; i < end; i++)
        for (uint32_t at = 0; at < p->notes[i].n_groups;) {
            uint32_t left = p->notes[i].n_groups - at;
            uint32_t room;

            if (!b || b->n_groups == BATCH_GROUPS) {
                b = &p->batches[p->n_batches++];
                *b = (struct batch){.bus = bus, .note = i, .group = at};
            }
            room = BATCH_GROUPS - b->n_groups;
            b->n_groups += left < room ? left : room;
            at += left < room ? left : room;
        }
}

int batches_make(struct batches *p, const struct scene *s,
                 struct drawn_cache *c, bool thin)
{
    uint32_t live = 0;

    p->scene = s;
    p->n_notes = scene_notes(s);
    p->n_batches = 0;
    for (uint32_t i = 0; i < p->n_notes; i++) {
        int ret = batches_note(p, &p->notes[i], &s->notes[i], &live, c, thin);
        if (ret < 0)
            return ret;
    }
    for (uint32_t b = 0; b < BUS_COUNT; b++)
        batches_bus(p, b, s->bus_first[b], s->bus_first[b + 1]);
    return 0;
}

/* Turns the note's levels over, so that those of neighbouring lanes lie side by
   side whatever band the first of them has. */
static void pack_levels(const struct batches *p, const struct batches_note *n,
                        struct pack *pack)
{
    const struct scene_band *bands = p->scene->bands + n->note->band_first;

    for (uint32_t i = 0; i < n->n_live + LANES; i++) {
        uint32_t live = i < n->n_live ? i : i % n->n_live;
        const struct scene_band *b = &bands[p->live[n->live_first + live]];
        for (uint32_t k = 0; k < SCENE_POINTS; k++)
            pack->level[k * pack->stride + i] = b->level[k];
        pack->heard[i] = heard_of(b);
    }
}

static void pack_lane(struct lanes *g, uint32_t i,
                      const struct drawn_partial *p, const struct scene_band *b)
{
    uint64_t age = (uint64_t)b->age_hi << 32 | b->age_lo;
    uint64_t x = ((uint64_t)p->phase << 32) + p->inc * (age + MIDDLE);
    uint64_t step = p->inc * SCENE_GRID;

    g->x_lo[i] = (uint32_t)x;
    g->x_hi[i] = (uint32_t)(x >> 32);
    g->step_lo[i] = (uint32_t)step;
    g->step_hi[i] = (uint32_t)(step >> 32);
    g->w[i] = (uint32_t)(p->inc >> 32);
    g->ws[i] = p->ws;
    g->wm[i] = p->wm;
    g->gain_l[i] = p->gain_l;
    g->gain_rs[i] = p->gain_rs;
    g->gain_rc[i] = p->gain_rc;
    g->ratio[i] = b->ratio;
}

/* Lanes from i on hold no partial. */
static void pack_idle(struct lanes *g, uint32_t i)
{
    for (; i < LANES; i++) {
        g->x_lo[i] = g->x_hi[i] = g->step_lo[i] = g->step_hi[i] = 0;
        g->w[i] = 0;
        g->ws[i] = g->wm[i] = g->ratio[i] = 0.0f;
        g->gain_l[i] = g->gain_rs[i] = g->gain_rc[i] = 0.0f;
        for (uint32_t k = 0; g->modulated && k < SCENE_POINTS; k++)
            g->mod[k][i] = 0.0f;
    }
}

/* Group number `group` of a note. */
static void pack_group(const struct batches *p, const struct batches_note *n,
                       uint32_t group, const struct pack *pack, struct lanes *g)
{
    const struct scene_note *note = n->note;
    const struct scene_band *bands = p->scene->bands + note->band_first;
    const struct scene_mod *mods = p->scene->mods + note->mod_first;
    uint32_t total = n->members * n->n_live;
    uint32_t at = group * LANES;
    uint32_t lanes = total - at < LANES ? total - at : LANES;
    uint32_t m = at / n->n_live, live = at % n->n_live;

    g->heard = 0;
    g->modulated = note->n_mods > 0;
    for (uint32_t k = 0; k < SCENE_POINTS; k++)
        memcpy(g->level[k], pack->level + k * pack->stride + live,
               sizeof(g->level[k]));
    for (uint32_t i = 0; i < lanes; i++) {
        uint32_t h = p->live[n->live_first + live];

        pack_lane(g, i, &n->partials[(size_t)m * note->n_bands + h], &bands[h]);
        g->heard |= pack->heard[live];
        if (g->modulated) {
            uint32_t row = note->flags & NOTE_MOD_BY_BAND ? h : m;
            const float *cycles = mods[row % note->n_mods].cycles;
            for (uint32_t k = 0; k < SCENE_POINTS; k++)
                g->mod[k][i] = cycles[k];
        }
        if (++live == n->n_live) {
            live = 0;
            m++;
        }
    }
    pack_idle(g, lanes);
}

void batches_pack(const struct batches *p, uint32_t b, struct pack *pack)
{
    const struct batch *batch = &p->batches[b];
    uint32_t note = batch->note, group = batch->group;

    for (uint32_t i = 0; i < batch->n_groups; i++) {
        while (group == p->notes[note].n_groups) {
            note++;
            group = 0;
        }
        if (i == 0 || group == 0)
            pack_levels(p, &p->notes[note], pack);
        pack_group(p, &p->notes[note], group++, pack, &pack->groups[i]);
    }
}
