// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/sink/inlet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "graph/jclient.h"

#define LOOK_AGAIN (500 * NS_PER_MS)
#define PORT_MAX   (MOUNT_NAME_MAX + 8)

struct inlet {
    /* [init] */
    struct inlet_opts o;
    char ports[MOUNT_MAX * 2][PORT_MAX];
    const char *port_list[MOUNT_MAX * 2 + 1];
    struct inlet_taps taps;

    /* [main] */
    struct jclient *jack; /* NULL: there is no server */
    int64_t look_at;      /* ns: for a server, next */
};

const char *inlet_prefix(const char *mount)
{
    return strcmp(mount, "live") == 0 ? "in" : mount;
}

static void name_ports(struct inlet *i)
{
    uint32_t n = 0;

    for (uint32_t k = 0; k < i->o.n_mounts; k++) {
        const struct mount *m = &i->o.mounts[k];
        i->taps.tap[k] = m->tap;
        i->taps.n_channels[k] = m->n_channels;
        for (uint32_t c = 0; c < m->n_channels; c++) {
            snprintf(i->ports[n], PORT_MAX, "%s_%s", inlet_prefix(m->name),
                     m->n_channels == 1 ? "mono"
                     : c == 0           ? "L"
                                        : "R");
            i->port_list[n] = i->ports[n];
            n++;
        }
    }
    i->taps.n = i->o.n_mounts;
}

static int join(struct inlet *i, const struct log *log)
{
    struct jclient_opts o = {
        .log = log,
        .name = i->o.name,
        .server = i->o.server,
        .in_ports = i->port_list,
        .process_rt = inlet_process_rt,
        .ctx = &i->taps,
    };
    int err = jclient_open(&i->jack, &o);

    if (!err)
        err = jclient_activate(i->jack);
    if (err)
        jclient_close(&i->jack);
    else
        i->o.joined(i->o.ctx, i->jack);
    return err;
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
    err = join(i, o->log);
    if (err)
        inlet_close(&i);
    *out = i;
    return err;
}

/* The client's end. */
static void part(struct inlet *i)
{
    if (!i->jack)
        return;
    i->o.joined(i->o.ctx, NULL);
    jclient_close(&i->jack);
}

void inlet_close(struct inlet **i)
{
    if (!*i)
        return;
    part(*i);
    free(*i);
    *i = NULL;
}

static void leave(struct inlet *i)
{
    log_warn(i->o.log,
             "the JACK server has gone; streams go on in silence until it is "
             "back");
    part(i);
    for (uint32_t k = 0; k < i->taps.n; k++)
        tap_restart(i->taps.tap[k]);
    i->look_at = clock_now() + LOOK_AGAIN;
}

void inlet_tick(struct inlet *i)
{
    if (i->jack && !jclient_alive(i->jack)) {
        leave(i);
    } else if (!i->jack && clock_now() >= i->look_at) {
        i->look_at = clock_now() + LOOK_AGAIN;
        /* Without a log: it fails until it doesn't. */
        if (join(i, NULL) == 0)
            log_info(i->o.log, "the JACK server is back: client %s, %u Hz",
                     jclient_name(i->jack), (unsigned)jclient_rate(i->jack));
    }
}
