// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * marker FILE [PORT_L PORT_R]: a JACK client that plays the markers' signal
 * (marks.h) and says in FILE when each burst began, one line each: its number
 * and the CLOCK_MONOTONIC time, ns, at which its first frame entered the graph,
 * which is the cycle's time and the frame's place in the cycle. No latency of a
 * port is in it. Until SIGINT or SIGTERM.
 */
#include <errno.h>
#include <inttypes.h>
#include <jack/jack.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/cli.h"
#include "graph/clock.h"
#include "graph/log.h"
#include "graph/ring.h"
#include "tests/bench/load/marks.h"

#define CHANNELS 2
#define RING     256 /* bursts: a minute and a half of them */
#define POLL     (100 * NS_PER_MS)

/* A burst's onset, as the process callback saw it. */
struct onset {
    uint64_t number;
    int64_t at; /* ns, by JACK's clock */
};

struct marker {
    struct log log;
    struct cli_program cli;
    struct cli_option none;
    const char *args[1 + CHANNELS];
    jack_client_t *jack;
    jack_port_t *port[CHANNELS];
    struct ring *onsets;
    uint64_t frame;       /* [rt] of the signal */
    _Atomic int unwanted; /* rt>main: onsets that could not be told */
    FILE *out;
};

static void tell(struct marker *m, jack_nframes_t offset)
{
    jack_nframes_t frames;
    jack_time_t now, next;
    float period;
    struct onset o = {.number = (m->frame + offset) / MARKS_PERIOD - 1};

    if (jack_get_cycle_times(m->jack, &frames, &now, &next, &period) == 0) {
        o.at = (int64_t)now * 1000 + offset * NS_PER_S / MARKS_RATE;
        if (ring_write_rt(m->onsets, &o, 1) == 1)
            return;
    }
    atomic_fetch_add_explicit(&m->unwanted, 1, memory_order_relaxed);
}

static int process(jack_nframes_t n, void *arg)
{
    struct marker *m = arg;
    float *x[CHANNELS];

    for (int c = 0; c < CHANNELS; c++)
        x[c] = jack_port_get_buffer(m->port[c], n);
    for (jack_nframes_t i = 0; i < n; i++) {
        uint64_t frame = m->frame + i;
        x[0][i] = marks_sample(frame);
        if (frame >= MARKS_PERIOD && frame % MARKS_PERIOD == 0)
            tell(m, i);
    }
    memcpy(x[1], x[0], n * sizeof(float));
    m->frame += n;
    return 0;
}

/* Errors: -ECONNREFUSED (no server), -EINVAL (it has another rate), -EIO. */
static int start(struct marker *m)
{
    static const char *const names[CHANNELS] = {"out_L", "out_R"};

    m->jack = jack_client_open("marker", JackNoStartServer, NULL);
    if (!m->jack)
        return -ECONNREFUSED;
    if (jack_get_sample_rate(m->jack) != MARKS_RATE)
        return -EINVAL;
    for (int c = 0; c < CHANNELS; c++) {
        m->port[c] = jack_port_register(
            m->jack, names[c], JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
        if (!m->port[c])
            return -EIO;
    }
    if (jack_set_process_callback(m->jack, process, m) ||
        jack_activate(m->jack))
        return -EIO;
    for (int c = 0; c < CHANNELS && m->args[1 + c]; c++)
        if (jack_connect(m->jack, jack_port_name(m->port[c]), m->args[1 + c])) {
            log_error(&m->log, "no port %s", m->args[1 + c]);
            return -EIO;
        }
    return 0;
}

/* From JACK's clock to ours; the nearest of some readings, so that being put to
   sleep between two clocks doesn't show. */
static int64_t clock_offset(void)
{
    int64_t best = 0, width = INT64_MAX;

    for (int i = 0; i < 5; i++) {
        int64_t before = clock_now();
        int64_t jack = (int64_t)jack_get_time() * 1000;
        int64_t after = clock_now();
        if (after - before < width) {
            width = after - before;
            best = before + width / 2 - jack;
        }
    }
    return best;
}

static void drain(struct marker *m)
{
    struct onset o;

    while (ring_read_rt(m->onsets, &o, 1) == 1)
        fprintf(m->out, "%" PRIu64 " %" PRId64 "\n", o.number,
                o.at + clock_offset());
    fflush(m->out);
}

static int run(struct marker *m)
{
    const struct timespec poll = {.tv_nsec = POLL};
    sigset_t end;

    sigemptyset(&end);
    sigaddset(&end, SIGINT);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL); /* before JACK's threads are there */
    int err = start(m);
    if (err)
        return err;
    while (sigtimedwait(&end, NULL, &poll) < 0)
        drain(m);
    jack_deactivate(m->jack);
    drain(m);
    int lost = atomic_load_explicit(&m->unwanted, memory_order_relaxed);
    if (lost > 0)
        log_warn(&m->log, "%d bursts could not be told of", lost);
    return 0;
}

int main(int argc, char **argv)
{
    static struct marker m;
    int code = EXIT_OK, err = 0;

    m.log = (struct log){"marker", LOG_INFO};
    m.cli = (struct cli_program){
        .name = "marker",
        .summary = "Plays bursts into JACK and says when each one began.",
        .usage = "FILE [PORT_L PORT_R]",
        .options = &m.none,
        .max_args = 1 + CHANNELS,
        .args = m.args,
    };
    int r = cli_parse(&m.cli, argc, argv);
    if (r > 0 && !m.args[0]) {
        log_error(&m.log, "no FILE to write to");
        r = -EINVAL;
    }
    if (r <= 0) {
        code = r < 0 ? EXIT_USAGE : EXIT_OK;
        goto out;
    }
    m.out = fopen(m.args[0], "w");
    err = m.out ? ring_new(&m.onsets, RING, sizeof(struct onset)) : -errno;
    if (!err)
        err = run(&m);
    if (err) {
        log_error(&m.log, "%s",
                  err == -ECONNREFUSED ? "no JACK server"
                  : err == -EINVAL     ? "the JACK server is not at 48000 Hz"
                                       : strerror(-err));
        code = err == -ECONNREFUSED ? EXIT_ABSENT : EXIT_RUNNING;
    }
out:
    if (m.jack)
        jack_client_close(m.jack);
    ring_free(&m.onsets);
    if (m.out && fclose(m.out) != 0)
        code = EXIT_RUNNING;
    cli_fini(&m.cli);
    return code;
}
