// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A gate for those who join a JACK server: one at a time. Two clients that open
 * or activate at one moment can miss each other in jackd 1.9.21, and then one
 * of them never gets a cycle. Our programs pass here, each call by itself; any
 * other JACK client does not, so it is no more than a good habit. A file in
 * /dev/shm, per user and server, locked by flock() and gone again afterwards:
 * who dies frees it, and who hangs keeps nobody for longer than
 * JGATE_PATIENCE_MS. Any thread but [rt].
 */
#ifndef GRAPH_JGATE_H
#define GRAPH_JGATE_H

#define JGATE_PATIENCE_MS 2000

/* Waits for the others, JGATE_PATIENCE_MS at most, then goes on without. server
   NULL: $JACK_DEFAULT_SERVER or "default". Returns what jgate_leave() wants:
   negative where there was no gate, which is no error. */
int jgate_enter(const char *server);
void jgate_leave(int gate, const char *server);

/* The server's name that NULL stands for. */
const char *jgate_server(const char *server);

#endif
