// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The patchbay's inside, for patchbay*.c only: patchbay.c is its life and its
 * ticks, patchbay_hear.c what JACK announces, patchbay_act.c what is done about
 * it, patchbay_look.c where it waits, patchbay_stay.c one stay in one server.
 */
#ifndef GRAPH_PATCHBAY_PRIV_H
#define GRAPH_PATCHBAY_PRIV_H

#include <jack/jack.h>
#include <stdbool.h>
#include <stdint.h>

#include "graph/backoff.h"
#include "graph/clock.h"
#include "graph/jgraph.h"
#include "graph/log.h"
#include "graph/ours.h"
#include "graph/patchbay.h"
#include "graph/plan.h"
#include "graph/pulls.h"
#include "graph/tries.h"

/* ---- patchbay_stay.c ----------------------------------------------------- */

/*
 * A JACK client without ports, and what JACK has announced, in its order.
 * [main], where nothing here blocks: whatever talks to the server is a job on
 * a thread ([aside]), one at a time, and makes the eventfd readable when it is
 * done. JACK's notifications ([jk]) fill a ring and write the eventfd, nothing
 * else.
 */
struct stay;

enum stay_kind {
    STAY_PORT_CAME, /* a: its number */
    STAY_PORT_GONE, /* a */
    STAY_JOINED,    /* a: the output's number, b: the input's */
    STAY_PARTED,    /* a, b */
    STAY_OTHER,     /* freewheel, metadata */
};

struct stay_event {
    enum stay_kind kind;
    uint32_t a, b;
};

/* A cable to join, or to part. */
struct stay_step {
    char *from, *to; /* owned, one piece of memory at from */
    bool part;
    bool ours_before; /* it was made by us once */
    bool fallback, pulled;
    int line;        /* of the rule that wants it; 0: none known */
    const char *why; /* to part it, static */
    int result;      /* JACK's: 0, EEXIST, or it was refused */
    bool done;       /* else the server went before its turn */
};

struct stay_steps {
    struct stay_step *step;
    uint32_t n, room;
};

/* Errors: -ENOMEM. */
int stay_steps_add(struct stay_steps *s, const struct stay_step *step);
void stay_steps_free(struct stay_steps *s);

/*
 * Begins to open and activate. fd: an eventfd, which is duplicated: where
 * libjack hangs on the way out, it may still write to it.
 * Errors: -ENOMEM, -EAGAIN (no more threads), -errno of dup().
 */
int stay_begin(struct stay **out, const char *name, const char *server, int fd);

/* Whether a job is under way; since when, ns. */
bool stay_busy(struct stay *s);
int64_t stay_since(const struct stay *s);

/* When it isn't: how the opening went. Errors: -EHOSTDOWN (no such server runs,
   or it went meanwhile), -EIO (it refuses us); *status has JACK's reason. */
int stay_opened(const struct stay *s, jack_status_t *status);

/* Begins to read the graph. Errors: -EAGAIN. */
int stay_look(struct stay *s);

/* When that is done: the graph, the caller's from then on. *plain: metadata
   hang, so it is without. Errors: -ENOMEM. */
int stay_graph(struct stay *s, struct jgraph **out, bool *plain);

/* The same: whether the server has had a cycle since the look before. */
bool stay_moves(const struct stay *s);

/* Begins with the steps, which are taken over, and then reads the graph.
   Errors: -EAGAIN, with them untouched. */
int stay_act(struct stay *s, struct stay_steps *steps);

/* When that is done: they come back, each with its result. The graph is as
   after stay_look(). */
void stay_acted(struct stay *s, struct stay_steps *out);

/* Begins to leave, once the job has come back; the stay may only be asked
   whether it has left, and dropped, which frees it then or when it has.
   Errors: -EAGAIN (no more threads), with nothing begun: libjack may look at
   the stay yet, which must not be dropped. */
int stay_leave(struct stay *s);
bool stay_left(const struct stay *s);
void stay_drop(struct stay **s); /* accepts NULL */

/* Whether something in libjack has not come back: no point in waiting for it
   to leave. */
bool stay_hangs(struct stay *s);

/* The port's name, until the server reuses its number; NULL: it has none. Only
   looks into memory. */
const char *stay_port_name(const struct stay *s, uint32_t id);

/* The next event; false: no more. */
bool stay_event(struct stay *s, struct stay_event *out);

/* Whether events were lost since the last call, as too many came at once. */
bool stay_lost(struct stay *s);

bool stay_over(const struct stay *s);       /* the server has gone */
bool stay_freewheel(const struct stay *s);  /* faster than time now */
uint32_t stay_rate(const struct stay *s);   /* Hz */
uint32_t stay_period(const struct stay *s); /* frames */

/* ---- patchbay.c ---------------------------------------------------------- */

enum bay_state {
    BAY_OUT,     /* no stay; looks for a server at times */
    BAY_JOINING, /* a stay opens */
    BAY_IN,
    BAY_LEAVING,
};

/* A job of the stay's. */
enum bay_job { BAY_RESTS, BAY_LOOKS, BAY_ACTS }; /* which looks too */

/* Numbers of ports that came since the last look. */
struct came {
    uint32_t *id;
    uint32_t n, room;
    uint32_t old; /* of them, those before the look that is under way */
    bool all;     /* too many to know */
};

struct patchbay {
    /* [init] */
    const struct log *log;
    char *name, *server; /* server NULL: the default one */
    int fd;              /* eventfd: there is something to do */
    struct rules *none;

    /* [main] */
    enum bay_state state;
    struct stay *stay; /* NULL: BAY_OUT */
    bool leaves;       /* stay has begun to: BAY_LEAVING, but for want of
                          threads */
    enum bay_job job;
    int rounds; /* looks that may follow one another still */
    const struct rules *rules;
    struct jgraph *graph; /* of the last look */
    struct plan *plan;    /* of graph */
    bool seen;            /* plan is of this stay */
    bool dirty;           /* a look is due */
    bool still;           /* the server does not answer */
    bool told_absent, told_trouble, told_plain, told_held;
    struct came came;
    struct pulls *pulls;
    struct tries *tries;
    struct ours *ours;
    struct pulled *joining; /* by us, the word of it is to come */
    struct pulled *parting; /* the same */
    struct backoff backoff; /* of stays that hung */
    int failed;             /* -errno */
    int64_t in_since;       /* ns */
    int64_t out_since;      /* ns, BAY_LEAVING */
    int64_t moved_at;       /* ns: the server had cycles before that */
    int64_t busy_since;     /* ns, the first port that came; 0: none did */
    int64_t quiet_at;       /* ns, no look before it */
    int64_t again_at;       /* ns, a look after what was announced; 0: none */
    int64_t sweep_at, join_at, try_at, leave_by; /* ns */
    uint32_t rate, period; /* Hz, frames; 0: never joined */
};

/* How long until what is announced is to be seen, ns. */
int64_t bay_settle_ns(const struct patchbay *p);

/* The cable that the plan of this graph has as wanted and there, or NULL. */
const struct plan_cable *bay_find_present(const struct jgraph *g,
                                          const struct plan *plan,
                                          const char *from, const char *to);

/* ---- patchbay_look.c ----------------------------------------------------- */

#define BAY_LEAVE_NS (3 * NS_PER_S) /* for libjack to let go of a client */

/* Leaves in BAY_LEAVE_NS at most, or at once where something hangs; leaving: it
   has begun to. fd: the stay's eventfd. Returns whether libjack has let go of
   it. Accepts NULL, which it has. */
bool bay_end(struct stay **s, bool leaving, int fd);

/* ---- patchbay_hear.c ----------------------------------------------------- */

/* Everything announced so far. */
void bay_hear(struct patchbay *p, int64_t now);

/* Whether such a port came since the last look. */
bool bay_has_come(const struct patchbay *p, const char *port);

/* The graph just read has what is there again: it is pulled no more. */
void bay_notice(struct patchbay *p, int64_t now);

/* ---- patchbay_act.c ------------------------------------------------------ */

/* A look before this one, of the same stay; plan NULL: there was none. */
struct bay_before {
    const struct jgraph *graph;
    const struct plan *plan;
};

/* What is to be done now, and counts as done from then on; when the rest is due
   is in try_at. Errors: -ENOMEM. */
int bay_choose(struct patchbay *p, const struct bay_before *was, int64_t now,
               struct stay_steps *out);

/* What has come of it. Returns how many cables were joined or parted. */
int bay_book(struct patchbay *p, const struct stay_steps *steps, int64_t now);

#endif
