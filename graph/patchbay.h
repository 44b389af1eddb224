// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The patchbay at work: a JACK client without ports that sees the graph change
 * and keeps it as rules want it, also across the server's death and return. It
 * never waits for anybody who is missing, and what the user pulls by hand stays
 * out until patchbay_apply(). [main] only; JACK's notifications ([jk]) only
 * mark that something changed and make patchbay_fd() readable.
 */
#ifndef GRAPH_PATCHBAY_H
#define GRAPH_PATCHBAY_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/jgraph.h"
#include "graph/log.h"
#include "graph/plan.h"
#include "graph/rules.h"

struct patchbay;

struct patchbay_opts {
    const struct log *log;
    const char *name;   /* JACK client name; NULL: "longwave" */
    const char *server; /* NULL: $JACK_DEFAULT_SERVER or "default" */
};

/* Joins the server if it runs; where none does, patchbay_tick() goes on trying.
   Errors: -ENOMEM, -errno of eventfd(). */
int patchbay_open(struct patchbay **out, const struct patchbay_opts *o);
void patchbay_close(struct patchbay **p); /* accepts NULL */

/* Takes other rules (borrowed until the next call of it), NULL: none, as it is
   at first. What was pulled by hand and is wanted still stays out. */
void patchbay_rules(struct patchbay *p, const struct rules *r);

/* Readable when patchbay_tick() has something to do at once. */
int patchbay_fd(const struct patchbay *p);

/* Does what there is to do and returns when it wants to be called again, ns of
   clock_now(), at most a second from now. Never blocks longer than JACK takes
   to join ports. */
int64_t patchbay_tick(struct patchbay *p);

/* Forgets what was pulled and makes all there is to make now; the plan has it
   some ticks later. Errors: -EHOSTDOWN (no server), -EIO (JACK refused a cable;
   later ticks try again, and log it where that lasts). */
int patchbay_apply(struct patchbay *p);

/* Whether it is in a graph now. */
bool patchbay_joined(const struct patchbay *p);

/* The server's, as last seen. Hz, frames; 0: never joined. */
uint32_t patchbay_rate(const struct patchbay *p);
uint32_t patchbay_period(const struct patchbay *p);

/* The graph and the plan of the last tick; NULL before the first join. They
   live until the next tick. */
const struct jgraph *patchbay_graph(const struct patchbay *p);
const struct plan *patchbay_plan(const struct patchbay *p);

/* One visit: reads the graph of a server and leaves. Errors: -EHOSTDOWN (no
   such server runs), -EIO (it refuses us), -ENOMEM. */
int patchbay_look(struct jgraph **out, const char *server);

#endif
