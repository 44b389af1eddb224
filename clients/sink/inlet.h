// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The inlet: the sink's JACK client with the ports of all mounts, whose cycles
 * go into the mounts' taps. When the server goes the streams go on in silence,
 * and when it is there again it is joined again. [main] only, but for the
 * figures.
 */
#ifndef SINK_INLET_H
#define SINK_INLET_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"
#include "netsink/mount.h"

struct inlet;

struct inlet_opts {
    const struct log *log;
    const char *name, *server;  /* borrowed */
    const struct mount *mounts; /* borrowed: [n_mounts] */
    uint32_t n_mounts;
};

struct inlet_figures {
    char name[256]; /* of the JACK client; "" before there was one */
    bool connected;
    uint32_t rate;   /* Hz, of the last server */
    uint32_t period; /* frames */
    uint64_t xruns;  /* of all servers */
    uint32_t graphs; /* servers joined */
};

/* Joins the server. Errors, logged: as jclient_open(), jclient_activate(). */
int inlet_open(struct inlet **out, const struct inlet_opts *o);

/* Leaves. Accepts NULL. */
void inlet_close(struct inlet **i);

/* To be called every 100 ms: notices that the server went, looks for it. */
void inlet_tick(struct inlet *i);

/* Any thread. */
void inlet_figures(struct inlet *i, struct inlet_figures *out);

/* jclient process function; ctx is the inlet's struct inlet_taps. RT safe. */
struct jclient_cycle;
void inlet_process_rt(void *taps, const struct jclient_cycle *cycle);

/* [init] Which ports are whose, in their order. */
struct inlet_taps {
    uint32_t n;
    struct tap *tap[MOUNT_MAX];
    uint32_t n_channels[MOUNT_MAX];
};

#endif
