// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "graph/text.h"
#include "netsink/desk_priv.h"

static json_t *port_json(const struct jgraph_port *p)
{
    return json_pack("{s:o, s:o, s:b, s:b, s:b}", "name", desk_text(p->port),
                     "pretty", p->pretty ? desk_text(p->pretty) : json_null(),
                     "output", (int)p->output, "midi", (int)p->midi, "physical",
                     (int)p->physical);
}

void desk_graph_client(const struct jgraph *g, uint32_t i,
                       char out[DESK_NAME_MAX])
{
    const struct jgraph_client *c = jgraph_client(g, i);
    size_t n = c->len < DESK_NAME_MAX ? c->len : DESK_NAME_MAX - 1;

    memcpy(out, c->name, n);
    out[n] = '\0';
}

static json_t *client_json(const struct jgraph *g, uint32_t i)
{
    const struct jgraph_client *c = jgraph_client(g, i);
    json_t *ports = json_array();
    char name[DESK_NAME_MAX];

    for (uint32_t k = c->first; k < c->first + c->n && k < DESK_PORTS_MAX; k++)
        json_array_append_new(ports, port_json(jgraph_port(g, k)));
    desk_graph_client(g, i, name);
    return json_pack("{s:o, s:o}", "name", desk_text(name), "ports", ports);
}

static json_t *links_json(const struct jgraph *g)
{
    const struct jgraph_link *l = jgraph_links(g);
    json_t *all = json_array();

    for (uint32_t i = 0; i < jgraph_n_links(g) && i < DESK_LINKS_MAX; i++)
        if (l[i].from < DESK_PORTS_MAX && l[i].to < DESK_PORTS_MAX)
            json_array_append_new(
                all,
                json_pack("[o, o]", desk_text(jgraph_port(g, l[i].from)->name),
                          desk_text(jgraph_port(g, l[i].to)->name)));
    return all;
}

json_t *desk_graph_json(const struct jgraph *g)
{
    json_t *clients;

    if (!g)
        return json_null();
    clients = json_array();
    for (uint32_t i = 0; i < jgraph_n_clients(g); i++)
        if (jgraph_client(g, i)->first < DESK_PORTS_MAX)
            json_array_append_new(clients, client_json(g, i));
    return json_pack("{s:o, s:o}", "clients", clients, "links", links_json(g));
}

/* Clients by how far they are: a queue, and whether they were in it. */
struct search {
    uint32_t n, done;
    uint32_t *queue;
    bool *seen;
};

static void enter(struct search *s, uint32_t client)
{
    if (!s->seen[client])
        s->queue[s->n++] = client;
    s->seen[client] = true;
}

/* All that a port hears. Links are few: each is looked at. */
static void enter_sources(struct search *s, const struct jgraph *g,
                          uint32_t port)
{
    const struct jgraph_link *l = jgraph_links(g);

    for (uint32_t i = 0; i < jgraph_n_links(g); i++)
        if (l[i].to == port && !jgraph_port(g, port)->midi)
            enter(s, jgraph_client_of(g, l[i].from));
}

static uint32_t go_on(struct search *s, const struct jgraph *g,
                      bool (*is_one)(void *ctx, const char *client), void *ctx)
{
    char name[DESK_NAME_MAX];

    while (s->done < s->n) {
        uint32_t i = s->queue[s->done++];
        const struct jgraph_client *c = jgraph_client(g, i);

        desk_graph_client(g, i, name);
        if (is_one(ctx, name))
            return i;
        for (uint32_t k = c->first; k < c->first + c->n; k++)
            if (!jgraph_port(g, k)->output)
                enter_sources(s, g, k);
    }
    return JGRAPH_NONE;
}

uint32_t desk_graph_upstream(const struct jgraph *g, const char *const *ports,
                             uint32_t n,
                             bool (*is_one)(void *ctx, const char *client),
                             void *ctx)
{
    uint32_t n_clients = jgraph_n_clients(g), found = JGRAPH_NONE;
    struct search s = {
        .queue = calloc(n_clients + 1, sizeof(*s.queue)),
        .seen = calloc(n_clients + 1, sizeof(*s.seen)),
    };

    for (uint32_t i = 0; s.queue && s.seen && i < n; i++) {
        uint32_t port = jgraph_find(g, ports[i]);
        if (port != JGRAPH_NONE)
            enter_sources(&s, g, port);
    }
    if (s.queue && s.seen)
        found = go_on(&s, g, is_one, ctx);
    free(s.queue);
    free(s.seen);
    return found;
}
