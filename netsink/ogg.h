// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One listener's Ogg Opus stream (RFC 7845, by libogg): an own serial, pages
 * numbered from 0, granule positions from 0, never chained, never ended.
 * One thread at a time.
 */
#ifndef NETSINK_OGG_H
#define NETSINK_OGG_H

#include <stdint.h>

struct ogg;

/* Receives each finished page in order. */
typedef void ogg_page_fn(void *ctx, const uint8_t *header, uint32_t header_len,
                         const uint8_t *body, uint32_t body_len);

/* The stream will begin with the packet numbered first_seq; pre_skip is in
   samples at 48 kHz (3840 lets a decoder settle). Errors: -ENOMEM, -EINVAL. */
int ogg_new(struct ogg **out, int32_t serial, uint32_t n_channels,
            uint32_t pre_skip, uint64_t first_seq, ogg_page_fn *fn, void *ctx);
void ogg_free(struct ogg **o);

/* Writes the OpusHead and OpusTags pages. Errors: -ENOMEM. */
int ogg_headers(struct ogg *o);

/*
 * Adds packet seq. A page ends after packets_per_page of them. A jump in seq
 * becomes a hole in the granule positions on a new page. Errors: -ENOMEM,
 * -EINVAL (seq not after the last one, or no headers yet).
 */
int ogg_add(struct ogg *o, uint64_t seq, const uint8_t *data, uint32_t len,
            uint32_t packets_per_page);

/* Ends the page under construction, if any. Errors: -ENOMEM. */
int ogg_flush(struct ogg *o);

#endif
