// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * record SECONDS OUT.wav PORT_L PORT_R [OUT.wav PORT_L PORT_R]...
 * Writes what JACK output ports play into 32-bit float WAV files, all from the
 * same frame on and none left out: when the server skips a cycle it begins
 * again. Exit 0; 1 with a message, also when no try of TRIES was whole.
 */
#include <jack/jack.h>
#include <sndfile.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORTS_MAX 16
#define TRIES     10
#define POLL_US   20000

enum state { IDLE, RUNNING, DONE, BROKEN };

struct record {
    jack_client_t *jack;
    jack_port_t *port[PORTS_MAX];
    float *x[PORTS_MAX]; /* [frames] */
    uint32_t n_ports, frames;
    uint32_t at;         /* [rt] frames recorded */
    jack_nframes_t next; /* [rt] frame time expected */
    _Atomic int state;   /* enum; RUNNING by [main], what follows by [rt] */
};

static int process(jack_nframes_t n, void *arg)
{
    struct record *r = arg;
    jack_nframes_t now = jack_last_frame_time(r->jack);

    /* acquire, release: the other side sees what was written before */
    if (atomic_load_explicit(&r->state, memory_order_acquire) != RUNNING)
        return 0;
    if (r->at > 0 && now != r->next) {
        atomic_store_explicit(&r->state, BROKEN, memory_order_release);
        return 0;
    }
    r->next = now + n;
    uint32_t take = r->frames - r->at < n ? r->frames - r->at : n;
    for (uint32_t p = 0; p < r->n_ports; p++)
        memcpy(r->x[p] + r->at, jack_port_get_buffer(r->port[p], n),
               take * sizeof(float));
    r->at += take;
    if (r->at == r->frames)
        atomic_store_explicit(&r->state, DONE, memory_order_release);
    return 0;
}

/* argv: triples of a file and two ports. */
static bool open_ports(struct record *r, char **argv)
{
    for (uint32_t p = 0; p < r->n_ports; p++) {
        char name[16];
        snprintf(name, sizeof name, "in_%u", p + 1);
        r->x[p] = calloc(r->frames, sizeof(float));
        r->port[p] = jack_port_register(r->jack, name, JACK_DEFAULT_AUDIO_TYPE,
                                        JackPortIsInput, 0);
        if (!r->x[p] || !r->port[p])
            return false;
    }
    if (jack_set_process_callback(r->jack, process, r) != 0 ||
        jack_activate(r->jack) != 0)
        return false;
    for (uint32_t p = 0; p < r->n_ports; p++) {
        const char *from = argv[p / 2 * 3 + 1 + p % 2];
        if (jack_connect(r->jack, from, jack_port_name(r->port[p])) != 0) {
            fprintf(stderr, "record: no port %s\n", from);
            return false;
        }
    }
    usleep(200000); /* until the connections count in every cycle */
    return true;
}

static bool take(struct record *r)
{
    int state = BROKEN;

    for (int i = 0; i < TRIES && state != DONE; i++) {
        r->at = 0;
        atomic_store_explicit(&r->state, RUNNING, memory_order_release);
        do {
            usleep(POLL_US);
            state = atomic_load_explicit(&r->state, memory_order_acquire);
        } while (state == RUNNING);
    }
    return state == DONE;
}

static bool write_pair(const char *path, int rate, const float *l,
                       const float *r, uint32_t frames)
{
    SF_INFO info = {.samplerate = rate,
                    .channels = 2,
                    .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
    SNDFILE *f = sf_open(path, SFM_WRITE, &info);
    bool ok = f != NULL;

    for (uint32_t i = 0; i < frames && ok; i++)
        ok = sf_writef_float(f, (float[]){l[i], r[i]}, 1) == 1;
    return f && sf_close(f) == 0 && ok;
}

int main(int argc, char **argv)
{
    static struct record r;
    int code = 1;

    if (argc < 5 || (argc - 2) % 3 != 0 || (argc - 2) / 3 * 2 > PORTS_MAX) {
        fprintf(stderr, "usage: record SECONDS OUT.wav PORT_L PORT_R...\n");
        return 1;
    }
    r.jack = jack_client_open("record", JackNoStartServer, NULL);
    if (!r.jack) {
        fprintf(stderr, "record: no JACK server\n");
        return 1;
    }
    int rate = (int)jack_get_sample_rate(r.jack);
    r.n_ports = (uint32_t)(argc - 2) / 3 * 2;
    r.frames = (uint32_t)(atof(argv[1]) * rate);
    if (!open_ports(&r, argv + 2))
        goto out;
    if (!take(&r)) {
        fprintf(stderr, "record: the server skips too often\n");
        goto out;
    }
    code = 0;
    for (uint32_t p = 0; p < r.n_ports; p += 2)
        if (!write_pair(argv[2 + p / 2 * 3], rate, r.x[p], r.x[p + 1],
                        r.frames))
            code = 1;
out:
    jack_client_close(r.jack);
    for (uint32_t p = 0; p < r.n_ports; p++)
        free(r.x[p]);
    return code;
}
