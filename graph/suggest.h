// SPDX-License-Identifier: GPL-3.0-or-later
/* "Did you mean": the closest of some names. Pure; any thread. */
#ifndef GRAPH_SUGGEST_H
#define GRAPH_SUGGEST_H

/* The name in the NULL-ended list closest to text by edit distance, or NULL if
   none is near enough to be meant. */
const char *suggest(const char *text, const char *const *names);

#endif
