// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * studio [SERVER]: JACK clients that come and go by commands on stdin, for
 * tests of the patchbay. Their ports are in_1, in_2, ... and out_1, ...
 *
 *   client NAME INPUTS OUTPUTS  one that there may be
 *   open NAME                   it comes
 *   close NAME                  it goes
 *   grow NAME                   it gets an output more
 *   drop NAME                   it takes off its cables itself, then goes
 *                               300 ms later
 *   cable FROM TO               one that is to be there when all clients are
 *   rounds N SEED               N times: all clients go, all come in random
 *                               order; how long after the last one's
 *                               activation began were all cables there?
 *   freewheel on|off            of the server
 *
 * Each command is answered by a line, so that a script can wait for it: "ok",
 * or what rounds measured. Exit code 1: something could not be done.
 */
#include <jack/jack.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"

#define CLIENTS_MAX 64
#define CABLES_MAX  1024
#define NAME_MAX_   128
#define PATIENCE    (20 * NS_PER_S) /* of a round */
#define POLL        (NS_PER_MS / 2)

struct client {
    char name[NAME_MAX_];
    int n_in, n_out;
    jack_client_t *jack; /* NULL: not here */
};

struct studio {
    const char *server;
    jack_client_t *eye; /* looks on */
    uint32_t n_clients, n_cables;
    struct client client[CLIENTS_MAX];
    struct {
        char from[NAME_MAX_], to[NAME_MAX_];
    } cable[CABLES_MAX];
};

static jack_client_t *open_client(const struct studio *s, const char *name,
                                  jack_options_t o)
{
    o |= JackNoStartServer;
    return s->server
               ? jack_client_open(name, o | JackServerName, NULL, s->server)
               : jack_client_open(name, o, NULL);
}

static struct client *find(struct studio *s, const char *name)
{
    for (uint32_t i = 0; i < s->n_clients; i++)
        if (strcmp(s->client[i].name, name) == 0)
            return &s->client[i];
    return NULL;
}

static bool register_ports(struct client *c, const char *prefix, int n,
                           unsigned long flags)
{
    char name[32];

    for (int i = 1; i <= n; i++) {
        snprintf(name, sizeof(name), "%s_%d", prefix, i);
        if (!jack_port_register(c->jack, name, JACK_DEFAULT_AUDIO_TYPE, flags,
                                0))
            return false;
    }
    return true;
}

static bool come(const struct studio *s, struct client *c)
{
    if (c->jack)
        return true;
    c->jack = open_client(s, c->name, JackUseExactName);
    return c->jack && register_ports(c, "in", c->n_in, JackPortIsInput) &&
           register_ports(c, "out", c->n_out, JackPortIsOutput) &&
           jack_activate(c->jack) == 0;
}

static bool go(struct client *c)
{
    if (c->jack)
        jack_client_close(c->jack);
    c->jack = NULL;
    return true;
}

static bool grow(struct client *c)
{
    char name[32];

    snprintf(name, sizeof(name), "out_%d", c->n_out + 1);
    return c->jack && ++c->n_out > 0 &&
           jack_port_register(c->jack, name, JACK_DEFAULT_AUDIO_TYPE,
                              JackPortIsOutput, 0);
}

/* As some programs do when they stop: their own cables first. */
static bool drop(const struct studio *s, struct client *c)
{
    const char **ports;
    char all[NAME_MAX_ + 8];

    if (!c->jack)
        return false;
    snprintf(all, sizeof(all), "^%s:", c->name);
    ports = jack_get_ports(s->eye, all, NULL, 0);
    for (int i = 0; ports && ports[i]; i++)
        jack_port_disconnect(c->jack, jack_port_by_name(c->jack, ports[i]));
    jack_free(ports);
    clock_sleep(300 * NS_PER_MS);
    return go(c);
}

static uint32_t count_missing(const struct studio *s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n_cables; i++) {
        jack_port_t *from = jack_port_by_name(s->eye, s->cable[i].from);
        const char **to =
            from ? jack_port_get_all_connections(s->eye, from) : NULL;
        bool there = false;
        for (int k = 0; to && to[k]; k++)
            there = there || strcmp(to[k], s->cable[i].to) == 0;
        jack_free(to);
        n += !there;
    }
    return n;
}

/* All clients go and come in random orders; the time it took, ns, or -1. */
static int64_t play_round(struct studio *s, unsigned *seed)
{
    uint32_t order[CLIENTS_MAX];
    int64_t begin = 0;

    for (uint32_t i = 0; i < s->n_clients; i++) {
        uint32_t k = (uint32_t)rand_r(seed) % (i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    for (uint32_t i = 0; i < s->n_clients; i++)
        go(&s->client[order[s->n_clients - 1 - i]]);
    for (uint32_t i = 0; i < s->n_clients; i++) {
        begin = clock_now();
        if (!come(s, &s->client[order[i]])) {
            fprintf(stderr, "studio: '%s' can't come\n",
                    s->client[order[i]].name);
            return -1;
        }
    }
    while (count_missing(s) > 0) {
        if (clock_now() - begin > PATIENCE) {
            fprintf(stderr, "studio: %u cables are missing\n",
                    count_missing(s));
            return -1;
        }
        clock_sleep(POLL);
    }
    return clock_now() - begin;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool play_rounds(struct studio *s, uint32_t n, unsigned seed)
{
    int64_t *took = calloc(n ? n : 1, sizeof(*took));
    uint32_t in_time = 0, done = 0;

    for (; took && done < n; done++) {
        took[done] = play_round(s, &seed);
        if (took[done] < 0)
            break;
        in_time += took[done] <= 200 * NS_PER_MS;
    }
    if (!took || done == 0 || done < n) {
        free(took);
        return false;
    }
    qsort(took, n, sizeof(*took), by_time);
    printf("rounds %u cables %u median_ms %.1f p99_ms %.1f worst_ms %.1f "
           "within_200_ms %u\n",
           n, s->n_cables, (double)took[n / 2] / NS_PER_MS,
           (double)took[n * 99 / 100] / NS_PER_MS,
           (double)took[n - 1] / NS_PER_MS, in_time);
    free(took);
    return true;
}

static bool obey(struct studio *s, const char *line)
{
    char a[NAME_MAX_], b[NAME_MAX_];
    int in, out;
    unsigned n, seed;
    struct client *c;

    if (sscanf(line, "client %127s %d %d", a, &in, &out) == 3) {
        if (s->n_clients == CLIENTS_MAX)
            return false;
        c = &s->client[s->n_clients++];
        *c = (struct client){.n_in = in, .n_out = out};
        memcpy(c->name, a, sizeof(a));
    } else if (sscanf(line, "cable %127s %127s", a, b) == 2) {
        if (s->n_cables == CABLES_MAX)
            return false;
        memcpy(s->cable[s->n_cables].from, a, sizeof(a));
        memcpy(s->cable[s->n_cables++].to, b, sizeof(b));
    } else if (sscanf(line, "rounds %u %u", &n, &seed) == 2) {
        return play_rounds(s, n, seed);
    } else if (sscanf(line, "freewheel %127s", a) == 1) {
        if (jack_set_freewheel(s->eye, strcmp(a, "on") == 0) != 0)
            return false;
    } else if (sscanf(line, "%127s %127s", b, a) == 2 && (c = find(s, a))) {
        if (strcmp(b, "open") == 0    ? !come(s, c)
            : strcmp(b, "close") == 0 ? !go(c)
            : strcmp(b, "grow") == 0  ? !grow(c)
            : strcmp(b, "drop") == 0  ? !drop(s, c)
                                      : true)
            return false;
    } else {
        return false;
    }
    puts("ok");
    return true;
}

int main(int argc, char **argv)
{
    static struct studio s; /* large */
    char line[512];
    int code = 0;

    s.server = argc > 1 ? argv[1] : NULL;
    setvbuf(stdout, NULL, _IOLBF, 0);
    s.eye = open_client(&s, "studio", JackNullOption);
    if (!s.eye || jack_activate(s.eye) != 0) {
        fprintf(stderr, "studio: no JACK server\n");
        return 1;
    }
    while (code == 0 && fgets(line, sizeof(line), stdin))
        if (!obey(&s, line)) {
            fprintf(stderr, "studio: can't: %s", line);
            code = 1;
        }
    for (uint32_t i = 0; i < s.n_clients; i++)
        go(&s.client[i]);
    jack_client_close(s.eye);
    return code;
}
