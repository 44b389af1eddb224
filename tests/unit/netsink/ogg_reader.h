// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * An Ogg stream as libogg reads it, whose names are too near to ours to be seen
 * in one file. For tests.
 */
#ifndef TESTS_UNIT_NETSINK_OGG_READER_H
#define TESTS_UNIT_NETSINK_OGG_READER_H

#include <stddef.h>
#include <stdint.h>

/* granule: of the page, at its last packet; else -1. */
typedef void ogg_reader_fn(void *ctx, const uint8_t *packet, size_t len,
                           int64_t granule);

/* Calls fn for each packet, headers included; returns how many there were.
   Errors: -EBADMSG (libogg skipped something or missed a page). */
int ogg_reader(const uint8_t *data, size_t len, ogg_reader_fn *fn, void *ctx);

#endif
