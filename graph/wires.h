// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a client's ports are connected to, remembered so that it can be made
 * again after a server's death. Pure: the caller says what was announced, what
 * it sees and what exists. Any one thread. Times are ns of one clock, above 0.
 *
 * A connection is forgotten when it was pulled, not when it went because the
 * other end did, or the server. While the server runs on, what is missing is
 * given WIRES_PULLED_MS where the other end is there, and WIRES_ABSENT_MS where
 * it is not. When the server goes, the order of what it announced decides: what
 * was cut more than WIRES_SERVER_MS before, and whose other end had not gone by
 * then, was pulled. (jackd 1.9.21 and PipeWire 0.3.65 announce that they go
 * before they take anything apart; a client that goes is announced port by
 * port within a millisecond after its cuts. All measured.)
 */
#ifndef GRAPH_WIRES_H
#define GRAPH_WIRES_H

#include <stdbool.h>
#include <stdint.h>

#define WIRES_PULLED_MS 150
#define WIRES_ABSENT_MS 1000
#define WIRES_SERVER_MS 50
/* For so long after a cut was announced PipeWire may still show the wire. */
#define WIRES_SEEN_MS 200

struct wire {
    uint32_t port;     /* of ours, the caller's number */
    char *other;       /* the other end's full name */
    bool made;         /* else it is to be made again */
    bool seen;         /* when it was looked at last */
    bool told;         /* the cut was announced */
    bool left;         /* and the other end has gone, too */
    uint32_t other_id; /* that end's number, where told */
    int64_t gone_at;   /* ns: it is missing since; 0: it is there */
};

/* All zero: none. */
struct wires {
    struct wire *wire;
    uint32_t n, room;
};

void wires_fini(struct wires *w);

/* Announced: made by somebody. Errors: -ENOMEM. */
int wires_joined(struct wires *w, uint32_t port, const char *other);

/* Announced: cut at that time; other_id is the server's number of that end. */
void wires_parted(struct wires *w, uint32_t port, const char *other,
                  uint32_t other_id, int64_t at);

/* Announced: the port of this number has gone. */
void wires_port_gone(struct wires *w, uint32_t id);

/*
 * All that port is connected to now, by full name, NULL at the end; names NULL:
 * nothing. Errors: -ENOMEM (what is new may be missing).
 */
int wires_see(struct wires *w, uint32_t port, const char *const *names,
              int64_t now);

/* Forgets what was pulled; exists() tells whether a port of that name is in the
   graph. True: something is missing that is not decided yet, ask again soon. */
bool wires_settle(struct wires *w, int64_t now,
                  bool (*exists)(void *ctx, const char *name), void *ctx);

/* The server went at that time, or was left: all are to be made again but those
   that were pulled before. */
void wires_lost(struct wires *w, int64_t at);

/* How many are still to be made. */
uint32_t wires_waiting(const struct wires *w);

/* Whether one of them is to go to that port. */
bool wires_wait_for(const struct wires *w, const char *other);

#endif
