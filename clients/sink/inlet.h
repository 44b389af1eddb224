// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The inlet: the sink's JACK client with the ports of all mounts, whose cycles
 * go into the mounts' taps. When the server goes the streams go on in silence,
 * and when it is there again it is joined again (graph/jclient.h). [main] only.
 */
#ifndef SINK_INLET_H
#define SINK_INLET_H

#include <stdint.h>

#include "graph/log.h"
#include "netsink/mount.h"

struct inlet;
struct jclient;
struct jclient_cycle;

struct inlet_opts {
    const struct log *log;
    const char *name, *server;  /* borrowed */
    const struct mount *mounts; /* borrowed: [n_mounts] */
    uint32_t n_mounts;
    /* The client's figures and priority are there, or none any more (NULL):
       called before it is closed, and whenever a server is joined. */
    void (*joined)(void *ctx, const struct jclient *jack);
    void *ctx;
};

/* What the names of a mount's ports begin with: "in" (in_L, in_R) for the
   default mount, as every client has them (DESIGN 9), else the mount's name. */
const char *inlet_prefix(const char *mount);

#define INLET_PORT_MAX (MOUNT_NAME_MAX + 8) /* bytes, with the NUL */

/* Name of the port of a mount's channel, in out: "in_L", "studio_mono". */
const char *inlet_port(char out[INLET_PORT_MAX], const char *mount,
                       uint32_t n_channels, uint32_t channel);

/* Joins the server. Errors, logged: as jclient_open(), jclient_activate(). */
int inlet_open(struct inlet **out, const struct inlet_opts *o);

/* Leaves. Accepts NULL. */
void inlet_close(struct inlet **i);

/* As jclient_tick(). */
int64_t inlet_tick(struct inlet *i);

/* Until inlet_close(). */
const struct jclient *inlet_jack(const struct inlet *i);

/* As jclient_failed(). */
int inlet_failed(const struct inlet *i);

/* Which ports are whose, in their order. [init] */
struct inlet_taps {
    uint32_t n;
    struct tap *tap[MOUNT_MAX];
    uint32_t n_channels[MOUNT_MAX];
};

/* jclient process function; taps is a struct inlet_taps. RT safe. */
void inlet_process_rt(void *taps, const struct jclient_cycle *cycle);

#endif
