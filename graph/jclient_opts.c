// SPDX-License-Identifier: GPL-3.0-or-later
/* What a client is told of itself, as its own: a thread that hangs in libjack
   may look at it when whoever told it has gone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph/jclient_priv.h"

/* NULL of NULL, and where memory is short, which *ok tells. */
static const char *copy(const char *text, bool *ok)
{
    char *own = text ? strdup(text) : NULL;

    *ok &= own || !text;
    return own;
}

static const struct jclient_port *copy_ports(const struct jclient_port *ports,
                                             bool *ok)
{
    struct jclient_port *own;
    uint32_t n = 0;

    while (ports && ports[n].name)
        n++;
    own = calloc(n + 1, sizeof(*own));
    *ok &= own != NULL;
    for (uint32_t i = 0; own && i < n; i++)
        own[i] = (struct jclient_port){copy(ports[i].name, ok),
                                       copy(ports[i].pretty, ok),
                                       copy(ports[i].group, ok)};
    return own;
}

static void drop(const char *text)
{
    free((char *)text);
}

/* One whose name is missing is the last, also where memory was short. */
static void drop_ports(const struct jclient_port *ports)
{
    for (uint32_t i = 0; ports && ports[i].name; i++) {
        drop(ports[i].name);
        drop(ports[i].pretty);
        drop(ports[i].group);
    }
    free((struct jclient_port *)ports);
}

int jclient_opts_take(struct jclient *c, const struct jclient_opts *o)
{
    bool ok = true;

    c->o = *o;
    if (o->log)
        c->log = *o->log;
    c->o.log = o->log ? &c->log : NULL;
    c->o.name = copy(o->name, &ok);
    c->o.pretty = copy(o->pretty, &ok);
    c->o.icon = copy(o->icon, &ok);
    c->o.server = copy(o->server, &ok);
    c->o.in = copy_ports(o->in, &ok);
    c->o.out = copy_ports(o->out, &ok);
    c->o.midi_in = copy_ports(o->midi_in, &ok);
    return ok ? 0 : -ENOMEM;
}

void jclient_opts_drop(struct jclient *c)
{
    drop(c->o.name);
    drop(c->o.pretty);
    drop(c->o.icon);
    drop(c->o.server);
    drop_ports(c->o.in);
    drop_ports(c->o.out);
    drop_ports(c->o.midi_in);
}
