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

int wires_see(struct wires *w, uint32_t port, const char *const *names,
              int64_t now)
{
    int err = 0;

    for (uint32_t i = 0; i < w->n; i++) {
        struct wire *x = &w->wire[i];
        if (x->port == port && x->made && x->gone_at == 0 &&
            !among(names, x->other))
            x->gone_at = now;
    }
    for (; names && *names && !err; names++) {
        struct wire *x = find(w, port, *names);
        if (x) {
            x->made = true;
            x->gone_at = 0;
        } else {
            err = add(w, port, *names);
        }
    }
    return err;
}

bool wires_settle(struct wires *w, int64_t now,
                  bool (*exists)(void *ctx, const char *name), void *ctx)
{
    bool undecided = false;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < w->n; i++) {
        struct wire *x = &w->wire[i];
        int64_t gone = x->gone_at ? now - x->gone_at : 0;
        if (gone >= WIRES_ABSENT_MS * NS_PER_MS ||
            (gone >= WIRES_PULLED_MS * NS_PER_MS && exists(ctx, x->other))) {
            free(x->other);
            continue;
        }
        undecided |= x->gone_at != 0;
        w->wire[kept++] = *x;
    }
    w->n = kept;
    return undecided;
}

void wires_lost(struct wires *w)
{
    for (uint32_t i = 0; i < w->n; i++) {
        w->wire[i].made = false;
        w->wire[i].gone_at = 0;
    }
}

uint32_t wires_waiting(const struct wires *w)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->n; i++)
        n += !w->wire[i].made;
    return n;
}
