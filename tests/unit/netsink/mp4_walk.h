// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A reader of MP4 boxes of its own, written from ISO/IEC 14496-12: finds a box
 * by its path, and says what is wrong with how they nest.
 */
#ifndef TESTS_UNIT_NETSINK_MP4_WALK_H
#define TESTS_UNIT_NETSINK_MP4_WALK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct mp4_walk_box {
    const uint8_t *data; /* behind size and type */
    size_t len;
};

static inline uint64_t mp4_walk_be(const uint8_t *p, uint32_t n)
{
    uint64_t x = 0;
    while (n-- > 0)
        x = x << 8 | *p++;
    return x;
}

/* Bytes before a container's first child, or -1: it holds no boxes. */
static inline int mp4_walk_prefix(const uint8_t *type)
{
    static const struct {
        char type[5];
        int prefix;
    } known[] = {
        {"moov", 0}, {"trak", 0}, {"mdia", 0}, {"minf", 0},
        {"dinf", 0}, {"stbl", 0}, {"mvex", 0}, {"moof", 0},
        {"traf", 0}, {"dref", 8}, {"stsd", 8}, {"Opus", 28},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (memcmp(type, known[i].type, 4) == 0)
            return known[i].prefix;
    }
    return -1;
}

/* What a box without children must hold, in bytes; -1: anything. */
static inline int64_t mp4_walk_leaf(const uint8_t *type, const uint8_t *p,
                                    size_t len)
{
    static const struct {
        char type[5];
        int len;
    } known[] = {
        {"mvhd", 100}, {"tkhd", 84}, {"mdhd", 24}, {"smhd", 8},  {"url ", 4},
        {"stts", 8},   {"stsc", 8},  {"stco", 8},  {"stsz", 12}, {"dOps", 11},
        {"trex", 24},  {"mfhd", 8},  {"tfhd", 8},  {"tfdt", 12},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (memcmp(type, known[i].type, 4) == 0)
            return known[i].len;
    }
    if (memcmp(type, "trun", 4) == 0) /* an offset, and a size for each */
        return len < 8 ? 12 : 12 + 4 * (int64_t)mp4_walk_be(p + 4, 4);
    return -1;
}

/* All boxes of p, in and in. Returns NULL, or what is wrong, said in why. */
static inline const char *mp4_walk(const uint8_t *p, size_t len, char why[64])
{
    size_t at = 0;

    while (at < len) {
        if (len - at < 8)
            return "less than a header left";
        size_t size = (size_t)mp4_walk_be(p + at, 4);
        const uint8_t *type = p + at + 4, *data = p + at + 8;
        snprintf(why, 64, "%.4s: ", (const char *)type);
        if (size < 8)
            return strcat(why, "smaller than its header");
        if (size > len - at)
            return strcat(why, "reaches over its parent's end");
        int prefix = mp4_walk_prefix(type);
        int64_t leaf = mp4_walk_leaf(type, data, size - 8);
        if (leaf >= 0 && (size_t)leaf != size - 8)
            return strcat(why, "not as long as its fields");
        if (prefix >= 0) {
            if (size - 8 < (size_t)prefix)
                return strcat(why, "shorter than its fields");
            const char *bad =
                mp4_walk(data + prefix, size - 8 - (size_t)prefix, why);
            if (bad)
                return bad;
        }
        at += size;
    }
    return NULL;
}

/* The only box at path ("moov/trak/tkhd"); data is NULL when there is none or
   another. */
static inline struct mp4_walk_box mp4_walk_find(const uint8_t *p, size_t len,
                                                const char *path)
{
    struct mp4_walk_box found = {NULL, 0};

    for (size_t at = 0, size; at + 8 <= len; at += size) {
        size = (size_t)mp4_walk_be(p + at, 4);
        if (size < 8 || size > len - at)
            break;
        if (memcmp(p + at + 4, path, 4) != 0)
            continue;
        if (found.data)
            return (struct mp4_walk_box){NULL, 0};
        found = (struct mp4_walk_box){p + at + 8, size - 8};
    }
    if (!found.data || path[4] == '\0')
        return found;
    size_t prefix = (size_t)mp4_walk_prefix((const uint8_t *)path);
    return mp4_walk_find(found.data + prefix, found.len - prefix, path + 5);
}

#endif
