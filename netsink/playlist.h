// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Playlists of one entry, a mount's Ogg stream, for players that are given a
 * link to one: /MOUNT.m3u, .pls and .xspf. Pure; any thread.
 */
#ifndef NETSINK_PLAYLIST_H
#define NETSINK_PLAYLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "netsink/query.h"

enum playlist_kind { PLAYLIST_M3U, PLAYLIST_PLS, PLAYLIST_XSPF };

struct playlist {
    enum playlist_kind kind;
    struct query q; /* what the link said, to be passed on to the stream */
};

/* As query_parse(): 0, -ENOENT (no playlist's path), or -EINVAL and said. */
int playlist_parse(struct playlist *p, const struct mount *mounts,
                   uint32_t n_mounts, const char *path, const char *query,
                   char said[QUERY_SAID]);

/* A Host header (RFC 9110 7.2) that a URL can be made of: a name or an address
   with, maybe, a port, and nothing that means anything in a playlist. */
bool playlist_host_ok(const char *host);

const char *playlist_type(enum playlist_kind kind);

#define PLAYLIST_MAX 2048 /* bytes, with the end */

/* The text. base: "http://host:port", of a host that is ok. Always fits.
   Returns its length. */
size_t playlist_write(const struct playlist *p, const char *base,
                      char text[PLAYLIST_MAX]);

#endif
