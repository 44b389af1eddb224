// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The audience: from a request for a stream to a listener on the fan, and back.
 * Finds the session that a request goes on with and the byte where, or begins a
 * new one; parks the connection; has its rung encoded; and keeps the session
 * when the listener has come back. A stream ends by a reset: players take
 * anything else for its end, which only the operator brings about. [ev] only.
 */
#ifndef NETSINK_AUDIENCE_H
#define NETSINK_AUDIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"
#include "netsink/fan.h"
#include "netsink/gone.h"
#include "netsink/mount.h"
#include "netsink/session.h"

struct audience;
struct evhttp_request;

struct audience_opts {
    const struct log *log;
    const struct mount *mounts; /* borrowed; running from audience_open() on */
    uint32_t n_mounts;
    int64_t epoch;          /* unix ms of the timelines' packet 0 */
    uint32_t max_listeners; /* then 503 */
    int fd_max;             /* descriptors from here on are for others: 503 */
};

/* Errors: as sessions_new(). */
int audience_new(struct audience **out, const struct audience_opts *o);

/* All listeners have come back. Accepts NULL. */
void audience_free(struct audience **a);

/* Listeners go here from now on; until then they are asked to come again. */
void audience_open(struct audience *a, struct fan *fan);

/* No more of them: who comes back stays away. */
void audience_close(struct audience *a);

/* A request whose path may be a stream's; false: it is not, and nothing was
   done. */
bool audience_serve(struct audience *a, struct evhttp_request *req);

/*
 * Ends a listener's stream for good, in order, so that its player stops, and
 * forgets the session; soon. number: its session's. A peer whose socket is full
 * can only be reset. Errors: -ENOENT (none on air has it).
 */
int audience_drop(struct audience *a, uint64_t number);

/* fan_opts.ended; ctx is the audience. Also without the loop, in fan_free(). */
void audience_ended(void *ctx, struct listener *l, enum listener_end why);

/* Packets of a mount's usual rung that can be asked for: [*first, *edge), the
   edge by the mount's pace: what a listener without a lead hears now. */
void audience_range(const struct mount *m, uint64_t *first, uint64_t *edge);

/* Every second. */
void audience_tick(struct audience *a);

/* Why a request for a stream was answered by 503. */
enum audience_refusal {
    REFUSED_FULL,
    REFUSED_NO_FDS,
    REFUSED_NO_MEMORY,
    REFUSED_NOT_READY, /* no encoder, yet or any more */
    REFUSED_KINDS
};
extern const char *const audience_refusal_names[REFUSED_KINDS];

struct audience_totals {
    uint32_t listeners;           /* connections on air */
    uint32_t on_mount[MOUNT_MAX]; /* of those */
    uint64_t resumes;             /* went on where they were */
    uint64_t restarts; /* came back too late, or from another sink's time */
    uint64_t refused[REFUSED_KINDS];
};
void audience_totals(const struct audience *a, struct audience_totals *out);

const struct sessions *audience_sessions(const struct audience *a);

/* Sessions that ended; those who came back are not among them. */
const struct gone_list *audience_gone(const struct audience *a);

#endif
