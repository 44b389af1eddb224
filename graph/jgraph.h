// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A JACK graph as it is at one moment: its ports and who is joined to whom.
 * Pure data, which jgraph_add_port() and jgraph_add_link() make by hand for
 * tests and file formats, and jgraph_read() (graph/jgraph_jack.c) of a server.
 * Any one thread. Nothing here changes a graph.
 */
#ifndef GRAPH_JGRAPH_H
#define GRAPH_JGRAPH_H

#include <stdbool.h>
#include <stdint.h>

#define JGRAPH_NONE UINT32_MAX /* no such index */

struct jgraph;

struct jgraph_port {
    const char *name;     /* "client:port", the graph's */
    const char *port;     /* the part after the first colon; the graph's */
    uint32_t client_len;  /* bytes of name before the colon; the graph's */
    const char *alias[2]; /* or NULL */
    const char *pretty;   /* JACK metadata, or NULL */
    int64_t order;        /* JACK metadata; INT64_MAX: none */
    uint64_t instance;    /* another one each time a port of this name comes;
                             0: not known */
    bool output, midi, physical;
};

/* A client: its ports are first, first + 1 and so on. */
struct jgraph_client {
    const char *name; /* without a NUL: that of its first port */
    uint32_t len;     /* bytes */
    uint32_t first, n;
};

/* Ports by index; links from an output's index to an input's. */
struct jgraph_link {
    uint32_t from, to;
};

int jgraph_new(struct jgraph **out); /* Errors: -ENOMEM */
void jgraph_free(struct jgraph **g); /* accepts NULL */

/* Copies the texts; port and client_len follow from the name. Returns through
   *index, where not NULL. Errors: -EINVAL (no colon, or nothing on one side of
   it), -EEXIST, -ENOMEM. */
int jgraph_add_port(struct jgraph *g, const struct jgraph_port *port,
                    uint32_t *index);
/* By full names. A link that is there already is no error. Errors: -ENOENT (no
   such output, or no such input), -EINVAL (audio with MIDI), -ENOMEM. */
int jgraph_add_link(struct jgraph *g, const char *from, const char *to);

/*
 * To be called after adding and before what is below: sorts ports by client
 * (its bytes), then outputs before inputs, then by JACK's order where given,
 * then by name, digits by their value (in_2 before in_10), gives clients their
 * numbers in that order, and sorts links by both ends. Indices change. More may
 * be added afterwards, and then it is to be called again.
 */
int jgraph_settle(struct jgraph *g); /* Errors: -ENOMEM */

/* For a graph that was read without metadata: ports have the order they had in
   `before`, by name, and g is settled again. Errors: -ENOMEM. */
int jgraph_keep_order(struct jgraph *g, const struct jgraph *before);

uint32_t jgraph_n_ports(const struct jgraph *g);
const struct jgraph_port *jgraph_port(const struct jgraph *g, uint32_t i);
/* JGRAPH_NONE where there is none. By hash: constant time. */
uint32_t jgraph_find(const struct jgraph *g, const char *name);
/* The port that has this alias (of several the first), or JGRAPH_NONE. */
uint32_t jgraph_find_alias(const struct jgraph *g, const char *alias);

uint32_t jgraph_n_clients(const struct jgraph *g);
const struct jgraph_client *jgraph_client(const struct jgraph *g, uint32_t i);
/* Number of a port's client. */
uint32_t jgraph_client_of(const struct jgraph *g, uint32_t port);
/* A client's number, or JGRAPH_NONE. len bytes. */
uint32_t jgraph_find_client(const struct jgraph *g, const char *client,
                            uint32_t len);
/* Whether a client of this name has ports. len bytes. */
bool jgraph_has_client(const struct jgraph *g, const char *client,
                       uint32_t len);

uint32_t jgraph_n_links(const struct jgraph *g);
const struct jgraph_link *jgraph_links(const struct jgraph *g);
bool jgraph_linked(const struct jgraph *g, uint32_t from, uint32_t to);

#endif
