// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/patch.h"

#include <errno.h>
#include <jack/jack.h>
#include <stdio.h>
#include <stdlib.h>

struct patch {
    jack_client_t *jack;
};

static void jack_silent(const char *text)
{
    (void)text;
}

int patch_open(struct patch **out, const char *server)
{
    jack_status_t status = 0;
    *out = NULL;
    struct patch *p = calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    jack_set_error_function(jack_silent);
    jack_set_info_function(jack_silent);
    p->jack = server ? jack_client_open("longwave",
                                        JackNoStartServer | JackServerName,
                                        &status, server)
                     : jack_client_open("longwave", JackNoStartServer, &status);
    /* Active without a process function: inactive clients can't connect. */
    if (!p->jack || jack_activate(p->jack) != 0) {
        int r = status & JackServerFailed ? -EHOSTDOWN : -EIO;
        patch_close(&p);
        return r;
    }
    *out = p;
    return 0;
}

void patch_close(struct patch **p)
{
    if (!*p)
        return;
    if ((*p)->jack)
        jack_client_close((*p)->jack);
    free(*p);
    *p = NULL;
}

uint32_t patch_rate(const struct patch *p)
{
    return jack_get_sample_rate(p->jack);
}

uint32_t patch_period(const struct patch *p)
{
    return jack_get_buffer_size(p->jack);
}

bool patch_has_client(const struct patch *p, const char *client)
{
    char *uuid = jack_get_uuid_for_client_name(p->jack, client);
    bool there = uuid != NULL;
    jack_free(uuid);
    return there;
}

int patch_connect(struct patch *p, const char *from, const char *to)
{
    if (!jack_port_by_name(p->jack, from) || !jack_port_by_name(p->jack, to))
        return -ENOENT;
    int r = jack_connect(p->jack, from, to);
    return r == 0 || r == EEXIST ? 0 : -EIO;
}
