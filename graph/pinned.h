// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Memory that [rt] works in: whole pages of its own, zeroed and touched, and
 * locked where the system permits it (RLIMIT_MEMLOCK), so that the realtime
 * thread never waits for a page. Locking everything by mlockall() is not for
 * us: graphics drivers map gigabytes. Not RT safe; any other thread.
 *
 * Of what may be locked PINNED_SPARE is left: libjack 1.9.21 maps a locked page
 * for each client of the graph. A client that has none left can't open; and
 * while one in the graph has none left, nobody else can.
 */
#ifndef GRAPH_PINNED_H
#define GRAPH_PINNED_H

#include <stdbool.h>
#include <stddef.h>

#define PINNED_SPARE (1u << 20) /* bytes: jackd has 256 clients at most */

/* Zeroed, aligned to a page; NULL: memory is short. What can't be locked is
   touched all the same. */
void *pinned_new(size_t bytes);

/* bytes as at pinned_new(). Accepts NULL. */
void pinned_free(void *p, size_t bytes);

/* Whether so many bytes more could be locked now. */
bool pinned_permitted(size_t bytes);

#endif
