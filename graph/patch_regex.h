// SPDX-License-Identifier: GPL-3.0-or-later
/* A regex in parts, for the two patch_regex*.c. */
#ifndef GRAPH_PATCH_REGEX_H
#define GRAPH_PATCH_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/patch_priv.h"

#define FOREVER (-1) /* repeats without an end */

enum part_kind { CHAR, ANY, SET, OPEN, CLOSE, OR, REPEAT };

struct part {
    enum part_kind kind;
    char c;           /* CHAR */
    bool negated;     /* SET */
    uint32_t bits[4]; /* SET: of ASCII */
    int min, max;     /* REPEAT */
};

struct patch_regex {
    size_t n;
    struct part part[];
};

/* Room for so many parts, none in it yet. NULL: no memory. */
struct patch_regex *patch_regex_new(size_t parts);

static inline bool set_has(const struct part *p, int c)
{
    return p->bits[c / 32] >> (c % 32) & 1;
}

static inline void set_add(struct part *p, int c)
{
    p->bits[c / 32] |= UINT32_C(1) << (c % 32);
}

static inline void set_remove(struct part *p, int c)
{
    p->bits[c / 32] &= ~(UINT32_C(1) << (c % 32));
}

static inline int set_count(const struct part *p)
{
    int n = 0;

    for (int c = 1; c < 128; c++)
        n += set_has(p, c);
    return n;
}

/* A set of one character is that character. */
static inline void set_settle(struct part *p)
{
    if (p->negated || set_count(p) != 1)
        return;
    for (int c = 1; c < 128; c++)
        if (set_has(p, c))
            *p = (struct part){.kind = CHAR, .c = (char)c};
}

#endif
