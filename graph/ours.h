// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which cables the patchbay has made by its rules: those it takes out again
 * when no rule wants them any more, while all others are left alone. A cable
 * stays ours when it is cut and when the server goes, as clients bring theirs
 * back by themselves; it is somebody else's once they have joined it. Pure; any
 * one thread. Times are ns of one clock.
 */
#ifndef GRAPH_OURS_H
#define GRAPH_OURS_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/clock.h"

/* So long after a server has come its clients bring back what they had. */
#define OURS_RETURN_NS (5 * NS_PER_S)

struct ours;

int ours_new(struct ours **out); /* Errors: -ENOMEM */
void ours_free(struct ours **o); /* accepts NULL */

bool ours_has(const struct ours *o, const char *from, const char *to);

/* Made by a rule. Errors: -ENOMEM. */
int ours_add(struct ours *o, const char *from, const char *to);

/* Parted by us, or not made after all. */
void ours_remove(struct ours *o, const char *from, const char *to);

/* We are in a server. */
void ours_server_came(struct ours *o, int64_t now);

/* It was joined, and not by us: by hand, unless the server has just come. */
void ours_joined(struct ours *o, const char *from, const char *to, int64_t now);

/* Forgets those that keep() is not true of, unless the server has just come:
   what nobody wants and nobody has would be another's when it returns. */
void ours_settle(struct ours *o, int64_t now,
                 bool (*keep)(void *ctx, const char *from, const char *to),
                 void *ctx);

#endif
