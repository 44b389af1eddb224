// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A reader of Ogg pages of its own, written from RFC 3533 section 6 and not by
 * libogg, so that it shares no mistake with what it checks.
 */
#ifndef TESTS_UNIT_NETSINK_OGG_WALK_H
#define TESTS_UNIT_NETSINK_OGG_WALK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define OGG_CONTINUED 1
#define OGG_BOS       2
#define OGG_EOS       4

struct ogg_walk_page {
    uint8_t flags;
    int64_t granule;
    uint32_t serial, number;
    uint32_t n_packets; /* that end on it */
    uint32_t lens[255]; /* bytes of each packet's part on this page */
    uint32_t n_parts;   /* in lens; more than n_packets: one goes on */
    const uint8_t *body;
    size_t size; /* of the whole page, bytes */
};

static inline uint64_t ogg_walk_le(const uint8_t *p, uint32_t n)
{
    uint64_t x = 0;
    while (n-- > 0)
        x = x << 8 | p[n];
    return x;
}

/* Polynomial 0x04c11db7, from 0, bit by bit, the field itself taken as 0. */
static inline uint32_t ogg_walk_crc(const uint8_t *p, size_t len)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < len; i++) {
        uint32_t byte = i >= 22 && i < 26 ? 0 : p[i];
        crc ^= byte << 24;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x80000000u ? crc << 1 ^ 0x04c11db7u : crc << 1;
    }
    return crc;
}

/* The page at p. Returns NULL, or what is wrong with it. */
static inline const char *ogg_walk(const uint8_t *p, size_t len,
                                   struct ogg_walk_page *out)
{
    memset(out, 0, sizeof(*out));
    if (len < 27)
        return "shorter than a header";
    if (memcmp(p, "OggS", 4) != 0)
        return "no capture pattern";
    if (p[4] != 0)
        return "unknown version";
    uint32_t n_segments = p[26];
    if (len < 27 + n_segments)
        return "segment table cut";
    size_t body = 0;
    uint32_t part = 0;
    for (uint32_t i = 0; i < n_segments; i++) {
        uint32_t lace = p[27 + i];
        body += lace;
        part += lace;
        if (lace < 255 || i + 1 == n_segments) {
            out->lens[out->n_parts++] = part;
            out->n_packets += lace < 255;
            part = 0;
        }
    }
    out->size = 27 + n_segments + body;
    if (len < out->size)
        return "body cut";
    if (ogg_walk_crc(p, out->size) != ogg_walk_le(p + 22, 4))
        return "checksum wrong";
    out->flags = p[5];
    out->granule = (int64_t)ogg_walk_le(p + 6, 8);
    out->serial = (uint32_t)ogg_walk_le(p + 14, 4);
    out->number = (uint32_t)ogg_walk_le(p + 18, 4);
    out->body = p + 27 + n_segments;
    return NULL;
}

#endif
