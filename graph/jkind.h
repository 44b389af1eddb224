// SPDX-License-Identifier: GPL-3.0-or-later
/* Which JACK this process speaks to: where the two differ. */
#ifndef GRAPH_JKIND_H
#define GRAPH_JKIND_H

#include <stdbool.h>

/*
 * Whether this process's libjack is PipeWire's. There no client may be opened
 * while another one's close hangs: a program crashed within that of 0.3.65.
 * jackd's has been restarted under hanging closes hundreds of times. Any
 * thread.
 */
bool jkind_is_pipewire(void);

#endif
