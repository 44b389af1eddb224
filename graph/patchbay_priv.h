// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One stay in a server's graph, for patchbay.c: a JACK client without ports,
 * and what JACK has announced, in its order. [main] only; JACK's notifications
 * ([jk]) fill a ring and write an eventfd, nothing else.
 */
#ifndef GRAPH_PATCHBAY_PRIV_H
#define GRAPH_PATCHBAY_PRIV_H

#include <jack/jack.h>
#include <stdbool.h>
#include <stdint.h>

#include "graph/jclose.h"
#include "graph/log.h"

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

/*
 * fd: an eventfd, which is duplicated: where libjack hangs on the way out, it
 * may still write to it. Silent about failure, *status has JACK's reason.
 * Errors: -EHOSTDOWN (no such server runs, or it went meanwhile), -EIO (it
 * refuses us), -ENOMEM, -errno of dup().
 */
int stay_begin(struct stay **out, const char *name, const char *server, int fd,
               struct jclose *x, jack_status_t *status);

/* In JCLOSE_MAX_S at most; a close that hangs is left to *x. Accepts NULL. */
void stay_end(struct stay **s, struct jclose *x, const struct log *log);

jack_client_t *stay_jack(const struct stay *s);

/* The next event; false: no more. */
bool stay_event(struct stay *s, struct stay_event *out);

/* Whether events were lost since the last call, as too many came at once. */
bool stay_lost(struct stay *s);

bool stay_over(const struct stay *s);       /* the server has gone */
bool stay_freewheel(const struct stay *s);  /* faster than time now */
uint32_t stay_rate(const struct stay *s);   /* Hz */
uint32_t stay_period(const struct stay *s); /* frames */

#endif
