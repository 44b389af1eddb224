// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Names are found by hash; everything else is in the order that jgraph_settle()
 * makes. The texts of a port are one piece of memory, at its name.
 */
#include "graph/jgraph.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/names.h"

struct jgraph {
    struct jgraph_port *port;
    uint32_t n, room;
    struct jgraph_link *link;
    uint32_t n_links, links_room;
    struct jgraph_client *client; /* the rest is of the last settle */
    uint32_t n_clients;
    uint32_t *client_of; /* each port's */
    struct names by_name, by_alias, by_client;
};

int jgraph_new(struct jgraph **out)
{
    *out = calloc(1, sizeof(**out));
    return *out ? 0 : -ENOMEM;
}

void jgraph_free(struct jgraph **gp)
{
    struct jgraph *g = *gp;

    if (!g)
        return;
    for (uint32_t i = 0; i < g->n; i++)
        free((char *)g->port[i].name);
    names_fini(&g->by_name);
    names_fini(&g->by_alias);
    names_fini(&g->by_client);
    free(g->client_of);
    free(g->client);
    free(g->link);
    free(g->port);
    free(g);
    *gp = NULL;
}

/* Room for one more; returns the array, moved or not, or NULL. */
static void *one_more(void *array, uint32_t n, uint32_t *room, size_t size)
{
    uint32_t more = *room ? 2 * *room : 64;

    if (n < *room)
        return array;
    array = realloc(array, more * size);
    if (array)
        *room = more;
    return array;
}

static size_t size_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static const char *copy(char **at, const char *text)
{
    char *start = *at;

    if (!text)
        return NULL;
    memcpy(start, text, size_of(text));
    *at += size_of(text);
    return start;
}

int jgraph_add_port(struct jgraph *g, const struct jgraph_port *port,
                    uint32_t *index)
{
    const char *colon = strchr(port->name, ':');
    struct jgraph_port *ports, *p;
    char *at;
    int r;

    if (!colon || colon == port->name || !colon[1])
        return -EINVAL;
    ports = one_more(g->port, g->n, &g->room, sizeof(*ports));
    if (!ports)
        return -ENOMEM;
    g->port = ports;
    at = malloc(size_of(port->name) + size_of(port->alias[0]) +
                size_of(port->alias[1]) + size_of(port->pretty));
    if (!at)
        return -ENOMEM;
    p = &g->port[g->n];
    *p = *port;
    p->name = copy(&at, port->name);
    p->alias[0] = copy(&at, port->alias[0]);
    p->alias[1] = copy(&at, port->alias[1]);
    p->pretty = copy(&at, port->pretty);
    p->client_len = (uint32_t)(colon - port->name);
    p->port = p->name + p->client_len + 1;
    r = names_put(&g->by_name, p->name, strlen(p->name), g->n);
    if (r < 0) {
        free((char *)p->name);
        return r;
    }
    if (index)
        *index = g->n;
    g->n++;
    return 0;
}

int jgraph_add_link(struct jgraph *g, const char *from, const char *to)
{
    uint32_t f = jgraph_find(g, from), t = jgraph_find(g, to);
    struct jgraph_link *links;

    if (f == JGRAPH_NONE || t == JGRAPH_NONE || !g->port[f].output ||
        g->port[t].output)
        return -ENOENT;
    if (g->port[f].midi != g->port[t].midi)
        return -EINVAL;
    links = one_more(g->link, g->n_links, &g->links_room, sizeof(*links));
    if (!links)
        return -ENOMEM;
    g->link = links;
    g->link[g->n_links++] = (struct jgraph_link){f, t};
    return 0;
}

/* ---- order -------------------------------------------------------------- */

static int compare_clients(const struct jgraph_port *a,
                           const struct jgraph_port *b)
{
    uint32_t len =
        a->client_len < b->client_len ? a->client_len : b->client_len;
    int r = memcmp(a->name, b->name, len);

    if (r != 0)
        return r;
    return (a->client_len > b->client_len) - (a->client_len < b->client_len);
}

static int compare_ports(const void *pa, const void *pb)
{
    const struct jgraph_port *a = pa, *b = pb;
    int r = compare_clients(a, b);

    if (r != 0)
        return r;
    if (a->output != b->output)
        return a->output ? -1 : 1;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return names_compare(a->port, b->port);
}

static int compare_links(const void *pa, const void *pb)
{
    const struct jgraph_link *a = pa, *b = pb;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return (a->to > b->to) - (a->to < b->to);
}

/* By the names, which are where they were in memory: by_name still has the
   indices from before. */
static int settle_links(struct jgraph *g)
{
    uint32_t *moved = malloc((g->n + 1) * sizeof(*moved));
    uint32_t n = 0;

    if (!moved)
        return -ENOMEM;
    for (uint32_t i = 0; i < g->n; i++)
        moved[jgraph_find(g, g->port[i].name)] = i;
    for (uint32_t i = 0; i < g->n_links; i++) {
        g->link[i].from = moved[g->link[i].from];
        g->link[i].to = moved[g->link[i].to];
    }
    free(moved);
    if (g->n_links > 0)
        qsort(g->link, g->n_links, sizeof(*g->link), compare_links);
    for (uint32_t i = 0; i < g->n_links; i++)
        if (i == 0 || compare_links(&g->link[n - 1], &g->link[i]) != 0)
            g->link[n++] = g->link[i];
    g->n_links = n;
    return 0;
}

static int settle_names(struct jgraph *g)
{
    names_clear(&g->by_name);
    names_clear(&g->by_alias);
    for (uint32_t i = 0; i < g->n; i++) {
        const struct jgraph_port *p = &g->port[i];
        int r = names_put(&g->by_name, p->name, strlen(p->name), i);
        for (int k = 0; k < 2 && r == 0; k++)
            if (p->alias[k] && names_put(&g->by_alias, p->alias[k],
                                         strlen(p->alias[k]), i) == -ENOMEM)
                r = -ENOMEM;
        if (r < 0)
            return r;
    }
    return 0;
}

static int settle_clients(struct jgraph *g)
{
    struct jgraph_client *clients =
        realloc(g->client, (g->n + 1) * sizeof(*clients));
    uint32_t *of;

    if (!clients)
        return -ENOMEM;
    g->client = clients;
    of = realloc(g->client_of, (g->n + 1) * sizeof(*of));
    if (!of)
        return -ENOMEM;
    g->client_of = of;
    names_clear(&g->by_client);
    g->n_clients = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        const struct jgraph_port *p = &g->port[i];
        if (i == 0 || compare_clients(p - 1, p) != 0) {
            g->client[g->n_clients] =
                (struct jgraph_client){p->name, p->client_len, i, 0};
            if (names_put(&g->by_client, p->name, p->client_len, g->n_clients) <
                0)
                return -ENOMEM;
            g->n_clients++;
        }
        g->client[g->n_clients - 1].n++;
        of[i] = g->n_clients - 1;
    }
    return 0;
}

int jgraph_settle(struct jgraph *g)
{
    int r;

    if (g->n > 0)
        qsort(g->port, g->n, sizeof(*g->port), compare_ports);
    r = settle_links(g);
    if (r == 0)
        r = settle_names(g);
    if (r == 0)
        r = settle_clients(g);
    return r;
}

int jgraph_keep_order(struct jgraph *g, const struct jgraph *before)
{
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t old = jgraph_find(before, g->port[i].name);
        if (old != JGRAPH_NONE)
            g->port[i].order = before->port[old].order;
    }
    return jgraph_settle(g);
}

/* ---- looking ------------------------------------------------------------ */

uint32_t jgraph_n_ports(const struct jgraph *g)
{
    return g->n;
}

const struct jgraph_port *jgraph_port(const struct jgraph *g, uint32_t i)
{
    assert(i < g->n);
    return &g->port[i];
}

uint32_t jgraph_find(const struct jgraph *g, const char *name)
{
    return names_get(&g->by_name, name, strlen(name));
}

uint32_t jgraph_find_alias(const struct jgraph *g, const char *alias)
{
    return names_get(&g->by_alias, alias, strlen(alias));
}

uint32_t jgraph_n_clients(const struct jgraph *g)
{
    return g->n_clients;
}

const struct jgraph_client *jgraph_client(const struct jgraph *g, uint32_t i)
{
    assert(i < g->n_clients);
    return &g->client[i];
}

uint32_t jgraph_client_of(const struct jgraph *g, uint32_t port)
{
    assert(port < g->n);
    return g->client_of[port];
}

uint32_t jgraph_find_client(const struct jgraph *g, const char *client,
                            uint32_t len)
{
    return names_get(&g->by_client, client, len);
}

bool jgraph_has_client(const struct jgraph *g, const char *client, uint32_t len)
{
    return jgraph_find_client(g, client, len) != JGRAPH_NONE;
}

uint32_t jgraph_n_links(const struct jgraph *g)
{
    return g->n_links;
}

const struct jgraph_link *jgraph_links(const struct jgraph *g)
{
    return g->link;
}

bool jgraph_linked(const struct jgraph *g, uint32_t from, uint32_t to)
{
    struct jgraph_link l = {from, to};

    return g->n_links > 0 &&
           bsearch(&l, g->link, g->n_links, sizeof(l), compare_links) != NULL;
}
