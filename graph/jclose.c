// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/jclose.h"

#include <string.h>
#include <time.h>

bool jclose_is_pipewire(void)
{
    return strstr(jack_get_version_string(), "PipeWire") != NULL;
}

static void *close_jack(void *arg)
{
    jack_client_close(arg);
    return NULL;
}

/* The one before may have come back meanwhile. */
static void let_go(struct jclose *x)
{
    if (x->hangs && pthread_tryjoin_np(x->thread, NULL) != 0)
        pthread_detach(x->thread);
    x->hangs = false;
}

bool jclose_in_time(struct jclose *x, jack_client_t *jack)
{
    struct timespec end;

    let_go(x);
    if (pthread_create(&x->thread, NULL, close_jack, jack) != 0) {
        jack_client_close(jack);
        return true;
    }
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += JCLOSE_MAX_S;
    x->hangs = pthread_timedjoin_np(x->thread, NULL, &end) != 0;
    return !x->hangs;
}

bool jclose_permits_open(struct jclose *x)
{
    if (x->hangs && pthread_tryjoin_np(x->thread, NULL) == 0)
        x->hangs = false;
    return !x->hangs || !jclose_is_pipewire();
}
