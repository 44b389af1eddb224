// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The hub: the last minute of encoded packets of one rung, shared by all
 * listeners. [enc] puts packets in, [ev] copies them out by number; a lock held
 * for the length of a copy stands between them. It never grows.
 */
#ifndef NETSINK_HUB_H
#define NETSINK_HUB_H

#include <stdint.h>

#define HUB_SECONDS    60
#define HUB_PACKETS    (HUB_SECONDS * 50)
#define HUB_PACKET_MAX 1276 /* bytes: the largest Opus frame, RFC 6716 3.4 */

struct hub;

/* Errors: -ENOMEM, -EMFILE... (the wake-up descriptor). */
int hub_new(struct hub **out);
void hub_free(struct hub **h);

/* [enc] Adds packet seq, which must follow the last one (the first may have any
   number), and wakes [ev]. Errors: -EINVAL (out of order, empty, or too large).
 */
int hub_put(struct hub *h, uint64_t seq, const uint8_t *data, uint32_t len);

/* Numbers held: [*first, *end). Any thread. */
void hub_range(struct hub *h, uint64_t *first, uint64_t *end);

/* Copies packet seq into data[HUB_PACKET_MAX]; returns its length, or -ENOENT
   when it is not there (any more). Any thread. */
int hub_get(struct hub *h, uint64_t seq, uint8_t *data);

/* An eventfd that becomes readable when packets were put; the reader reads it
   to reset. [ev] */
int hub_fd(const struct hub *h);

#endif
