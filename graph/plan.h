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
    PLAN_REMOVE,  /* not wanted, on a port that is exclusive; or a fallback's,
                     which has to yield */
    PLAN_WAITING, /* wanted once `missing` is there */
    PLAN_PULLED,  /* wanted, but the user has pulled it */
    PLAN_FOREIGN, /* not wanted, left alone */
};

struct plan_cable {
    enum plan_state state;
    const char *from, *to;   /* full names; of PLAN_WAITING a client's where it
                                is all of its ports, or a rule's text where that
                                stands for several, or for what isn't there */
    const char *missing;     /* PLAN_WAITING: the client who is absent; else the
                                port, or a regex as it is written, or words: "an
                                audio input of mixer"; as long as the plan */
    const struct rule *rule; /* the first that wants it, or NULL */
};

struct plan {
    struct plan_cable *cable; /* PRESENT, ADD, REMOVE, WAITING, PULLED, FOREIGN
                                 in that order, each in the graph's order of
                                 from, to; WAITING by names_compare() */
    uint32_t n;
    uint32_t count[PLAN_FOREIGN + 1];
};

/* Cables pulled by hand, as plan_make() is told of them. Names, copied. */
struct pulled;
int pulled_new(struct pulled **out); /* Errors: -ENOMEM */
void pulled_free(struct pulled **p); /* accepts NULL */
/* One that is there already is no error. Errors: -ENOMEM. */
int pulled_add(struct pulled *p, const char *from, const char *to);
void pulled_remove(struct pulled *p, const char *from, const char *to);
bool pulled_has(const struct pulled *p, const char *from, const char *to);
void pulled_clear(struct pulled *p);
/* Only those stay that keep() is true of. */
void pulled_keep(struct pulled *p,
                 bool (*keep)(void *ctx, const char *from, const char *to),
                 void *ctx);

/*
 * g is settled; pulled may be NULL. The plan borrows names of g and rules.
 *
 * A cable that an `enforce` rule wants is never PULLED; one that is there isn't
 * either.
 *
 * A fallback rule wants a cable only from outputs for which no other rule has
 * one with both ends there, pulled or not; among fallback rules the first has
 * it. Where such a cable is there nevertheless, it is to REMOVE.
 *
 * Ports that an exclusive rule stands for are exclusive at once, whether or not
 * the other side is there; a fallback's outputs only while it has them.
 *
 * A rule of which a side matches nothing is one WAITING cable, and so is one
 * whose sides have nothing in common (audio here, MIDI there). With groups each
 * `to` that comes out of them is a cable of its own here.
 *
 * Errors: -ENOMEM.
 */
int plan_make(struct plan **out, const struct jgraph *g, const struct rules *r,
              const struct pulled *pulled);
void plan_free(struct plan **p); /* accepts NULL */

/* Words for people: "present", "to add", "to remove", "waiting for" (whom is
   the caller's to say), "pulled by hand", "foreign". */
const char *plan_state_word(enum plan_state s);

#endif
