// SPDX-License-Identifier: GPL-3.0-or-later
/* A sorted array: there are few, and they are asked for far more often than
   added. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/plan.h"

struct cable {
    char *from, *to; /* one piece of memory, at from */
};

struct pulled {
    struct cable *cable;
    uint32_t n, room;
};

int pulled_new(struct pulled **out)
{
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : -ENOMEM;
}

void pulled_clear(struct pulled *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        free(p->cable[i].from);
    p->n = 0;
}

void pulled_free(struct pulled **p)
{
    if (!*p)
        return;
    pulled_clear(*p);
    free((*p)->cable);
    free(*p);
    *p = NULL;
}

/* Where it is, or where it would have to be put. */
static uint32_t place(const struct pulled *p, const char *from, const char *to,
                      bool *there)
{
    uint32_t low = 0, high = p->n;

    *there = false;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int order = strcmp(p->cable[mid].from, from);
        if (order == 0)
            order = strcmp(p->cable[mid].to, to);
        *there = *there || order == 0;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

int pulled_add(struct pulled *p, const char *from, const char *to)
{
    size_t from_size = strlen(from) + 1, to_size = strlen(to) + 1;
    bool there;
    uint32_t at = place(p, from, to, &there);
    char *copy;

    if (there)
        return 0;
    if (p->n == p->room) {
        uint32_t room = p->room ? 2 * p->room : 16;
        struct cable *more = realloc(p->cable, room * sizeof(*more));
        if (!more)
            return -ENOMEM;
        p->cable = more;
        p->room = room;
    }
    copy = malloc(from_size + to_size);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, from, from_size);
    memcpy(copy + from_size, to, to_size);
    memmove(&p->cable[at + 1], &p->cable[at], (p->n - at) * sizeof(*p->cable));
    p->cable[at] = (struct cable){copy, copy + from_size};
    p->n++;
    return 0;
}

void pulled_remove(struct pulled *p, const char *from, const char *to)
{
    bool there;
    uint32_t at = place(p, from, to, &there);

    if (!there)
        return;
    free(p->cable[at].from);
    p->n--;
    memmove(&p->cable[at], &p->cable[at + 1], (p->n - at) * sizeof(*p->cable));
}

bool pulled_has(const struct pulled *p, const char *from, const char *to)
{
    bool there;

    place(p, from, to, &there);
    return there;
}

void pulled_keep(struct pulled *p,
                 bool (*keep)(void *ctx, const char *from, const char *to),
                 void *ctx)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->n; i++) {
        if (keep(ctx, p->cable[i].from, p->cable[i].to))
            p->cable[n++] = p->cable[i];
        else
            free(p->cable[i].from);
    }
    p->n = n;
}
