// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ports CLIENT=PORT[,PORT...]...: silent JACK clients with ports of these
 * names, until it is killed. A port is +output or -input, and with a ~ before
 * that MIDI. Says "ready" when all are there.
 */
#include <jack/jack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int add_port(jack_client_t *c, const char *port)
{
    const char *type = JACK_DEFAULT_AUDIO_TYPE;

    if (*port == '~') {
        type = JACK_DEFAULT_MIDI_TYPE;
        port++;
    }
    if (*port != '+' && *port != '-')
        return -1;
    return jack_port_register(c, port + 1, type,
                              *port == '+' ? JackPortIsOutput : JackPortIsInput,
                              0)
               ? 0
               : -1;
}

/* arg is cut to pieces. */
static int add_client(char *arg)
{
    char *ports = strchr(arg, '=');
    jack_client_t *c;

    if (!ports)
        return -1;
    *ports++ = '\0';
    c = jack_client_open(arg, JackNoStartServer | JackUseExactName, NULL);
    if (!c)
        return -1;
    for (char *port = strtok(ports, ","); port; port = strtok(NULL, ","))
        if (add_port(c, port) < 0)
            return -1;
    return jack_activate(c);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (add_client(argv[i]) != 0) {
            fprintf(stderr, "ports: can't make %s\n", argv[i]);
            return EXIT_FAILURE;
        }
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
