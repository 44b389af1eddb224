// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a client's ports are connected to, remembered so that it can be made
 * again after a server's death. Pure: the caller says what it sees and what
 * exists. Any one thread.
 *
 * A connection is forgotten when it was pulled, not when it went because the
 * other end did just before the server: what is missing is given
 * WIRES_PULLED_MS where the other end is there, and WIRES_ABSENT_MS where it is
 * not.
 */
#ifndef GRAPH_WIRES_H
#define GRAPH_WIRES_H

#include <stdbool.h>
#include <stdint.h>

#define WIRES_PULLED_MS 150
#define WIRES_ABSENT_MS 1000

struct wire {
    uint32_t port;   /* of ours, the caller's number */
    char *other;     /* the other end's full name */
    bool made;       /* else it is to be made again */
    int64_t gone_at; /* ns: not seen since; 0: it is there */
};

/* All zero: none. */
struct wires {
    struct wire *wire;
    uint32_t n, room;
};

void wires_fini(struct wires *w);

/*
 * All that port is connected to now, by full name, NULL at the end; names NULL:
 * nothing. now in ns, above 0. Errors: -ENOMEM (what is new may be missing).
 */
int wires_see(struct wires *w, uint32_t port, const char *const *names,
              int64_t now);

/* Forgets what was pulled; exists() tells whether a port of that name is in the
   graph. True: something is missing that is not decided yet, ask again soon. */
bool wires_settle(struct wires *w, int64_t now,
                  bool (*exists)(void *ctx, const char *name), void *ctx);

/* The server has gone: all of them are to be made again. */
void wires_lost(struct wires *w);

/* How many are still to be made. */
uint32_t wires_waiting(const struct wires *w);

#endif
