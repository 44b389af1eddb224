// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * How a plan comes about: which ports the sides of rules stand for (sides),
 * each text looked for once; which pairs are wanted (plan_want()); and what
 * that means beside what is there (plan.c). Any one thread.
 */
#ifndef GRAPH_PLAN_PRIV_H
#define GRAPH_PLAN_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/jgraph.h"
#include "graph/names.h"
#include "graph/plan.h"
#include "graph/rules.h"

#define AUDIO 0
#define MIDI  1

/* Texts that something owns, to be freed with it. */
struct texts {
    char **text;
    uint32_t n;
};

/* Keeps a text that malloc() gave, NULL too. Returns it; NULL, and it is freed,
   where there is no memory. */
char *texts_keep(struct texts *t, char *text);
void texts_fini(struct texts *t);

/* The ports of one client: first and on, n[AUDIO] and then n[MIDI]. */
struct run {
    uint32_t client;
    uint32_t first, n[2];
};

/* Ports of one direction. */
struct found {
    uint32_t *port;
    uint32_t n, room;
    struct run *run;
    uint32_t n_runs;
};

/* Ports are added in the graph's order; then they are sorted into runs, once.
   Errors: -ENOMEM. */
int found_add(struct found *f, uint32_t port);
int found_settle(struct found *f, const struct jgraph *g);
void found_fini(struct found *f);

struct sides {
    const struct jgraph *g;
    char **client;      /* names with a NUL */
    struct texts texts; /* those */
    uint32_t *text;     /* of each port: which of the parts after the colon it
                           has; few differ. NAMES_NONE: one with a colon */
    uint32_t n_texts;
    int8_t *matches; /* of each of those parts: -1 not known yet, 0, 1 */
    struct found **found;
    uint32_t n;
    struct names index[2][2]; /* of found: inputs and outputs, exact and
                                 regexes */
};

int sides_init(struct sides *s, const struct jgraph *g); /* Errors: -ENOMEM */
void sides_fini(struct sides *s);

/* The ports that a side stands for; NULL: no memory. The side's text has to
   live as long as s. */
const struct found *sides_find(struct sides *s, const struct rules_side *side,
                               bool output);
/* If it was looked for already; else NULL. */
const struct found *sides_have(const struct sides *s, const char *text,
                               bool regex, bool output);

/* ---- wants -------------------------------------------------------------- */

struct want {
    uint32_t from, to; /* ports */
    uint32_t rule;     /* which one of the rules */
    bool yields;       /* it would, but another rule has the output */
};

struct whole_plan {
    struct plan plan; /* first: what others see of it */
    struct texts texts;
};

struct maker {
    const struct jgraph *g;
    const struct rules *rules;
    const struct pulled *pulled;
    struct whole_plan *plan;
    struct sides sides;
    struct want *want;
    uint32_t n_wants, wants_room;
    bool *alone; /* of each port: it has no cables that nobody wants */
    bool
        *joined; /* of each output: a rule that goes first has a cable for it */
    struct plan_cable *cable; /* until they are sorted by state */
    uint32_t n, room;
};

/* Errors: -ENOMEM. */
int plan_add(struct maker *m, struct plan_cable c);

/* All that the rules want, and the cables that wait. Errors: -ENOMEM. */
int plan_want(struct maker *m);

#endif
