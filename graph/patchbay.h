// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The patchbay at work: a JACK client without ports that sees the graph change
 * and keeps it as rules want it, also across the server's death and return. It
 * never waits for anybody who is missing, and what the user pulls by hand stays
 * out until patchbay_apply(). A cable that it made is taken out again when no
 * rule wants it any more, as after patchbay_rules() without that rule; one that
 * the user made, or that was there before, is left alone.
 *
 * [main] only, and nothing here waits for JACK but patchbay_look() and, for
 * seconds at most, patchbay_close(): what talks to the server is done by a
 * thread ([aside]), JACK's notifications ([jk]) only mark that something
 * changed, and both make patchbay_fd() readable. A server that stands still
 * (stopped, hung) is told of once; the patchbay waits for it, joins anew with
 * back-off in case the fault is libjack's, and has the patch complete once the
 * server moves again. Metadata that hang cost ports their names for people.
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

/* The first tick begins to join the server; where none runs, later ones go on
   trying. Errors: -ENOMEM, -errno of eventfd(). */
int patchbay_open(struct patchbay **out, const struct patchbay_opts *o);
/* Leaves the server, in three seconds at most; what hangs is left behind.
   Accepts NULL. */
void patchbay_close(struct patchbay **p);

/* Takes other rules (borrowed until the next call of it), NULL: none, as it is
   at first. What was pulled by hand and is wanted still stays out; what was
   made for rules before and is wanted no more is taken out. */
void patchbay_rules(struct patchbay *p, const struct rules *r);

/* Readable when patchbay_tick() has something to do at once. */
int patchbay_fd(const struct patchbay *p);

/* Does what there is to do and returns when it wants to be called again, ns of
   clock_now(), at most a second from now. Never blocks. */
int64_t patchbay_tick(struct patchbay *p);

/* Forgets what was pulled and makes all there is to make: the plan of some tick
   to come has it. What JACK refuses later ticks try again, and log where that
   lasts. */
void patchbay_apply(struct patchbay *p);

/* Whether it is in a graph now. */
bool patchbay_joined(const struct patchbay *p);

/* 0, or -EIO: libjack has not let go of the client for ten seconds, on
   PipeWire, where no other may be opened until it does. That was logged; the
   program should end and be started anew. */
int patchbay_failed(const struct patchbay *p);

/* Whether the server has not answered for seconds: it stands still. */
bool patchbay_still(const struct patchbay *p);

/* The server's, as last seen. Hz, frames; 0: never joined. */
uint32_t patchbay_rate(const struct patchbay *p);
uint32_t patchbay_period(const struct patchbay *p);

/* The graph and the plan of the last tick; NULL before the first join. They
   live until the next tick. */
const struct jgraph *patchbay_graph(const struct patchbay *p);
const struct plan *patchbay_plan(const struct patchbay *p);

#define PATCHBAY_LOOK_MS 8000

/* One visit: reads the graph of a server and leaves. Blocks, PATCHBAY_LOOK_MS
   and the three seconds of leaving at most. Errors: -EHOSTDOWN (no such server
   runs), -EIO (it refuses us), -ETIMEDOUT (it runs, but does not answer; on
   PipeWire also: libjack does not let go of us, and this process may open no
   client any more), -ENOMEM, -EAGAIN (no more threads). */
int patchbay_look(struct jgraph **out, const char *server);

#endif
