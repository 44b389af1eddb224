// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * tone NAME DBFS: a JACK client whose ports out_L and out_R play a sine of
 * 997 Hz with that peak, and half of it, until it is killed. Says "ready" when
 * it plays.
 */
#include <jack/jack.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct tone {
    jack_port_t *out[2];
    double step, at; /* radians */
    float peak;
};

static int process(jack_nframes_t n, void *arg)
{
    struct tone *t = arg;
    float *l = jack_port_get_buffer(t->out[0], n);
    float *r = jack_port_get_buffer(t->out[1], n);

    for (jack_nframes_t i = 0; i < n; i++) {
        l[i] = t->peak * (float)sin(t->at);
        r[i] = l[i] / 2;
        t->at = fmod(t->at + t->step, 8 * atan(1));
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct tone t = {.at = 0};
    jack_client_t *c;

    if (argc != 3)
        return 2;
    c = jack_client_open(argv[1], JackNoStartServer | JackUseExactName, NULL);
    if (!c)
        return 1;
    t.peak = (float)pow(10, atof(argv[2]) / 20);
    t.step = 8 * atan(1) * 997 / jack_get_sample_rate(c);
    for (int i = 0; i < 2; i++)
        t.out[i] =
            jack_port_register(c, i ? "out_R" : "out_L",
                               JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
    if (!t.out[0] || !t.out[1] || jack_set_process_callback(c, process, &t) ||
        jack_activate(c))
        return 1;
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
