// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * For the preset rtsan, in which ld gives calls of jack_set_process_callback()
 * to __wrap_ of that name (cmake/Rtsan.cmake): the whole callback runs as the
 * RealtimeSanitizer's realtime code. The program's memory is never given back;
 * there are as many pieces of it as servers were joined.
 */
#include <errno.h>
#include <jack/jack.h>
#include <stdlib.h>

/* The sanitizer's, and ld's. */
void __rtsan_realtime_enter(void);
void __rtsan_realtime_exit(void);
int __real_jack_set_process_callback(jack_client_t *jack, JackProcessCallback f,
                                     void *arg);
int __wrap_jack_set_process_callback(jack_client_t *jack, JackProcessCallback f,
                                     void *arg);

struct callback {
    JackProcessCallback process;
    void *arg;
};

static int process(jack_nframes_t n_frames, void *arg)
{
    struct callback *c = arg;

    __rtsan_realtime_enter();
    int r = c->process(n_frames, c->arg);
    __rtsan_realtime_exit();
    return r;
}

int __wrap_jack_set_process_callback(jack_client_t *jack, JackProcessCallback f,
                                     void *arg)
{
    struct callback *c = malloc(sizeof(*c));

    if (!c)
        return ENOMEM;
    c->process = f;
    c->arg = arg;
    return __real_jack_set_process_callback(jack, process, c);
}
