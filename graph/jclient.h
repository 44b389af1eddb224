// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A JACK client: opens without ever starting a server, registers its ports,
 * calls one function per cycle, and outlives the server. When that goes, or
 * changes its sample rate, or forgets the client, jclient_tick() leaves and
 * joins again under the same name: ports, latencies and metadata are back, and
 * each connection the ports had is made again as soon as its other end is
 * there. By itself it connects to nothing else.
 *
 * All functions here are for [main] unless they say otherwise; the process
 * function runs on [rt]. JACK's notifications ([jk]) only mark what happened.
 *
 * What waits for an answer of the server is done by a thread, so that [main]
 * never does but in jclient_open(), jclient_activate() and jclient_close(). One
 * that hangs is left behind: a close, which can where the server dies at that
 * moment, after three seconds, all else of a client that is in a server after
 * ten, unless the server stands still, which is waited for. On PipeWire no
 * client is opened while a thread is still inside libjack (that has crashed
 * it): jclient_failed() after ten seconds. With jackd, whose libjack bears it,
 * another one is opened beside it, and only when that hangs too for ten seconds
 * the client has failed.
 *
 * Forgotten is who has had no cycle for four seconds while the server's went
 * on: for less, another client that hangs may be the cause.
 *
 * Another sample rate is followed when it has stood for a second, and for twice
 * as long each time, up to half a minute, where it changes again and again.
 * Until then cycles are silent.
 */
#ifndef GRAPH_JCLIENT_H
#define GRAPH_JCLIENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"

#define JCLIENT_PORTS_MAX 16  /* of a kind: audio in, audio out, MIDI in */
#define JCLIENT_NAME_MAX  128 /* bytes, with the NUL; libjack's own is 64 */

struct jclient;

/* One cycle, as the process function sees it. */
struct jclient_cycle {
    uint32_t n_frames; /* frames in this cycle */
    uint64_t lost;     /* frames that passed since the last cycle and were never
                          processed: xruns, a stopped server, and by our clock
                          the time without a server; 0 in good times */
    uint32_t rate;     /* Hz, the same from joined() to left() */
    int64_t time;      /* ns, CLOCK_MONOTONIC: when it began, by JACK, or when
                          it came to us where JACK is mistaken */
    bool freewheel;    /* faster than time: nobody hears it as it is made */
    const float *const *in; /* [n_in][n_frames] */
    float *const *out;      /* [n_out][n_frames], to be filled wholly */
    void *const *midi_in;   /* [n_midi_in], for jclient_midi_rt() alone */
    uint32_t n_midi_in;
};

/* A MIDI message, normalised: it begins with its status byte. Only system
   exclusive ones may come in pieces. */
struct jclient_midi {
    uint32_t frame;      /* of the cycle */
    uint32_t n;          /* bytes */
    const uint8_t *byte; /* until the cycle ends */
};

/* A port as patchbays show it. */
struct jclient_port {
    const char *name;   /* raw, "out_L"; NULL: the list ends */
    const char *pretty; /* "Output left", or NULL */
    const char *group;  /* of ports that belong together, "out", or NULL */
};

struct jclient_opts {
    /* This, the ports and all texts are copied. The log's tail is borrowed, and
       held (log_tail_hold()) where a thread is left behind. */
    const struct log *log;
    const char *name;              /* JACK client name */
    const char *pretty;            /* the client's name for people, or NULL */
    const char *icon;              /* freedesktop icon name, or NULL */
    const char *server;            /* NULL: $JACK_DEFAULT_SERVER or "default" */
    const struct jclient_port *in; /* or NULL: none */
    const struct jclient_port *out;     /* the same */
    const struct jclient_port *midi_in; /* the same */
    bool through; /* outputs are made of inputs: the ports are not the ends of a
                     signal's way */
    /* [rt] Only copies: no system call, lock, allocation, log, unbounded loop.
       Denormals are flushed to zero while it runs. RT safe. */
    void (*process_rt)(void *rt_ctx, const struct jclient_cycle *cycle);
    void *rt_ctx;
    /* Each time a server is joined, the first time included: rate and period
       are known, nothing runs on [rt] yet. For what depends on the rate, the
       latency, and helper threads' priority. Not 0: the client doesn't go on,
       see jclient_failed(). NULL: nothing to do. */
    int (*joined)(void *ctx, struct jclient *c);
    /* The server has gone or is left, to be joined again; nothing runs on [rt]
       any more. Not called by jclient_close(). NULL: nothing to do. */
    void (*left)(void *ctx, struct jclient *c);
    void *ctx;
};

/*
 * Connects to a running server and registers the ports; nothing runs yet.
 * What goes wrong is logged here, with JACK's reason in words.
 * Errors: -EHOSTDOWN (no such server runs), -EINVAL (a name JACK refuses),
 * -EIO (the server refused the client or a port), -ENOMEM.
 */
int jclient_open(struct jclient **out, const struct jclient_opts *opts);

/* Calls joined(), then starts the cycles. Errors, logged: joined()'s,
   -EHOSTDOWN (the server went meanwhile), -EIO. */
int jclient_activate(struct jclient *c);

/*
 * To be called every 100 ms or so once it is active, and not later than it
 * returns: ns of clock_now(). Notices that the server went and looks for it,
 * ten times a second; keeps the connections. Never waits for the server: what
 * takes time is what joined() and left() take.
 */
int64_t jclient_tick(struct jclient *c);

/* 0, or why it is not in a graph and never will be again: what joined() said,
   or -EIO where libjack itself hangs, which was logged. The program should end
   and be started anew. */
int jclient_failed(const struct jclient *c);

/* Stops the cycles and leaves the server, in 3 s at most: where libjack hangs
   (the server died at that moment) it is left behind. Accepts NULL. */
void jclient_close(struct jclient **c);

/*
 * Tells JACK that what comes out went in this many frames ago: the capture
 * latency of each output is the inputs' range and so much more, the playback
 * latency of each input likewise from the outputs. 0, the default, is what JACK
 * does by itself. A first value above 0 counts from the next joined() on, as
 * of those below; later the graph is told at once.
 */
void jclient_set_latency(struct jclient *c, uint32_t frames);

/* Tells JACK that what goes into the audio, or the MIDI, inputs is heard so
   many frames later, by another way than the outputs: their playback latency.
   For inputs of a client that is not `through`. */
void jclient_set_heard(struct jclient *c, uint32_t min, uint32_t max);
void jclient_set_midi_heard(struct jclient *c, uint32_t frames);

/*
 * Frames at the present rate that have passed since the last cycle, by our
 * clock. They are the caller's now: the first cycle doesn't count them as lost.
 * In joined() only, for what starts anew there; 0 the first time.
 */
uint64_t jclient_passed(struct jclient *c);

/* Messages that came to a MIDI input port in this cycle; 0 if there is no such
   port. RT safe. */
uint32_t jclient_midi_count_rt(const struct jclient_cycle *cycle,
                               uint32_t port);

/* Message i of them, in the order of their frames; false if there is none.
   RT safe. */
bool jclient_midi_rt(const struct jclient_cycle *cycle, uint32_t port,
                     uint32_t i, struct jclient_midi *out);

/*
 * Gives a thread of ours realtime scheduling by JACK, so far below the process
 * callback's priority (1 at the least); threads and processes that it starts
 * don't inherit it. Anew in each joined(). Errors: -ENOTSUP (the server is not
 * realtime, or does not say how much: PipeWire), -ENOTCONN, -EPERM.
 */
int jclient_promote(const struct jclient *c, pthread_t thread, int below);

/* The name JACK gave, which differs from the asked one when that was taken.
   From joined() to left(): any thread. */
const char *jclient_name(const struct jclient *c);

/* The same, or the last one it had, as far as size bytes hold it; any thread
   from jclient_open() to jclient_close(). */
void jclient_copy_name(const struct jclient *c, char *out, size_t size);

/* Hz, of the server joined last. Any thread. */
uint32_t jclient_rate(const struct jclient *c);

/* Frames per cycle as last announced by the server. Any thread. */
uint32_t jclient_period(const struct jclient *c);

/* Whether it is in a graph now. Any thread. */
bool jclient_alive(const struct jclient *c);

struct jgraph;

/*
 * The graph as the server has it now, for jgraph_free(): ports by their plain
 * names, without the metadata, which can hang. Any thread from jclient_open()
 * to jclient_close(), one at a time; it waits for nobody but the server's own
 * changes to be over, 50 ms. Errors: -ENOTCONN (it is in no graph), -EAGAIN
 * (they are not), -ENOMEM.
 */
int jclient_graph(const struct jclient *c, struct jgraph **out);

/* Goes on when the graph changes, and when another one is joined: to know
   whether to look again. JACK's word can be missed. Any thread. */
uint32_t jclient_changes(const struct jclient *c);

/* Counted since jclient_open(), over all servers. */
struct jclient_stats {
    uint32_t xruns;    /* times that a server's frames went on without us,
                          whoever was the reason */
    uint32_t late;     /* cycles that came more than a period too late, or after
                          some that never came; by our own timing */
    uint64_t skipped;  /* frames of those that never came */
    uint32_t overruns; /* cycles that we took longer for than they last */
    uint32_t rejoins;  /* servers joined after the first */
    uint32_t forgotten; /* of these, because the server ran on without us */
    uint32_t waiting;   /* connections to be made once their other end is there
                         */
    int64_t dsp_p99_ns; /* what we took for a cycle, in 99 of 100 */
    int64_t dsp_max_ns; /* at most */
    double load;        /* the same as a share of the period, about the last
                           second's mean */
};

/* Any thread. */
void jclient_stats(const struct jclient *c, struct jclient_stats *out);

#endif
