// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * JACK's metadata, all at once. Reading them can hang for good: they are a data
 * base in shared memory, one for all of a user's servers, and whoever is killed
 * in it keeps its lock. So a thread reads them, and is left behind when it
 * hangs. Any one thread at a time.
 */
#ifndef GRAPH_JPROPS_H
#define GRAPH_JPROPS_H

#include <jack/metadata.h>

#include "graph/aside.h"

struct jprops {
    struct aside reader;     /* while busy all below is its */
    jack_description_t *all; /* by subject */
    int n;                   /* under 0: there are none */
};

void jprops_init(struct jprops *p);
void jprops_fini(struct jprops *p); /* waits for the reader, however long */

/* Reads them anew, in ns at most. This process is in a JACK server. False: that
   was not enough, or the last reading has not come back yet; there is nothing
   to find then. */
bool jprops_read(struct jprops *p, int64_t ns);

/* Whether a reading has not come back. */
bool jprops_hang(struct jprops *p);

/* As long as p is not read again; NULL: not said. */
const char *jprops_find(const struct jprops *p, jack_uuid_t subject,
                        const char *key);

#endif
