// SPDX-License-Identifier: GPL-3.0-or-later
/* Leaving a JACK server without staying with it for good. [main] only. */
#ifndef GRAPH_JCLOSE_H
#define GRAPH_JCLOSE_H

#include <jack/jack.h>
#include <stdbool.h>

#define JCLOSE_MAX_S 3

/* jack_client_close(), which can hang for good where the server dies at that
   moment: after JCLOSE_MAX_S it is left behind on a thread of its own. False
   then: libjack may still look at what its callbacks were given. */
bool jclose_in_time(jack_client_t *jack);

#endif
