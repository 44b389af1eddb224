// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A JACK client: opens without ever starting a server, registers its ports,
 * calls one function per cycle, and says when the server has gone.
 * All functions here are for [main] unless they say otherwise; the process
 * function runs on [rt]. It never connects ports by itself.
 */
#ifndef GRAPH_JCLIENT_H
#define GRAPH_JCLIENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"

#define JCLIENT_PORTS_MAX 16

struct jclient;

/* One cycle, as the process function sees it. */
struct jclient_cycle {
    uint32_t n_frames; /* frames in this cycle */
    uint32_t lost;     /* frames the server skipped since the last cycle
                          (xruns, a stopped server); 0 in good times */
    uint32_t rate;     /* Hz, as last announced */
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

struct jclient_opts {
    const struct log *log;        /* borrowed for the client's life */
    const char *name;             /* JACK client name */
    const char *server;           /* NULL: $JACK_DEFAULT_SERVER or "default" */
    const char *const *in_ports;  /* raw names, NULL at the end, or NULL */
    const char *const *out_ports; /* the same */
    const char *const *midi_in_ports; /* the same */
    bool through;     /* outputs are made of inputs: the ports are
                         not the ends of a signal's way */
    uint32_t latency; /* frames, see jclient_set_latency() */
    /* [rt] Only copies: no system call, lock, allocation, log, unbounded loop.
       Denormals are flushed to zero while it runs. RT safe. */
    void (*process_rt)(void *ctx, const struct jclient_cycle *cycle);
    void *ctx;
};

/*
 * Connects to a running server and registers the ports; nothing runs yet.
 * What goes wrong is logged here, with JACK's reason in words.
 * Errors: -EHOSTDOWN (no such server runs), -EINVAL (a name JACK refuses),
 * -EIO (the server refused the client or a port), -ENOMEM.
 */
int jclient_open(struct jclient **out, const struct jclient_opts *opts);

/*
 * Tells JACK that what comes out went in this many frames ago: the capture
 * latency of each output is the inputs' range and so much more, the playback
 * latency of each input likewise from the outputs. With 0, the default, JACK
 * reports by itself (the same without an addition). Before jclient_activate(),
 * or after it where both values are above 0; the graph is told at once.
 * Errors: -EBUSY (too late to begin or end with 0).
 */
int jclient_set_latency(struct jclient *c, uint32_t frames);

/* Starts the cycles. Errors, logged: -EHOSTDOWN (the server went meanwhile),
   -EIO. */
int jclient_activate(struct jclient *c);

/* Stops the cycles and leaves the server, in 3 s at most: where libjack hangs
   (the server died at that moment) it is left behind. Accepts NULL. */
void jclient_close(struct jclient **c);

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
 * callback's priority (1 at the least). Errors: -ENOTSUP (the server is not
 * realtime), -EPERM. Any thread.
 */
int jclient_promote(const struct jclient *c, pthread_t thread, int below);

/* The name JACK gave, which differs from the asked one when that was taken. */
const char *jclient_name(const struct jclient *c);

/* Hz, as last announced by the server: JACK's own never changes it, PipeWire
   can. Any thread. */
uint32_t jclient_rate(const struct jclient *c);

/* Frames per cycle as last announced by the server. Any thread. */
uint32_t jclient_period(const struct jclient *c);

/* False once the server has gone; then only jclient_close() is left to do.
   Any thread. */
bool jclient_alive(const struct jclient *c);

/* Xruns the server announced since the start. Any thread. */
uint32_t jclient_xruns(const struct jclient *c);

#endif
