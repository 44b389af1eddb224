// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A number for each of many texts, found by hash in constant time. The texts
 * are borrowed, and need no NUL. Any one thread.
 */
#ifndef GRAPH_NAMES_H
#define GRAPH_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define NAMES_NONE UINT32_MAX

struct names_slot {
    const char *text; /* NULL: free */
    uint32_t len;     /* bytes */
    uint32_t hash;
    uint32_t value;
};

struct names { /* zeroed is empty */
    struct names_slot *slot;
    uint32_t n;
    uint32_t size; /* slots, a power of two or 0 */
};

/* Errors: -EEXIST (that text is there, with the number it had), -EINVAL (not
   4 GiB, please), -ENOMEM. */
int names_put(struct names *t, const char *text, size_t len, uint32_t value);

/* NAMES_NONE where the text isn't. */
uint32_t names_get(const struct names *t, const char *text, size_t len);

/* Empty again, with its memory kept. */
void names_clear(struct names *t);

void names_fini(struct names *t);

/* As people sort: digits by their value, so that in_2 comes before in_10. As
   strcmp() returns; 0 only for the same text. */
int names_compare(const char *a, const char *b);

#endif
