// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The [enc] thread of a mount: tap -> timeline -> rung -> hub, every 5 ms on
 * its own clock. encoder_start/stop are for [main]; figures for any thread.
 */
#ifndef NETSINK_ENCODER_H
#define NETSINK_ENCODER_H

#include <stdint.h>

#include "graph/log.h"
#include "netsink/hub.h"
#include "netsink/tap.h"

struct encoder;

struct encoder_opts {
    const struct log *log;
    struct tap *tap; /* borrowed; outlives the encoder */
    struct hub *hub; /* borrowed; outlives the encoder */
    uint32_t rate;   /* the graph's, Hz */
    uint32_t n_channels;
    uint32_t kbps;
};

struct encoder_stats {
    uint64_t packets;   /* encoded since the start */
    uint64_t filled;    /* frames of silence put in for lost ones */
    uint64_t encode_ns; /* CPU time spent by the thread, ns */
    uint32_t lookahead; /* samples at 48 kHz */
    int failed;         /* -errno once it gave up, else 0 */
};

/* Errors: -EINVAL, -ENOMEM, -EAGAIN (no thread). */
int encoder_start(struct encoder **out, const struct encoder_opts *o);
void encoder_stop(struct encoder **e);

void encoder_stats(const struct encoder *e, struct encoder_stats *out);

#endif
