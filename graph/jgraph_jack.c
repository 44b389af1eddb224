// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/jgraph_jack.h"

#include <errno.h>
#include <jack/metadata.h>
#include <jack/uuid.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"

#define PLAIN_NS  (50 * NS_PER_MS)
#define ORDER_KEY "http://jackaudio.org/metadata/order"

/* NULL where it is not said, or there are no metadata. */
static const char *find(const struct jprops *props, jack_uuid_t subject,
                        const char *key)
{
    return props ? jprops_find(props, subject, key) : NULL;
}

static int64_t order_of(const char *text)
{
    char *end;
    long long v = text ? strtoll(text, &end, 10) : 0;

    return text && end != text && !*end ? v : INT64_MAX;
}

struct scratch {
    char *alias[2]; /* room for the longest name each */
    int64_t until;  /* ns, when to give up */
};

/* Errors: -ENOMEM. A port of another kind, or one that has gone, is none. */
static int add_port(struct jgraph *g, const char *name, jack_port_t *port,
                    const struct jprops *props, struct scratch *s)
{
    const char *type = port ? jack_port_type(port) : NULL;
    bool midi = type && strcmp(type, JACK_DEFAULT_MIDI_TYPE) == 0;

    if (!type || (!midi && strcmp(type, JACK_DEFAULT_AUDIO_TYPE) != 0))
        return 0;
    int flags = jack_port_flags(port);
    jack_uuid_t uuid = jack_port_uuid(port);
    struct jgraph_port p = {
        .name = name,
        .pretty = find(props, uuid, JACK_METADATA_PRETTY_NAME),
        .order = order_of(find(props, uuid, ORDER_KEY)),
        .output = (flags & JackPortIsOutput) != 0,
        .midi = midi,
        .physical = (flags & JackPortIsPhysical) != 0,
    };
    int n = jack_port_get_aliases(port, s->alias);

    for (int i = 0; i < n && i < 2; i++)
        p.alias[i] = s->alias[i];
    int r = jgraph_add_port(g, &p, NULL);
    return r == -ENOMEM ? r : 0;
}

static int add_links(struct jgraph *g, jack_client_t *jack, const char *name,
                     jack_port_t *port)
{
    const char **to;
    int r = 0;

    if (!port || !(jack_port_flags(port) & JackPortIsOutput))
        return 0;
    to = jack_port_get_all_connections(jack, port);
    for (uint32_t i = 0; to && to[i] && r != -ENOMEM; i++)
        r = jgraph_add_link(g, name, to[i]); /* to one that came just now: its
                                                coming is announced yet */
    jack_free(to);
    return r == -ENOMEM ? r : 0;
}

/* libjack looks at each port there is for a name: once is enough. To be freed;
   NULL: memory is short. */
static jack_port_t **find_ports(jack_client_t *jack, const char **names)
{
    uint32_t n = 0;

    while (names[n])
        n++;
    jack_port_t **ports = malloc((n + 1) * sizeof(jack_port_t *));
    for (uint32_t i = 0; ports && i < n; i++)
        ports[i] = jack_port_by_name(jack, names[i]);
    return ports;
}

static int read_ports(struct jgraph *g, jack_client_t *jack, const char **names,
                      const struct jprops *props, struct scratch *s)
{
    jack_port_t **ports = find_ports(jack, names);
    int r = ports ? 0 : -ENOMEM;

    for (uint32_t i = 0; r == 0 && names[i]; i++)
        r = add_port(g, names[i], ports[i], props, s);
    for (uint32_t i = 0; r == 0 && names[i]; i++)
        r = clock_now() < s->until ? add_links(g, jack, names[i], ports[i])
                                   : -EAGAIN;
    free(ports);
    return r;
}

static int read_all(struct jgraph **out, jack_client_t *jack,
                    const struct jprops *props, int64_t until)
{
    struct scratch s = {.until = until};
    struct jgraph *g = NULL;
    const char **names = NULL;
    int r = jgraph_new(&g);

    *out = NULL;
    for (int i = 0; i < 2 && r == 0; i++) {
        s.alias[i] = calloc(1, (size_t)jack_port_name_size());
        if (!s.alias[i])
            r = -ENOMEM;
    }
    if (r < 0)
        goto out;
    names = jack_get_ports(jack, NULL, NULL, 0);
    if (names)
        r = read_ports(g, jack, names, props, &s);
    if (r == 0)
        r = jgraph_settle(g);
    if (r == 0) {
        *out = g;
        g = NULL;
    }
out:
    jack_free(names);
    free(s.alias[0]);
    free(s.alias[1]);
    jgraph_free(&g);
    return r;
}

int jgraph_read(struct jgraph **out, jack_client_t *jack,
                const struct jprops *props)
{
    return read_all(out, jack, props, INT64_MAX);
}

int jgraph_read_plain(struct jgraph **out, jack_client_t *jack)
{
    return read_all(out, jack, NULL, clock_now() + PLAIN_NS);
}
