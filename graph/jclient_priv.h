// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The client's inside, for jclient*.c only: jclient.c is the life of it,
 * jclient_link.c one stay in one server, jclient_keep.c what is told and kept
 * there (connections, metadata, latency), jclient_rt.c its cycles.
 */
#ifndef GRAPH_JCLIENT_PRIV_H
#define GRAPH_JCLIENT_PRIV_H

#include <jack/jack.h>
#include <jack/thread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "graph/clock.h"
#include "graph/jclient.h"
#include "graph/wires.h"

#define JCLIENT_NAME_MAX 128 /* bytes, with the 0; libjack's own is 64 */
#define JCLIENT_TICK     (100 * NS_PER_MS)
#define JCLIENT_CLOSE_NS (3 * NS_PER_S)

/* Durations of callbacks: 4 steps per octave from 4 us on, 1 us below. */
#define JCLIENT_TOOK 96

enum jclient_state {
    JCLIENT_OUT,     /* looks for a server at times */
    JCLIENT_OPENING, /* a thread does */
    JCLIENT_OPEN,    /* for the first time, and not active yet */
    JCLIENT_IN,
    JCLIENT_LEAVING, /* a thread closes */
};

/* A stay in a server. */
struct jclient_link {
    /* [init] */
    struct jclient *c;
    jack_client_t *jack; /* of the thread while that runs */
    jack_port_t *in[JCLIENT_PORTS_MAX];
    jack_port_t *out[JCLIENT_PORTS_MAX];
    jack_port_t *midi_in[JCLIENT_PORTS_MAX];
    uint32_t n_in, n_out, n_midi_in;
    uint32_t rate; /* Hz, when it was joined */

    /* [main] but for the threads' own work */
    pthread_t thread; /* opens, or tells metadata */
    bool busy;        /* it has to be joined */
    bool exact;       /* for the one that opens: no other name */
    int err;          /* of the one that opened */
    unsigned status;  /* jack_status_t of it */
    pthread_t closer;
    bool closing;           /* it has to be joined */
    _Atomic bool done;      /* [thread>main] */
    _Atomic bool left;      /* [closer>main] */
    bool tells_latency;     /* libjack asks us about latencies */
    int64_t busy_since;     /* ns */
    _Atomic bool changed;   /* [jk>main] ports or connections have */
    _Atomic bool gone;      /* [jk>any] the server has shut down */
    _Atomic bool closed;    /* [main>rt] no cycle begins any more */
    _Atomic bool freewheel; /* [jk>rt] */

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
    struct jclient_opts o;
    bool is_pipewire; /* its libjack */

    /* [main] */
    enum jclient_state state;
    struct jclient_link *link; /* NULL: OUT */
    char name[JCLIENT_NAME_MAX];
    struct wires wires;
    int64_t try_at;     /* ns: for a server, next */
    int64_t leave_by;   /* ns: LEAVING, then it hangs */
    int64_t out_since;  /* ns */
    int64_t sweep_at;   /* ns: connections are looked at anyway */
    int64_t watched_at; /* ns: whether cycles come */
    uint32_t cycles;    /* as seen then */
    uint32_t frame;     /* the server's, as seen then */
    uint32_t idle;      /* looks in a row at which it ran on without us */
    bool wires_unsettled;
    bool latency_changed;
    bool hangs;    /* libjack did not come back from a close */
    bool may_vary; /* the name was taken for so long that another one will do */
    int failed;    /* -errno */

    /* [main>jk] frames */
    _Atomic uint32_t through, heard_min, heard_max, midi_heard;

    /* [rt], [main] while nothing runs there */
    int64_t ended; /* ns, CLOCK_MONOTONIC: where the last cycle did; 0: none */

    _Atomic uint32_t period;  /* [jk>any] frames */
    _Atomic uint32_t rate;    /* [jk>any] Hz, as announced */
    _Atomic uint32_t joined;  /* [main>any] Hz, as joined last */
    _Atomic bool alive;       /* [main>any] */
    _Atomic uint32_t changes; /* [jk>any] of the graph */

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

/* The same on a thread. */
void jclient_link_begin(struct jclient_link *l);

/* Ports and callbacks. Logs, but to log NULL. Errors: -EIO, -EINVAL. */
int jclient_link_register(struct jclient_link *l, const struct log *log);

/* Errors: -EHOSTDOWN, -EIO. */
int jclient_link_activate(struct jclient_link *l);

/* Whether the thread is at work; joins it when it has done. */
bool jclient_link_busy(struct jclient_link *l);

/* No cycle begins any more, and a thread closes. */
void jclient_link_leave(struct jclient_link *l);

/* Whether it has. */
bool jclient_link_left(struct jclient_link *l);

/* Starts work on the link's thread, or does it here where there is none. */
void jclient_link_work(struct jclient_link *l, void *(*work)(void *link));

/* --- jclient_keep.c ------------------------------------------------------- */

/* Pretty names, groups, order, icon: set by the link's thread. */
void jclient_tell(struct jclient_link *l);

/* [jk] jack_set_latency_callback's function; arg is the link. */
void jclient_on_latency(jack_latency_callback_mode_t mode, void *arg);

/* Whether there is anything to tell JACK of latencies that it doesn't know. */
bool jclient_has_latency(const struct jclient *c);

/* Sees what the ports are connected to. */
void jclient_look(struct jclient *c, int64_t now);

/* Looks where there is cause to, and makes what waits and can be made. True:
   to be called again soon. */
bool jclient_connect(struct jclient *c, int64_t now);

/* --- jclient_rt.c --------------------------------------------------------- */

/* jack_set_process_callback's function; arg is the link. RT safe. */
int jclient_process_rt(jack_nframes_t n_frames, void *arg);

/* Where a duration is counted, and ns that all of a step are under. RT safe. */
uint32_t jclient_step_rt(int64_t ns);
int64_t jclient_step_end_rt(uint32_t step);

#endif
