// SPDX-License-Identifier: GPL-3.0-or-later
/* How two scenes that follow one another meet. */
#ifndef TESTS_UNIT_GENERATOR_SEAM_H
#define TESTS_UNIT_GENERATOR_SEAM_H

#include <stdbool.h>
#include <stdlib.h>

#include "tests/unit/test.h"
#include "vk/scene.h"

static inline uint64_t seam_age(const struct scene_band *b)
{
    return (uint64_t)b->age_hi << 32 | b->age_lo;
}

/* The band of the note q that sounds on as b, or NULL. */
static inline const struct scene_band *seam_band(const struct scene *s,
                                                 const struct scene_note *q,
                                                 const struct scene_band *b)
{
    for (uint32_t i = 0; i < q->n_bands; i++) {
        const struct scene_band *x = &s->bands[q->band_first + i];
        if (x->hash == b->hash && x->inc_lo == b->inc_lo &&
            x->inc_hi == b->inc_hi && seam_age(x) + SCENE_CHUNK == seam_age(b))
            return x;
    }
    return NULL;
}

static inline const struct scene_note *seam_note(const struct scene *s,
                                                 const struct scene_note *n)
{
    for (uint32_t i = 0; i < scene_notes(s); i++)
        if (s->notes[i].key_lo == n->key_lo && s->notes[i].key_hi == n->key_hi)
            return &s->notes[i];
    return NULL;
}

/* Modulators meet. Rows are by member, or by band of the two given. */
static inline void seam_mods(const struct scene *before,
                             const struct scene_note *q, uint32_t from,
                             const struct scene *after,
                             const struct scene_note *n, uint32_t to)
{
    const struct scene_mod *x = &before->mods[q->mod_first + from];
    const struct scene_mod *y = &after->mods[n->mod_first + to];

    assert_true(x->cycles[SCENE_POINTS - 1] == y->cycles[0]);
}

static inline void seam_note_check(const struct scene *before, bool *goes_on,
                                   const struct scene *after,
                                   const struct scene_note *n)
{
    const struct scene_note *q = seam_note(before, n);

    for (uint32_t h = 0; h < n->n_bands; h++) {
        const struct scene_band *b = &after->bands[n->band_first + h];
        const struct scene_band *x = q ? seam_band(before, q, b) : NULL;
        if (!x) {
            assert_true(b->level[0] == 0.0f);
            continue;
        }
        goes_on[x - before->bands] = true;
        assert_true(b->level[0] == x->level[SCENE_POINTS - 1]);
        if (n->n_mods > 0 && n->flags & NOTE_MOD_BY_BAND)
            seam_mods(before, q, (uint32_t)(x - before->bands) - q->band_first,
                      after, n, h);
    }
    for (uint32_t m = 0; q && m < n->n_mods; m++)
        if (!(n->flags & NOTE_MOD_BY_BAND))
            seam_mods(before, q, m, after, n, m);
}

/* Each band goes on from the chunk before at the same level and phase, or
   starts from exactly 0; each that is not in `after` has ended at exactly 0. */
static inline void seam_check(const struct scene *before,
                              const struct scene *after)
{
    bool *goes_on = calloc(before->n_bands + 1, sizeof(*goes_on));

    assert_non_null(goes_on);
    for (uint32_t i = 0; i < scene_notes(after); i++)
        seam_note_check(before, goes_on, after, &after->notes[i]);
    for (uint32_t b = 0; b < before->n_bands; b++)
        if (!goes_on[b])
            assert_true(before->bands[b].level[SCENE_POINTS - 1] == 0.0f);
    free(goes_on);
}

#endif
