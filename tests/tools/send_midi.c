// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * send_midi TO_PORT COUNT BYTE...: one MIDI message (bytes in hex), COUNT
 * times, as many in each cycle as JACK's buffer takes. Prints how many cycles
 * it took. Exit 0; 1 with a message.
 */
#include <jack/jack.h>
#include <jack/midiport.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BYTES_MAX 16
#define POLL_US   10000

struct send {
    jack_port_t *port;
    uint8_t byte[BYTES_MAX];
    size_t n;
    _Atomic uint32_t left; /* [main>rt] messages; then [rt>main] */
    uint32_t cycles;       /* [rt] in which some were sent */
};

static int process(jack_nframes_t n, void *arg)
{
    struct send *s = arg;
    void *buffer = jack_port_get_buffer(s->port, n);
    /* acquire, release: the other side sees what was written before */
    uint32_t left = atomic_load_explicit(&s->left, memory_order_acquire);

    jack_midi_clear_buffer(buffer);
    if (left == 0)
        return 0;
    while (left > 0 && jack_midi_event_write(buffer, 0, s->byte, s->n) == 0)
        left--;
    s->cycles++;
    atomic_store_explicit(&s->left, left, memory_order_release);
    return 0;
}

/* libjack says whenever a cycle's buffer is full, which is meant. */
static void silent(const char *text)
{
    (void)text;
}

int main(int argc, char **argv)
{
    static struct send s;
    int code = 1;

    if (argc < 4 || argc - 3 > BYTES_MAX) {
        fprintf(stderr, "usage: send_midi TO_PORT COUNT BYTE...\n");
        return 1;
    }
    for (int i = 3; i < argc; i++)
        s.byte[s.n++] = (uint8_t)strtoul(argv[i], NULL, 16);
    jack_set_error_function(silent);
    jack_client_t *jack =
        jack_client_open("send_midi", JackNoStartServer, NULL);
    if (!jack) {
        fprintf(stderr, "send_midi: no JACK server\n");
        return 1;
    }
    s.port = jack_port_register(jack, "out", JACK_DEFAULT_MIDI_TYPE,
                                JackPortIsOutput, 0);
    if (!s.port || jack_set_process_callback(jack, process, &s) != 0 ||
        jack_activate(jack) != 0 ||
        jack_connect(jack, jack_port_name(s.port), argv[1]) != 0) {
        fprintf(stderr, "send_midi: no MIDI port %s\n", argv[1]);
        goto out;
    }
    usleep(200000); /* until the connection counts in every cycle */
    atomic_store_explicit(&s.left, (uint32_t)strtoul(argv[2], NULL, 10),
                          memory_order_release);
    do {
        usleep(POLL_US);
    } while (atomic_load_explicit(&s.left, memory_order_acquire) > 0);
    usleep(100000); /* the last cycle reaches the other side */
    printf("%s messages in %u cycles\n", argv[2], s.cycles);
    code = 0;
out:
    jack_client_close(jack);
    return code;
}
