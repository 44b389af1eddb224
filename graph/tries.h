// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * When a cable may be worked on again, and whether it is worth a word. What is
 * refused is tried again ever more slowly; what is done over and over, because
 * another program undoes it, comes down to once a second. Pure; any one thread.
 * Times are ns of one clock.
 */
#ifndef GRAPH_TRIES_H
#define GRAPH_TRIES_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/clock.h"

#define TRIES_FIRST_NS (10 * NS_PER_MS) /* before the second, then doubled */
#define TRIES_LAST_NS  NS_PER_S         /* between later ones */
#define TRIES_LOUD_NS  (2 * NS_PER_S)   /* refused for so long: said, once */
#define TRIES_FIGHT    5                /* as often in a row is free */
#define TRIES_CALM_NS  (10 * NS_PER_S)  /* of peace, and it is forgotten */

struct tries;

int tries_new(struct tries **out); /* Errors: -ENOMEM */
void tries_free(struct tries **t); /* accepts NULL */

/* When the cable may be worked on: now or before, or later. */
int64_t tries_at(const struct tries *t, const char *from, const char *to);

/* Leave it alone until then; tries_held() is true until it is worked on, or
   tries_hurry(). Errors: -ENOMEM. */
int tries_hold(struct tries *t, const char *from, const char *to,
               int64_t until);
bool tries_held(const struct tries *t, const char *from, const char *to);

/* It was joined or parted, to be seen in the graph in settle ns, and left alone
   until then; or JACK refused to. Returns whether to say so. */
bool tries_done(struct tries *t, const char *from, const char *to, int64_t now,
                int64_t settle);
bool tries_refused(struct tries *t, const char *from, const char *to,
                   int64_t now);

/* A port came: what is held or was refused may be for that one, and is tried at
   once. */
void tries_hurry(struct tries *t);

/* Nothing of this cable any more; of all. */
void tries_drop(struct tries *t, const char *from, const char *to);
void tries_clear(struct tries *t);

#endif
