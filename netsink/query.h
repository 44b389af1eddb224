// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a listener asks for: the path and query of a stream's URL, checked, and
 * a Range header. Pure; any thread; allocates nothing.
 *
 *   /MOUNT.opus  ?latency=live|low|normal|safe  ?bitrate=96  ?from=SEQ
 *   /MOUNT.mp4   the same
 *   /MOUNT.wav   ?latency  ?from  ?rate=44100|48000|96000
 *                ?format=s16|s24|f32  ?channels=1|2
 */
#ifndef NETSINK_QUERY_H
#define NETSINK_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "netsink/latency.h"
#include "netsink/mount.h"
#include "netsink/stream.h"

#define QUERY_SAID 160 /* bytes of a message, with its end */

struct query {
    const struct mount *mount;
    enum stream_kind kind;
    enum latency latency; /* LATENCY_SAFE unless asked for */
    uint32_t rung;
    bool pinned; /* ?bitrate was there; WAV always is */
    bool has_from;
    uint64_t from; /* packet */
};

/*
 * path and query as they came, not decoded; query may be NULL. Keys that are
 * not known are left alone (a player's or a page's own), those known are
 * checked: for this container, once, and with a value that there is. Returns 0,
 * -ENOENT (no such stream: said is empty), or -EINVAL, and says then where it
 * is wrong and what is allowed, in words of ours alone.
 */
int query_parse(struct query *q, const struct mount *mounts, uint32_t n_mounts,
                const char *path, const char *query, char said[QUERY_SAID]);

/* "bytes=N-": true and *first (UINT64_MAX: more than 15 digits). Ranges with an
   end, several ranges and anything else are no wish of ours to fulfil (RFC
   9110 14.2 lets us): false. */
bool query_range(const char *header, uint64_t *first);

#endif
