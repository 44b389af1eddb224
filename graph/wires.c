// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/wires.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"

void wires_fini(struct wires *w)
{
    for (uint32_t i = 0; i < w->n; i++)
        free(w->wire[i].other);
    free(w->wire);
    *w = (struct wires){0};
}

static struct wire *find(struct wires *w, uint32_t port, const char *other)
{
    for (uint32_t i = 0; i < w->n; i++)
        if (w->wire[i].port == port && strcmp(w->wire[i].other, other) == 0)
            return &w->wire[i];
    return NULL;
}

static int add(struct wires *w, uint32_t port, const char *other)
{
    char *copy = NULL;

    if (w->n == w->room) {
        uint32_t room = w->room ? 2 * w->room : 16;
        struct wire *more = realloc(w->wire, room * sizeof(*more));
        if (!more)
            return -ENOMEM;
        w->wire = more;
        w->room = room;
    }
    copy = strdup(other);
    if (!copy)
        return -ENOMEM;
    w->wire[w->n++] = (struct wire){.port = port, .other = copy, .made = true};
    return 0;
}

static bool among(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

int wires_joined(struct wires *w, uint32_t port, const char *other)
{
    struct wire *x = find(w, port, other);

    if (!x)
        return add(w, port, other);
    x->made = true;
    x->told = x->left = false;
    x->gone_at = 0;
    return 0;
}

void wires_parted(struct wires *w, uint32_t port, const char *other,
                  uint32_t other_id, int64_t at)
{
    struct wire *x = find(w, port, other);

    if (!x || !x->made || x->told)
        return;
    x->told = true;
    x->other_id = other_id;
    if (x->gone_at == 0 || at < x->gone_at)
        x->gone_at = at;
}

void wires_port_gone(struct wires *w, uint32_t id)
{
    for (uint32_t i = 0; i < w->n; i++)
        if (w->wire[i].told && w->wire[i].other_id == id)
            w->wire[i].left = true;
}

/* The port has this wire. */
static int see(struct wires *w, uint32_t port, const char *other, int64_t now)
{
    struct wire *x = find(w, port, other);

    if (x && x->told && now - x->gone_at < WIRES_SEEN_MS * NS_PER_MS) {
        x->seen = true;
        return 0;
    }
    int err = wires_joined(w, port, other);
    x = err ? NULL : find(w, port, other);
    if (x)
        x->seen = true;
    return err;
}

int wires_see(struct wires *w, uint32_t port, const char *const *names,
              int64_t now)
{
    int err = 0;

    for (uint32_t i = 0; i < w->n; i++) {
        struct wire *x = &w->wire[i];
        if (x->port != port)
            continue;
        x->seen = false;
        if (x->made && x->gone_at == 0 && !among(names, x->other))
            x->gone_at = now;
    }
    for (; names && *names && !err; names++)
        err = see(w, port, *names, now);
    return err;
}

/* Drops those of which pulled() says so. */
static void drop(struct wires *w, bool (*pulled)(struct wire *x, void *ctx),
                 void *ctx)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < w->n; i++) {
        if (pulled(&w->wire[i], ctx))
            free(w->wire[i].other);
        else
            w->wire[kept++] = w->wire[i];
    }
    w->n = kept;
}

struct settling {
    int64_t now;
    bool (*exists)(void *ctx, const char *name);
    void *ctx;
    bool undecided;
};

static bool is_pulled(struct wire *x, void *ctx)
{
    struct settling *s = ctx;
    bool there;
    int64_t ms;

    if (x->gone_at == 0)
        return false;
    there = s->exists(s->ctx, x->other);
    x->left |= !there;
    ms = there ? WIRES_PULLED_MS : WIRES_ABSENT_MS;
    if (!x->seen && s->now - x->gone_at >= ms * NS_PER_MS)
        return true;
    s->undecided = true;
    return false;
}

bool wires_settle(struct wires *w, int64_t now,
                  bool (*exists)(void *ctx, const char *name), void *ctx)
{
    struct settling s = {.now = now, .exists = exists, .ctx = ctx};

    drop(w, is_pulled, &s);
    return s.undecided;
}

static bool was_pulled(struct wire *x, void *ctx)
{
    const int64_t *at = ctx;
    int64_t ms = x->left ? WIRES_ABSENT_MS : WIRES_SERVER_MS;

    return x->gone_at && *at - x->gone_at >= ms * NS_PER_MS;
}

void wires_lost(struct wires *w, int64_t at)
{
    drop(w, was_pulled, &at);
    for (uint32_t i = 0; i < w->n; i++) {
        struct wire *x = &w->wire[i];
        x->made = x->seen = x->told = x->left = false;
        x->gone_at = 0;
    }
}

uint32_t wires_waiting(const struct wires *w)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->n; i++)
        n += !w->wire[i].made;
    return n;
}

bool wires_wait_for(const struct wires *w, const char *other)
{
    for (uint32_t i = 0; i < w->n; i++)
        if (!w->wire[i].made && strcmp(w->wire[i].other, other) == 0)
            return true;
    return false;
}
