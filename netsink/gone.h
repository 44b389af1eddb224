// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The sessions that ended last, for the operator. One thread. Allocates
 * nothing.
 */
#ifndef NETSINK_GONE_H
#define NETSINK_GONE_H

#include "netsink/session.h"

#define GONE_MAX 100

/* One of them. */
struct gone {
    uint64_t number;
    char address[SESSION_ADDRESS], agent[SESSION_AGENT];
    const struct mount *mount;
    enum stream_kind kind;
    enum latency latency;
    int64_t begun, ended; /* ns */
    uint64_t bytes, packets, skips, switches;
    uint32_t connections;
    enum listener_end why;
};

/* All zero is an empty one. */
struct gone_list {
    struct gone all[GONE_MAX]; /* the latest first */
    uint32_t n;
};

/* It has ended; what it had is in its past_ figures. */
void gone_add(struct gone_list *g, const struct session *ses);

/* It has come back: it is not gone. */
void gone_remove(struct gone_list *g, uint64_t number);

/* "left", "stalled", ...: clean text. */
const char *gone_why(enum listener_end why);

#endif
