// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/tries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Few cables ever have one: those in trouble, and those of the last seconds. */
struct
try {
    char *from, *to;
    int64_t at;      /* not before, ns */
    int64_t last;    /* worked on, ns; 0: not yet */
    int64_t refused; /* since, ns; 0: it is not */
    uint32_t n;      /* in a row */
    bool held, loud; /* loud: the refusal was said */
};

struct tries {
    struct try *list;
    uint32_t n, room;
};

int tries_new(struct tries **out)
{
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : -ENOMEM;
}

void tries_free(struct tries **t)
{
    if (!*t)
        return;
    tries_clear(*t);
    free((*t)->list);
    free(*t);
    *t = NULL;
}

static struct try *find(const struct tries *t, const char *from, const char *to)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (strcmp(t->list[i].from, from) == 0 &&
            strcmp(t->list[i].to, to) == 0)
            return &t->list[i];
    return NULL;
}

static void drop(struct tries *t, uint32_t i)
{
    free(t->list[i].from);
    free(t->list[i].to);
    t->list[i] = t->list[--t->n];
}

static struct try *add(struct tries *t, const char *from, const char *to)
{
    if (t->n == t->room) {
        uint32_t room = t->room ? 2 * t->room : 16;
        struct try *more = realloc(t->list, room * sizeof(*more));
        if (!more)
            return NULL;
        t->list = more;
        t->room = room;
    }
    struct try one = {.from = strdup(from), .to = strdup(to)};
    if (!one.from || !one.to) {
        free(one.from);
        free(one.to);
        return NULL;
    }
    t->list[t->n] = one;
    return &t->list[t->n++];
}

static struct try *have(struct tries *t, const char *from, const char *to,
                        int64_t now)
{
    for (uint32_t i = t->n; i-- > 0;)
        if (!t->list[i].held && !t->list[i].refused &&
            now - t->list[i].last > TRIES_CALM_NS)
            drop(t, i);
    struct try *one = find(t, from, to);
    return one ? one : add(t, from, to);
}

int64_t tries_at(const struct tries *t, const char *from, const char *to)
{
    const struct try *one = find(t, from, to);

    return one ? one->at : INT64_MIN;
}

int tries_hold(struct tries *t, const char *from, const char *to, int64_t until)
{
    struct try *one = find(t, from, to);

    if (!one)
        one = add(t, from, to);
    if (!one)
        return -ENOMEM;
    one->held = true;
    if (one->at < until)
        one->at = until;
    return 0;
}

bool tries_held(const struct tries *t, const char *from, const char *to)
{
    const struct try *one = find(t, from, to);

    return one && one->held;
}

bool tries_done(struct tries *t, const char *from, const char *to, int64_t now,
                int64_t settle)
{
    struct try *one = have(t, from, to, now);
    bool say;

    if (!one)
        return true;
    /* Those that were refused are no joins to be tired of. */
    if (one->refused)
        one->n = 0;
    say = one->loud || ++one->n <= TRIES_FIGHT;
    one->at = now + (one->n < TRIES_FIGHT ? settle : TRIES_LAST_NS);
    one->last = now;
    one->refused = 0;
    one->held = one->loud = false;
    return say;
}

bool tries_refused(struct tries *t, const char *from, const char *to,
                   int64_t now)
{
    struct try *one = have(t, from, to, now);
    int64_t pause = TRIES_FIRST_NS;

    if (!one)
        return false;
    if (!one->refused) {
        one->refused = now;
        one->n = 0;
    }
    for (uint32_t i = 0; i < one->n && pause < TRIES_LAST_NS; i++)
        pause *= 2;
    one->n++;
    one->at = now + (pause < TRIES_LAST_NS ? pause : TRIES_LAST_NS);
    one->last = now;
    one->held = false;
    if (one->loud || now - one->refused < TRIES_LOUD_NS)
        return false;
    one->loud = true;
    return true;
}

void tries_hurry(struct tries *t)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (t->list[i].held || t->list[i].refused) {
            t->list[i].at = INT64_MIN;
            t->list[i].held = false;
        }
}

void tries_drop(struct tries *t, const char *from, const char *to)
{
    struct try *one = find(t, from, to);

    if (one)
        drop(t, (uint32_t)(one - t->list));
}

void tries_clear(struct tries *t)
{
    while (t->n > 0)
        drop(t, t->n - 1);
}
