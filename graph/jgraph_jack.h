// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A JACK server's graph, read: from memory that is shared with the server, but
 * where a change is under way libjack waits a cycle for it. Allocates, and
 * changes nothing. One thread per client.
 */
#ifndef GRAPH_JGRAPH_JACK_H
#define GRAPH_JGRAPH_JACK_H

#include <jack/jack.h>

#include "graph/jgraph.h"
#include "graph/jprops.h"

/*
 * Audio and MIDI ports, their links and what the metadata say of them (props
 * NULL: nothing), as the client sees them now; settled. A port that goes
 * meanwhile is left out. Instances are not known. Errors: -ENOMEM.
 */
int jgraph_read(struct jgraph **out, jack_client_t *jack,
                const struct jprops *props);

/* The same without the metadata, whose data base can hang whoever reads it, and
   given up with -EAGAIN after some 50 ms: while a client hangs in the midst of
   a change, libjack waits a period for each port. */
int jgraph_read_plain(struct jgraph **out, jack_client_t *jack);

#endif
