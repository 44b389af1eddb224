// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/gone.h"

#include <string.h>

void gone_add(struct gone_list *g, const struct session *ses)
{
    struct gone *one = &g->all[0];

    if (g->n < GONE_MAX)
        g->n++;
    memmove(&g->all[1], &g->all[0], (g->n - 1) * sizeof(g->all[0]));
    *one = (struct gone){
        .number = ses->number,
        .mount = ses->mount,
        .kind = ses->stream.o.kind,
        .latency = ses->latency,
        .begun = ses->begun,
        .ended = ses->ended,
        .bytes = ses->past_bytes,
        .packets = ses->past_packets,
        .skips = ses->past_skips,
        .switches = ses->past_switches,
        .connections = ses->connections,
        .why = ses->why,
    };
    memcpy(one->address, ses->address, sizeof(one->address));
    memcpy(one->agent, ses->agent, sizeof(one->agent));
}

void gone_remove(struct gone_list *g, uint64_t number)
{
    for (uint32_t i = 0; i < g->n; i++) {
        if (g->all[i].number != number)
            continue;
        memmove(&g->all[i], &g->all[i + 1], (g->n - 1 - i) * sizeof(g->all[0]));
        g->n--;
        return;
    }
}

const char *gone_why(enum listener_end why)
{
    switch (why) {
    case LISTENER_LEFT:
        return "left";
    case LISTENER_STALLED:
        return "stalled";
    case LISTENER_REPLACED:
        return "replaced";
    case LISTENER_CUT:
        return "cut";
    case LISTENER_DROPPED:
        return "dropped";
    case LISTENER_NO_MEMORY:
        break;
    }
    return "no memory";
}
