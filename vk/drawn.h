// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Notes as the CPU renderer has drawn them by vk/partial.h. A note sounds for
 * hundreds of chunks, so its partials are kept until it hasn't been asked for
 * for a few. What is kept is compared in full, band by band, with what is asked
 * for: a band of which anything differs is drawn anew (a grain's next turn),
 * and no result can depend on what was kept. One thread at a time.
 */
#ifndef VK_DRAWN_H
#define VK_DRAWN_H

#include <stdint.h>

#include "vk/scene.h"

struct drawn_partial {
    uint64_t inc;   /* per frame, 2^64 = 1 cycle */
    uint32_t phase; /* at its onset, 2^32 = 1 cycle */
    float gain_l, gain_rs, gain_rc;
    float ws, wm; /* sine of inc, cosine less 1 */
};

struct drawn_cache;

/* notes: about as many as there are at a time. Errors: -ENOMEM. */
int drawn_cache_new(struct drawn_cache **out, uint32_t notes);
void drawn_cache_free(struct drawn_cache **c);

/* A new chunk: forgets what has not been asked for in the last ones. Pointers
   of drawn_get() hold until then. */
void drawn_cache_turn(struct drawn_cache *c);

/*
 * The partials of the first `members` members of a note with these bands:
 * [members][n->n_bands], members being as many as are rendered in all.
 * Errors: -ENOMEM.
 */
int drawn_get(struct drawn_cache *c, const struct scene_note *n,
              const struct scene_band *bands, uint32_t members,
              const struct drawn_partial **out);

#endif
