// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/sink/inlet.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/jclient.h"
#include "netsink/timeline.h"

#define PORTS (MOUNT_MAX * 2)

struct inlet {
    /* [init] */
    struct inlet_opts o;
    char name[PORTS][INLET_PORT_MAX];
    char pretty[PORTS][INLET_PORT_MAX];
    struct jclient_port ports[PORTS + 1];
    struct inlet_taps taps;
    struct jclient *jack;
};

const char *inlet_prefix(const char *mount)
{
    return strcmp(mount, "live") == 0 ? "in" : mount;
}

const char *inlet_port(char out[INLET_PORT_MAX], const char *mount,
                       uint32_t n_channels, uint32_t channel)
{
    snprintf(out, INLET_PORT_MAX, "%s_%s", inlet_prefix(mount),
             n_channels == 1 ? "mono"
             : channel == 0  ? "L"
                             : "R");
    return out;
}

static void name_port(struct inlet *i, uint32_t n, const struct mount *m,
                      uint32_t channel)
{
    inlet_port(i->name[n], m->name, m->n_channels, channel);
    snprintf(i->pretty[n], INLET_PORT_MAX, "%s %s", m->name,
             m->n_channels == 1 ? "mono"
             : channel == 0     ? "left"
                                : "right");
    i->pretty[n][0] = (char)toupper((unsigned char)i->pretty[n][0]);
    i->ports[n] = (struct jclient_port){i->name[n], i->pretty[n], m->name};
}

static void name_ports(struct inlet *i)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < i->o.n_mounts; k++) {
        const struct mount *m = &i->o.mounts[k];
        i->taps.tap[k] = m->tap;
        i->taps.n_channels[k] = m->n_channels;
        for (uint32_t c = 0; c < m->n_channels; c++)
            name_port(i, n++, m, c);
    }
    i->taps.n = i->o.n_mounts;
}

/*
 * From JACK to the packet in which a frame leaves, when [enc] has taken it from
 * the tap and the encoder has looked ahead: a packet has to be full, which its
 * first frame waits for and its last one does not. What a listener's class adds
 * is a matter between the two of them.
 */
static void tell_latency(struct inlet *i, struct jclient *jack)
{
    struct encoder_stats e;

    encoder_stats(i->o.mounts[0].encoder, &e);
    uint64_t rate = jclient_rate(jack);
    uint64_t ahead = e.lookahead * rate / TIMELINE_RATE;
    uint64_t packet = TIMELINE_PACKET * rate / TIMELINE_RATE;
    uint64_t wake = ENCODER_WAKE_MS * rate / 1000;
    jclient_set_heard(jack, (uint32_t)ahead, (uint32_t)(ahead + packet + wake));
}

static int joined(void *ctx, struct jclient *jack)
{
    struct inlet *i = ctx;

    tell_latency(i, jack);
    i->o.joined(i->o.ctx, jack);
    return 0;
}

static void left(void *ctx, struct jclient *jack)
{
    struct inlet *i = ctx;
    (void)jack;

    log_info(i->o.log, "streams go on in silence until JACK is back");
    for (uint32_t k = 0; k < i->taps.n; k++)
        tap_restart(i->taps.tap[k]);
}

static int join(struct inlet *i)
{
    struct jclient_opts o = {
        .log = i->o.log,
        .name = i->o.name,
        .pretty =
            strcmp(i->o.name, "longwave-sink") == 0 ? "Longwave Sink" : NULL,
        .icon = "network-server",
        .server = i->o.server,
        .in = i->ports,
        .process_rt = inlet_process_rt,
        .rt_ctx = &i->taps,
        .joined = joined,
        .left = left,
        .ctx = i,
    };
    int err = jclient_open(&i->jack, &o);

    return err ? err : jclient_activate(i->jack);
}

int inlet_open(struct inlet **out, const struct inlet_opts *o)
{
    struct inlet *i = calloc(1, sizeof(*i));
    int err = -ENOMEM;

    *out = NULL;
    if (!i)
        return err;
    i->o = *o;
    name_ports(i);
    err = join(i);
    if (err)
        inlet_close(&i);
    *out = i;
    return err;
}

void inlet_close(struct inlet **i)
{
    if (!*i)
        return;
    (*i)->o.joined((*i)->o.ctx, NULL);
    jclient_close(&(*i)->jack);
    free(*i);
    *i = NULL;
}

int64_t inlet_tick(struct inlet *i)
{
    return jclient_tick(i->jack);
}

const struct jclient *inlet_jack(const struct inlet *i)
{
    return i->jack;
}

int inlet_failed(const struct inlet *i)
{
    return jclient_failed(i->jack);
}
