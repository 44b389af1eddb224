// SPDX-License-Identifier: GPL-3.0-or-later
/* A scene of a few notes on each bus, for tests that care who renders it and
   not what it sounds like. */
#ifndef TESTS_UNIT_VK_NOTES_H
#define TESTS_UNIT_VK_NOTES_H

#include <string.h>

#include "vk/partial.h"
#include "vk/scene.h"

#define NOTES_BANDS   4
#define NOTES_MEMBERS 3

static inline struct scene_limits notes_limits(void)
{
    return (struct scene_limits){
        .notes = 16, .bands = 64, .mods = 16, .partials = 1024, .thin = 1024};
}

static inline void notes_band(struct scene_band *b, int64_t first, uint32_t h,
                              uint32_t key)
{
    double hz = (90.0 + 13.0 * key) * (h + 1);
    uint64_t inc = (uint64_t)(hz / 48000.0 * 0x1p64);
    uint64_t age = (uint64_t)first;

    memset(b, 0, sizeof(*b));
    b->inc_lo = (uint32_t)inc;
    b->inc_hi = (uint32_t)(inc >> 32);
    b->age_lo = (uint32_t)age;
    b->age_hi = (uint32_t)(age >> 32);
    b->hash = h;
    b->spread = partial_spread(6.0);
    b->width = 0.8f;
    b->delay = 0.1f;
    for (uint32_t k = 0; k < SCENE_POINTS; k++)
        b->level[k] = 0.04f;
}

/* The chunk at first of notes that have sounded since frame 0; the same sound
   whichever chunk is asked for first. */
static inline void notes_fill(struct scene *s, int64_t first)
{
    struct scene_band *bands;
    struct scene_mod *mods;

    scene_begin(s, first);
    for (int bus = 0; bus < BUS_COUNT; bus++) {
        scene_begin_bus(s, (enum scene_bus)bus);
        for (uint32_t i = 0; i < 2; i++) {
            uint32_t key = (uint32_t)bus * 2 + i;
            struct scene_note n = {.key_lo = key + 1,
                                   .n_bands = NOTES_BANDS,
                                   .n_members = NOTES_MEMBERS,
                                   .n_thin = 1,
                                   .pan_power = 1.0f};
            if (scene_add(s, &n, &bands, &mods) < 0)
                return; /* and the test will miss it */
            for (uint32_t h = 0; h < NOTES_BANDS; h++)
                notes_band(&bands[h], first, h, key);
        }
    }
    scene_end(s);
}

#endif
