// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/jclose.h"

#include <pthread.h>
#include <time.h>

static void *close_jack(void *arg)
{
    jack_client_close(arg);
    return NULL;
}

bool jclose_in_time(jack_client_t *jack)
{
    struct timespec end;
    pthread_t thread;

    if (pthread_create(&thread, NULL, close_jack, jack) != 0) {
        jack_client_close(jack);
        return true;
    }
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += JCLOSE_MAX_S;
    if (pthread_timedjoin_np(thread, NULL, &end) == 0)
        return true;
    pthread_detach(thread);
    return false;
}
