// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The client's inside, for jclient*.c only: jclient.c is the life of it,
 * jclient_link.c one stay in one server, jclient_opts.c what the client is,
 * jclient_keep.c what is told (metadata, latency), jclient_wires.c the
 * connections, jclient_rt.c the cycles, jclient_figures.c what can be asked.
 *
 * Whatever waits for an answer of the server is a task, on a thread of its own
 * ([aside]): [main] never waits, but in jclient_open(), jclient_activate() and
 * jclient_close(). While a task runs
 * the link's `jack` is the task's; [main] only reads shared memory by it.
 */
#ifndef GRAPH_JCLIENT_PRIV_H
#define GRAPH_JCLIENT_PRIV_H

#include <jack/jack.h>
#include <jack/thread.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "graph/aside.h"
#include "graph/clock.h"
#include "graph/jclient.h"
#include "graph/ring.h"
#include "graph/steady.h"
#include "graph/wires.h"

#define JCLIENT_TICK     (100 * NS_PER_MS)
#define JCLIENT_CLOSE_NS (3 * NS_PER_S)
#define JCLIENT_NOTICES \
    1024 /* of the graph, in a tick; more: it is looked at */

/* Durations of callbacks: 4 steps per octave from 4 us on, 1 us below. */
#define JCLIENT_TOOK 96

enum jclient_state {
    JCLIENT_OUT,        /* looks for a server at times */
    JCLIENT_OPENING,    /* a task does, and registers the ports */
    JCLIENT_OPEN,       /* for the first time, and not active yet */
    JCLIENT_ACTIVATING, /* a task does */
    JCLIENT_IN,
    JCLIENT_LEAVING, /* a task closes */
};

struct jclient_link;

enum jclient_notice_kind {
    JCLIENT_JOINED, /* a, b: the ports' numbers */
    JCLIENT_PARTED, /* a, b */
    JCLIENT_CAME,   /* a; or it has another name */
    JCLIENT_WENT,   /* a */
};

/* What JACK has announced of the graph. */
struct jclient_notice {
    int64_t at; /* ns */
    enum jclient_notice_kind kind;
    uint32_t a, b;
};

/* A connection for a task to make. */
struct jclient_pair {
    uint32_t port; /* of ours */
    char *other;   /* its name; this struct's */
    bool made;
};

/* A stay in a server. */
struct jclient_link {
    /* [init] */
    struct jclient *c;
    struct ring *notices; /* [jk>main] of struct jclient_notice */
    bool exact;           /* opens under no other name */

    /* Of the task that opens, then [init] */
    jack_client_t *jack;
    jack_port_t *in[JCLIENT_PORTS_MAX];
    jack_port_t *out[JCLIENT_PORTS_MAX];
    jack_port_t *midi_in[JCLIENT_PORTS_MAX];
    uint32_t n_in, n_out, n_midi_in;
    uint32_t rate; /* Hz, that it goes by */

    /* [main] but for the tasks' own work */
    struct aside work;         /* opens, activates, connects */
    struct aside tell;         /* metadata: can hang by itself */
    struct aside close;        /* after both of these */
    int err;                   /* of opening or activating, -errno */
    unsigned status;           /* jack_status_t of opening */
    bool tells_latency;        /* libjack asks us about latencies */
    bool latency_due;          /* to be told, or asked for anew */
    struct jclient_pair *pair; /* to be connected */
    uint32_t n_pairs;
    struct jclient_link *next; /* of those that hang */

    _Atomic bool latency_asked; /* [jk>main] PipeWire wants to know */
    _Atomic bool changed;       /* [jk>main] ports or connections have */
    _Atomic int64_t gone_at; /* [jk>any] ns: the server has shut down; 0: not */
    _Atomic bool closed;     /* [main>any] no cycle begins any more */
    _Atomic bool freewheel;  /* [jk>rt] */

    /* [rt] */
    bool seen_cycle;     /* next_frame holds something */
    uint32_t next_frame; /* JACK's frame time expected next, wraps */
    int64_t due;         /* ns, when the next cycle should come; 0: unknown */

    _Atomic uint32_t cycles; /* [rt>main] wraps */
};

struct jclient_count {
    /* [rt>any] */
    _Atomic uint32_t xruns, late, overruns;
    _Atomic uint64_t skipped;
    _Atomic int64_t dsp_max; /* ns */
    _Atomic uint32_t load;   /* millionths */
    _Atomic uint32_t took[JCLIENT_TOOK];
    /* [main>any] */
    _Atomic uint32_t rejoins, forgotten, waiting;
};

struct jclient {
    /* [init] */
    struct jclient_opts o; /* all it points to is ours, but for the contexts */
    struct log log;
    bool is_pipewire; /* its libjack */

    /* [main] */
    enum jclient_state state;
    struct jclient_link *link;  /* NULL: OUT */
    struct jclient_link *stuck; /* left behind: closing them hangs */
    char name[JCLIENT_NAME_MAX];
    struct wires wires;
    struct steady steady; /* the rate */
    int64_t try_at;       /* ns: for a server, next */
    int64_t leave_by;     /* ns: LEAVING, then it hangs */
    int64_t out_since;    /* ns */
    int64_t stuck_since;  /* ns */
    int64_t watched_at;   /* ns: whether cycles come, or the server's go on */
    uint32_t cycles;      /* as seen then */
    uint32_t frame;       /* the server's, as seen then */
    uint32_t idle;        /* looks in a row at which it ran on without us */
    uint32_t unanswered;  /* the same, and a task hangs */
    bool latency_changed;
    bool may_vary; /* the name was taken for so long that another one will do */
    int failed;    /* -errno */

    /* [main], of jclient_wires.c */
    int64_t sweep_at;   /* ns: connections are looked at anyway */
    int64_t connect_at; /* ns: those that wait are tried next */
    int64_t patience;   /* ns: between the next two tries */
    bool unsettled;     /* something is missing, why is not known yet */
    uint32_t look_from; /* our port at which the next look begins */

    /* [main>jk] frames */
    _Atomic uint32_t through, heard_min, heard_max, midi_heard;

    /* [rt], [main] while nothing runs there */
    int64_t ended; /* ns, CLOCK_MONOTONIC: where the last cycle did; 0: none */

    _Atomic uint32_t period;  /* [jk>any] frames */
    _Atomic uint32_t rate;    /* [jk>any] Hz, as announced */
    _Atomic uint32_t joined;  /* [main>any] Hz, as joined last */
    _Atomic bool alive;       /* [main>any] */
    _Atomic uint32_t changes; /* [jk>any] of the graph */

    /* Held for a copy of the name, by [main] while it changes. */
    pthread_mutex_t name_lock;

    /* Held while a graph is read, by the closer before it closes. */
    pthread_mutex_t look_lock;
    struct jclient_link *look; /* [lock:look_lock] that may be read, or NULL */
    struct jclient_count count;
};

/* --- jclient_link.c ------------------------------------------------------- */

/* A stay, not begun yet. NULL: memory is short. */
struct jclient_link *jclient_link_new(struct jclient *c);
void jclient_link_free(struct jclient_link **l);

/* Opens; says nothing. Errors: as jclient_open(); l->status says more. Any one
   thread. */
int jclient_link_open(struct jclient_link *l);
void jclient_link_say(const struct jclient_link *l);

/* Ports and callbacks. Logs, but to log NULL. Errors: -EIO, -EINVAL. The same
   thread. */
int jclient_link_register(struct jclient_link *l, const struct log *log);

/* Errors: -EHOSTDOWN, -EIO. Any one thread. */
int jclient_link_activate(struct jclient_link *l);

/* ns, when the server went; 0: it has not. */
int64_t jclient_link_gone(const struct jclient_link *l);

/* Begins work on this link, or does it here where there is no thread for it. */
void jclient_link_work(struct jclient_link *l, struct aside *a,
                       void (*work)(void *link));

/* No cycle begins any more, and a task closes. */
void jclient_link_leave(struct jclient_link *l);

/* Whether it has. */
bool jclient_link_left(struct jclient_link *l);

/* --- jclient_opts.c ------------------------------------------------------- */

/* Errors: -ENOMEM; jclient_opts_drop() is due all the same. */
int jclient_opts_take(struct jclient *c, const struct jclient_opts *o);
void jclient_opts_drop(struct jclient *c);

/* --- jclient_keep.c ------------------------------------------------------- */

/* Work: pretty names, groups, order, icon. */
void jclient_tell(void *link);

/* Work: latencies have changed. */
void jclient_tell_latency(struct jclient_link *l);

/* [jk] jack_set_latency_callback's function; arg is the link. */
void jclient_on_latency(jack_latency_callback_mode_t mode, void *arg);

/* Whether there is anything to tell JACK of latencies that it doesn't know. */
bool jclient_has_latency(const struct jclient *c);

/* --- jclient_wires.c ------------------------------------------------------ */

/* What was announced of the graph, and what the ports are connected to. False:
   looking took too long, and goes on from there at the next call. */
void jclient_hear(struct jclient *c);
bool jclient_look(struct jclient *c, int64_t now);

/* A stay begins, and ends at that time. */
void jclient_wires_join(struct jclient *c);
void jclient_wires_leave(struct jclient *c, int64_t at);

/* Looks where there is cause to, and has made what waits and can be made: by
   l->work, which is idle. Returns when it wants to be called next. */
int64_t jclient_connect(struct jclient *c, int64_t now);

/* --- jclient_rt.c --------------------------------------------------------- */

/* jack_set_process_callback's function; arg is the link. RT safe. */
int jclient_process_rt(jack_nframes_t n_frames, void *arg);

/* Where a duration is counted, and ns that all of a step are under. RT safe. */
uint32_t jclient_step_rt(int64_t ns);
int64_t jclient_step_end_rt(uint32_t step);

#endif
