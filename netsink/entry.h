// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where a listener enters a stream: at which packet, with how much audio ahead,
 * and at which granule position. Pure; any thread.
 */
#ifndef NETSINK_ENTRY_H
#define NETSINK_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "netsink/query.h"

/* Browsers' audio elements read in blocks of 32 KiB: what they are sent at once
   has to be more than one of them, whatever the rate. */
#define ENTRY_BROWSER_BYTES (48 * 1024)

/* ?from= may be so far ahead of what there is, packets: 10 s. */
#define ENTRY_AHEAD_MAX 500

/* What there is of a rung now, in packets: [first, edge), the edge by the
   mount's pace. */
struct entry_range {
    uint64_t first, edge;
};

/* The audio that a listener is to have ahead, packets. rate: bytes/s of the
   rung; element: it is a browser's audio or video element. */
uint32_t entry_lead(const struct query *q, double rate, bool element);

/* The first packet: what ?from= asks for, the lead before the edge, or the
   nearest that there is. With a lead of some seconds it is a key packet, a
   page to a page and a second earlier: a decoder that begins there is right at
   once. Errors:
   -ERANGE (?from= is too far ahead). */
int entry_seq(const struct query *q, uint32_t lead,
              const struct entry_range *range, uint64_t *seq);

/* A point of a timeline. */
struct entry_point {
    int64_t epoch; /* unix ms of its packet 0 */
    uint64_t seq;
};

/*
 * The granule position, 48 kHz samples, of packet `at` in a stream that is at 0
 * at `origin`, which may lie in another sink's time. Errors: -ERANGE (it lies
 * ahead, or longer ago than anybody listens: a year).
 */
int entry_granule(const struct entry_point *origin,
                  const struct entry_point *at, int64_t *granule);

/* The Ogg serial number of a session's stream: always the same. */
uint32_t entry_serial(uint64_t id);

#endif
