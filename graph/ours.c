// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/ours.h"

#include <errno.h>
#include <stdlib.h>

#include "graph/plan.h"

struct ours {
    struct pulled *set;
    int64_t came; /* ns: when we came into the server */
};

int ours_new(struct ours **out)
{
    struct ours *o = calloc(1, sizeof(*o));

    *out = NULL;
    if (!o || pulled_new(&o->set) < 0) {
        free(o);
        return -ENOMEM;
    }
    o->came = INT64_MIN / 2; /* long ago */
    *out = o;
    return 0;
}

void ours_free(struct ours **o)
{
    if (!*o)
        return;
    pulled_free(&(*o)->set);
    free(*o);
    *o = NULL;
}

bool ours_has(const struct ours *o, const char *from, const char *to)
{
    return pulled_has(o->set, from, to);
}

int ours_add(struct ours *o, const char *from, const char *to)
{
    return pulled_add(o->set, from, to);
}

void ours_remove(struct ours *o, const char *from, const char *to)
{
    pulled_remove(o->set, from, to);
}

void ours_server_came(struct ours *o, int64_t now)
{
    o->came = now;
}

static bool just_came(const struct ours *o, int64_t now)
{
    return now - o->came < OURS_RETURN_NS;
}

void ours_joined(struct ours *o, const char *from, const char *to, int64_t now)
{
    if (!just_came(o, now))
        pulled_remove(o->set, from, to);
}

void ours_settle(struct ours *o, int64_t now,
                 bool (*keep)(void *ctx, const char *from, const char *to),
                 void *ctx)
{
    if (!just_came(o, now))
        pulled_keep(o->set, keep, ctx);
}
