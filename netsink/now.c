// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/now.h"

#include <string.h>

#include "graph/text.h"

#define PACKET_MS 20

static bool same(const struct now *a, const struct now *b)
{
    return strcmp(a->title, b->title) == 0 && strcmp(a->detail, b->detail) == 0;
}

/* The packet of a moment; none before the first. */
static uint64_t seq_of(int64_t unix_ms, const struct now_clock *c)
{
    int64_t ago = (c->unix_ms - unix_ms) / PACKET_MS;

    if (ago <= 0)
        return c->edge;
    return (uint64_t)ago < c->edge ? c->edge - (uint64_t)ago : 0;
}

/* On air from now on. What nobody knew is none of the recent ones. */
static bool change(struct now_playing *p, const struct now *now,
                   const struct now_clock *c)
{
    if (same(&p->now.now, now))
        return false;
    if (p->now.now.title[0]) {
        memmove(p->recent + 1, p->recent,
                (NOW_RECENT - 1) * sizeof(p->recent[0]));
        p->recent[0] = p->now;
        if (p->n_recent < NOW_RECENT)
            p->n_recent++;
    }
    uint64_t seq = seq_of(now->unix_ms, c);
    /* It can't have been heard before what was on air before it. */
    if (seq < p->now.seq)
        seq = p->now.seq;
    p->now = (struct now_heard){*now, seq};
    return true;
}

bool now_tell(struct now_playing *p, const struct now *now,
              const struct now_clock *c)
{
    text_clean(p->told.title, sizeof(p->told.title), now->title);
    text_clean(p->told.detail, sizeof(p->told.detail), now->detail);
    p->told.unix_ms = now->unix_ms;
    return !p->overruled && change(p, &p->told, c);
}

bool now_overrule(struct now_playing *p, const char *title, const char *detail,
                  const struct now_clock *c)
{
    struct now said = {.unix_ms = c->unix_ms};

    p->overruled = title && *title;
    if (!p->overruled) {
        /* Heard again from this moment on, not since it was told. */
        said = p->told;
        said.unix_ms = c->unix_ms;
        return change(p, &said, c);
    }
    text_clean(said.title, sizeof(said.title), title);
    text_clean(said.detail, sizeof(said.detail), detail);
    return change(p, &said, c);
}
