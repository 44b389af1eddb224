// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Ogg Opus pages (RFC 3533, RFC 7845) for many listeners at once: what pages
 * carry is shared (a range of a slab's packets), and a page's head is made for
 * one listener by patching serial, number and granule position into it; its
 * checksum is put together from the head's own and that of the rest, which was
 * computed once. Pure functions; any thread. Never allocates.
 *
 * Checksums: sum(a b) = sum(a) * x^(8 |b|) + sum(b) over GF(2), since the
 * checksum starts at 0 and is not inverted (RFC 3533 6).
 */
#ifndef NETSINK_OGG_H
#define NETSINK_OGG_H

#include <stddef.h>
#include <stdint.h>

#include "netsink/hub.h"
#include "netsink/rung.h"

#define OGG_TYPE "audio/ogg"

/* Packets in a page, at most: one with more might need more than the 255
   segments that there may be. */
#define OGG_PACKETS_MAX 42

/* Bytes of a page's head with its lacing values, at most: 27, and one for each
   255 bytes of each packet. */
#define OGG_HEAD_MAX (27 + OGG_PACKETS_MAX * (RUNG_OPUS_MAX / 255 + 1))

#define OGG_START_MAX 256 /* bytes of OpusHead's and OpusTags' pages */

/* What a page needs to be this listener's. */
struct ogg_stamp {
    uint32_t serial;
    uint32_t number; /* of the page, from 0 */
    int64_t granule; /* at its end, 48 kHz samples */
};

/* The pages of the two headers, numbers 0 and 1. pre_skip: 48 kHz samples.
   Returns their bytes. Errors: -EINVAL, -ENOSPC. */
int ogg_start(uint8_t *buf, size_t size, uint32_t serial, uint32_t n_channels,
              uint32_t pre_skip);

/*
 * The head of a page with packets [from, to) of the slab (their index, not
 * number), which is complete with their bytes after it. Fast for the pages that
 * the slab knows (see slab_page_at()), right for all others. Returns its bytes.
 * Errors: -EINVAL (an empty range, more than OGG_PACKETS_MAX, or packets that
 * are not there), -ENOSPC.
 */
int ogg_page(uint8_t *buf, size_t size, const struct ogg_stamp *stamp,
             const struct slab *slab, uint32_t from, uint32_t to);

/* The part of a page that is shared. [enc], for slab_page. */
void ogg_shared(struct slab_page *out, const struct slab *slab, uint32_t from,
                uint32_t to);

#endif
