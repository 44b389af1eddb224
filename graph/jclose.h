// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Leaving a JACK server without staying with it for good: jack_client_close()
 * can hang where the server dies at that moment. [main] only.
 */
#ifndef GRAPH_JCLOSE_H
#define GRAPH_JCLOSE_H

#include <jack/jack.h>
#include <pthread.h>
#include <stdbool.h>

#define JCLOSE_MAX_S 3

/* A close that hung. All zero: none did. */
struct jclose {
    pthread_t thread;
    bool hangs;
};

/*
 * jack_client_close(), which is left behind on a thread of its own after
 * JCLOSE_MAX_S. False then: libjack may still look at what its callbacks were
 * given. At most one is kept in mind, the last.
 */
bool jclose_in_time(struct jclose *x, jack_client_t *jack);

/*
 * Whether another client can be opened in this process. On PipeWire it can't be
 * while a close hangs: a program crashed in 0.3.65's libjack that way. jackd's
 * has been restarted under hanging closes hundreds of times.
 */
bool jclose_permits_open(struct jclose *x);

/* Whether this process's libjack is PipeWire's. Any thread. */
bool jclose_is_pipewire(void);

#endif
