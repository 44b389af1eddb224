// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/pulls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One that may still be forgiven. */
struct fresh {
    char *from, *to;
    uint32_t from_id, to_id;
    int64_t cut; /* ns */
    bool said;
};

struct pulls {
    struct pulled *set;
    struct fresh *fresh; /* in the order of their times */
    uint32_t n, room;
};

int pulls_new(struct pulls **out)
{
    struct pulls *p = calloc(1, sizeof(*p));

    *out = NULL;
    if (!p)
        return -ENOMEM;
    if (pulled_new(&p->set) < 0) {
        free(p);
        return -ENOMEM;
    }
    *out = p;
    return 0;
}

void pulls_free(struct pulls **p)
{
    if (!*p)
        return;
    pulls_forget(*p);
    pulled_free(&(*p)->set);
    free((*p)->fresh);
    free(*p);
    *p = NULL;
}

const struct pulled *pulls_now(const struct pulls *p)
{
    return p->set;
}

static void drop(struct pulls *p, uint32_t i)
{
    free(p->fresh[i].from);
    free(p->fresh[i].to);
    p->n--;
    memmove(&p->fresh[i], &p->fresh[i + 1], (p->n - i) * sizeof(*p->fresh));
}

static void forgive(struct pulls *p, uint32_t i)
{
    pulled_remove(p->set, p->fresh[i].from, p->fresh[i].to);
    drop(p, i);
}

/* Those that nothing more is to be said of. */
static void settle(struct pulls *p)
{
    while (p->n > 0 && p->fresh[0].said)
        drop(p, 0);
}

int pulls_cut(struct pulls *p, const char *from, const char *to,
              uint32_t from_id, uint32_t to_id, int64_t now)
{
    settle(p);
    if (p->n == p->room) {
        uint32_t room = p->room ? 2 * p->room : 16;
        struct fresh *more = realloc(p->fresh, room * sizeof(*more));
        if (!more)
            return -ENOMEM;
        p->fresh = more;
        p->room = room;
    }
    struct fresh f = {.from = strdup(from),
                      .to = strdup(to),
                      .from_id = from_id,
                      .to_id = to_id,
                      .cut = now};
    if (!f.from || !f.to || pulled_add(p->set, from, to) < 0) {
        free(f.from);
        free(f.to);
        return -ENOMEM;
    }
    p->fresh[p->n++] = f;
    return 0;
}

void pulls_port_gone(struct pulls *p, uint32_t id, int64_t now)
{
    for (uint32_t i = p->n; i-- > 0;)
        if ((p->fresh[i].from_id == id || p->fresh[i].to_id == id) &&
            now - p->fresh[i].cut < PULLS_CLIENT_NS)
            forgive(p, i);
}

void pulls_server_gone(struct pulls *p, int64_t now)
{
    while (p->n > 0) {
        if (now - p->fresh[p->n - 1].cut <= PULLS_SERVER_NS)
            forgive(p, p->n - 1);
        else
            drop(p, p->n - 1); /* numbers mean others on the next server */
    }
}

void pulls_joined(struct pulls *p, const char *from, const char *to)
{
    pulled_remove(p->set, from, to);
    for (uint32_t i = p->n; i-- > 0;)
        if (strcmp(p->fresh[i].from, from) == 0 &&
            strcmp(p->fresh[i].to, to) == 0)
            drop(p, i);
}

void pulls_seen(struct pulls *p, const char *from, const char *to, int64_t now)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (now - p->fresh[i].cut < PULLS_SEEN_NS &&
            strcmp(p->fresh[i].from, from) == 0 &&
            strcmp(p->fresh[i].to, to) == 0)
            return;
    pulls_joined(p, from, to);
}

void pulls_forget(struct pulls *p)
{
    while (p->n > 0)
        drop(p, p->n - 1);
    pulled_clear(p->set);
}

bool pulls_news(struct pulls *p, int64_t now, const char **from,
                const char **to)
{
    settle(p);
    for (uint32_t i = 0; i < p->n; i++)
        if (!p->fresh[i].said && now - p->fresh[i].cut >= PULLS_CLIENT_NS) {
            p->fresh[i].said = true;
            *from = p->fresh[i].from;
            *to = p->fresh[i].to;
            return true;
        }
    return false;
}

int64_t pulls_news_at(const struct pulls *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (!p->fresh[i].said)
            return p->fresh[i].cut + PULLS_CLIENT_NS;
    return INT64_MAX;
}
