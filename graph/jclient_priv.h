// SPDX-License-Identifier: GPL-3.0-or-later
/* The client's inside, for jclient.c and jclient_rt.c only. */
#ifndef GRAPH_JCLIENT_PRIV_H
#define GRAPH_JCLIENT_PRIV_H

#include <jack/jack.h>
#include <jack/thread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "graph/jclient.h"

struct jclient {
    /* [init] */
    const struct log *log;
    jack_client_t *jack;
    jack_port_t *in[JCLIENT_PORTS_MAX];
    jack_port_t *out[JCLIENT_PORTS_MAX];
    jack_port_t *midi_in[JCLIENT_PORTS_MAX];
    uint32_t n_in, n_out, n_midi_in;
    void (*process_rt)(void *ctx, const struct jclient_cycle *cycle);
    void *ctx;

    bool active; /* [main] */

    /* [rt] */
    bool seen_cycle;     /* next_frame holds something */
    uint32_t next_frame; /* JACK's frame time expected next, wraps */

    /* [main>jk] */
    _Atomic uint32_t latency; /* frames from the inputs to the outputs */

    /* [main>rt] Nothing of ctx is there any more. */
    _Atomic bool closed;

    /* [jk>any] */
    _Atomic uint32_t period; /* frames */
    _Atomic uint32_t rate;   /* Hz */
    _Atomic bool freewheel;
    _Atomic uint32_t xruns;
    _Atomic bool gone; /* the server has shut down */
};

/* jack_set_process_callback's function; arg is the client. RT safe. */
int jclient_process_rt(jack_nframes_t n_frames, void *arg);

#endif
