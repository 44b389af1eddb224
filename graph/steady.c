// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/steady.h"

static int64_t wait_ns(uint32_t followed)
{
    int64_t wait = STEADY_FIRST_NS;

    while (followed-- > 0 && wait < STEADY_MAX_NS)
        wait *= 2;
    return wait < STEADY_MAX_NS ? wait : STEADY_MAX_NS;
}

bool steady_follow(struct steady *s, uint32_t ours, uint32_t value, int64_t now)
{
    if (value != s->value) {
        s->value = value;
        s->since = now;
    }
    if (s->followed > 0 && value == ours &&
        now - s->followed_at >= STEADY_CALM_NS)
        s->followed = 0;
    if (value == ours || now - s->since < wait_ns(s->followed))
        return false;
    s->followed++;
    s->followed_at = now;
    return true;
}
