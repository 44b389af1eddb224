// SPDX-License-Identifier: GPL-3.0-or-later
/* Open addressing, at most half full; FNV-1a. */
#include "graph/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST 64

static uint32_t hash_of(const char *text, size_t len)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < len; i++)
        h = (h ^ (uint8_t)text[i]) * 16777619u;
    return h;
}

/* Where the text is, or the free slot where it would be. */
static struct names_slot *slot_of(struct names_slot *slots, uint32_t size,
                                  const char *text, size_t len, uint32_t hash)
{
    uint32_t i = hash & (size - 1);

    while (slots[i].text &&
           (slots[i].hash != hash || slots[i].len != len ||
            (len > 0 && memcmp(slots[i].text, text, len) != 0)))
        i = (i + 1) & (size - 1);
    return &slots[i];
}

static int grow(struct names *t)
{
    uint32_t size = t->size ? 2 * t->size : SIZE_FIRST;
    struct names_slot *slots = calloc(size, sizeof(*slots));

    if (!slots)
        return -ENOMEM;
    for (uint32_t i = 0; i < t->size; i++) {
        const struct names_slot *s = &t->slot[i];
        if (s->text)
            *slot_of(slots, size, s->text, s->len, s->hash) = *s;
    }
    free(t->slot);
    t->slot = slots;
    t->size = size;
    return 0;
}

int names_put(struct names *t, const char *text, size_t len, uint32_t value)
{
    uint32_t hash = hash_of(text, len);
    struct names_slot *s;

    if (len > UINT32_MAX)
        return -EINVAL;
    if (t->n >= t->size / 2 && grow(t) < 0)
        return -ENOMEM;
    s = slot_of(t->slot, t->size, text, len, hash);
    if (s->text)
        return -EEXIST;
    *s = (struct names_slot){text, (uint32_t)len, hash, value};
    t->n++;
    return 0;
}

uint32_t names_get(const struct names *t, const char *text, size_t len)
{
    const struct names_slot *s;

    if (t->n == 0)
        return NAMES_NONE;
    s = slot_of(t->slot, t->size, text, len, hash_of(text, len));
    return s->text ? s->value : NAMES_NONE;
}

void names_clear(struct names *t)
{
    if (t->slot)
        memset(t->slot, 0, t->size * sizeof(*t->slot));
    t->n = 0;
}

void names_fini(struct names *t)
{
    free(t->slot);
    *t = (struct names){NULL};
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

int names_compare(const char *a, const char *b)
{
    const char *x = a, *y = b;

    while (*x && *y) {
        size_t n = 0, m = 0;
        if (!digit(*x) || !digit(*y)) {
            if (*x != *y)
                return (uint8_t)*x < (uint8_t)*y ? -1 : 1;
            x++;
            y++;
            continue;
        }
        x += strspn(x, "0");
        y += strspn(y, "0");
        while (digit(x[n]))
            n++;
        while (digit(y[m]))
            m++;
        if (n != m)
            return n < m ? -1 : 1;
        if (memcmp(x, y, n) != 0)
            return memcmp(x, y, n);
        x += n;
        y += m;
    }
    if (*x || *y)
        return *x ? 1 : -1;
    return strcmp(a, b); /* in_2 and in_02 */
}
