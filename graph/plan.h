// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What has to be done so that a graph becomes what rules want: each cable with
 * its state. Pure: a function of a snapshot, rules and what was pulled by hand.
 * 100 clients with 1,000 ports take well under 10 ms. Any one thread.
 */
#ifndef GRAPH_PLAN_H
#define GRAPH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/jgraph.h"
#include "graph/rules.h"

enum plan_state {
    PLAN_PRESENT, /* wanted, and there */
    PLAN_ADD,     /* wanted, both ports are there, to be joined */
    PLAN_REMOVE,  /* not wanted, on a port that is exclusive */
    PLAN_WAITING, /* wanted once `missing` is there */
    PLAN_PULLED,  /* wanted, but the user has pulled it */
    PLAN_FOREIGN, /* not wanted, left alone */
};

struct plan_cable {
    enum plan_state state;
    const char *from, *to; /* full names, or a rule's text where what it stands
                              for is not there */
    const char *missing;   /* PLAN_WAITING: a client's or port's name, or a
                              rule's text; lives as long as the plan */
    const struct rule *rule; /* the first that wants it, or NULL */
};

struct plan {
    struct plan_cable *cable; /* PRESENT, ADD, REMOVE, WAITING, PULLED, FOREIGN
                                 in that order, each sorted by from, to */
    uint32_t n;
    uint32_t count[PLAN_FOREIGN + 1];
};

/* Cables pulled by hand, as plan_make() is told of them. Names, sorted. */
struct pulled;
int pulled_new(struct pulled **out); /* Errors: -ENOMEM */
void pulled_free(struct pulled **p); /* accepts NULL */
int pulled_add(struct pulled *p, const char *from, const char *to);
void pulled_remove(struct pulled *p, const char *from, const char *to);
bool pulled_has(const struct pulled *p, const char *from, const char *to);
void pulled_clear(struct pulled *p);

/*
 * g is settled; pulled may be NULL. A cable that an `enforce` rule wants is
 * never PULLED. A fallback rule wants a cable only from outputs which no other
 * rule has a cable for with both ends there. A rule of which a side matches
 * nothing is one WAITING cable. The plan borrows names of g and rules.
 * Errors: -ENOMEM.
 */
int plan_make(struct plan **out, const struct jgraph *g, const struct rules *r,
              const struct pulled *pulled);
void plan_free(struct plan **p); /* accepts NULL */

/* Words for people: "present", "to add", "to remove", "waiting for X", "pulled
   by hand", "foreign". */
const char *plan_state_word(enum plan_state s);

#endif
