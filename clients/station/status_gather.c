// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clients/station/status.h"
#include "graph/jgate.h"
#include "graph/clock.h"
#include "graph/remote.h"
#include "graph/tell.h"

#define WAIT        (2 * NS_PER_S)
#define CLIENTS_MAX 64
#define BODY_MAX    (1 << 22) /* bytes of an answer of the sink's */

static const char *server_name(const struct status_opts *o)
{
    return jgate_server(o->server);
}

static json_t *ask_station(const struct status_opts *o)
{
    char *text = NULL;
    json_t *j = NULL;

    if (tell_ask_wait(&text, server_name(o), "", "operate",
                      clock_now() + WAIT) == 0)
        j = json_loads(text, 0, NULL);
    free(text);
    return j;
}

/* Of all that are on that server. They share one deadline: who hangs costs the
   others nothing but what is over. */
static json_t *ask_clients(const struct status_opts *o)
{
    int64_t until = clock_now() + WAIT;
    char *names[CLIENTS_MAX];
    uint32_t n = tell_names(server_name(o), names, CLIENTS_MAX);
    json_t *all = json_object();

    for (uint32_t i = 0; i < n; i++) {
        char *text = NULL;
        json_t *told = NULL;

        if (*names[i] &&
            tell_ask_wait(&text, server_name(o), names[i], "", until) == 0)
            told = json_loads(text, 0, NULL);
        json_object_del(told, "log");
        if (json_is_object(told))
            json_object_set(all, names[i], told);
        json_decref(told);
        free(text);
        free(names[i]);
    }
    return all;
}

/* The first generator that tells, and where it is controlled. */
static void find_generator(struct status *s)
{
    json_t *told;
    const char *name, *why;

    json_object_foreach(s->clients, name, told)
    {
        const char *program =
            json_string_value(json_object_get(told, "program"));
        const char *osc = json_string_value(json_object_get(told, "osc"));

        if (!program || strcmp(program, "longwave-gen") != 0)
            continue;
        s->generator = json_incref(told);
        if (!osc || cli_parse_addr(osc, &s->osc, &why) < 0)
            s->osc.host[0] = '\0';
        return;
    }
}

static int ask_generator(json_t **out, const struct cli_addr *addr)
{
    int64_t until = clock_now() + WAIT;
    const struct osc_message *m;
    struct remote *r = NULL;
    int err = remote_open(&r, addr);

    if (!err)
        err = remote_send(r, "/longwave/status", "");
    while (!err && !*out) {
        err = remote_next(r, until, &m);
        if (!err && strcmp(m->address, "/longwave/status") == 0 && m->n > 0 &&
            m->arg[0].text)
            *out = json_loads(m->arg[0].text, 0, NULL);
    }
    remote_close(&r);
    return err;
}

/* "http://HOST:PORT/" or "http://[V6]:PORT/" in two. */
static bool split_url(const char *url, char host[256], char port[8])
{
    const char *at = strncmp(url, "http://", 7) == 0 ? url + 7 : NULL;

    return at && (sscanf(at, "[%255[^]]]:%7[0-9]", host, port) == 2 ||
                  sscanf(at, "%255[^:/]:%7[0-9]", host, port) == 2);
}

static int connect_to(const char *url)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL;
    char host[256], port[8];
    int fd = -1;

    if (!split_url(url, host, port) || getaddrinfo(host, port, &hints, &all))
        return -1;
    for (struct addrinfo *a = all; a && fd < 0; a = a->ai_next) {
        struct timeval limit = {.tv_sec = WAIT / NS_PER_S};
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(all);
    return fd;
}

/* All that comes, for free(); NULL: nothing, too much, or too late. */
static char *read_all(int fd)
{
    int64_t until = clock_now() + WAIT;
    size_t n = 0, room = 1 << 16;
    char *text = malloc(room);
    ssize_t got = 1;

    while (text && got > 0 && clock_now() < until) {
        if (room - n < 2 && room < BODY_MAX) {
            char *more = realloc(text, room *= 2);
            if (!more)
                break;
            text = more;
        }
        got = room - n < 2 ? -1 : recv(fd, text + n, room - n - 1, 0);
        n += got > 0 ? (size_t)got : 0;
    }
    if (text && got == 0) {
        text[n] = '\0';
        return text;
    }
    free(text);
    return NULL;
}

static json_t *ask_sink(const char *admin)
{
    static const char request[] = "GET /status.json HTTP/1.0\r\n\r\n";
    int fd = admin ? connect_to(admin) : -1;
    char *text = NULL, *body;
    json_t *j = NULL;

    if (fd < 0)
        return NULL;
    if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) > 0)
        text = read_all(fd);
    body = text ? strstr(text, "\r\n\r\n") : NULL;
    if (body)
        j = json_loads(body + 4, 0, NULL);
    free(text);
    close(fd);
    return j;
}

int status_gather(struct status *out, const struct status_opts *o)
{
    const char *osc, *why;
    int err = 0;

    *out = (struct status){.station = ask_station(o), .osc = o->osc};
    osc = json_string_value(json_object_get(out->station, "osc"));
    if (out->station && !o->osc_given &&
        (!osc || cli_parse_addr(osc, &out->osc, &why) < 0))
        out->osc.host[0] = '\0';
    if (*out->osc.host)
        err = ask_generator(&out->generator, &out->osc);
    out->clients = ask_clients(o);
    if (!out->generator && !o->osc_given)
        find_generator(out);
    out->sink =
        ask_sink(json_string_value(json_object_get(out->station, "admin")));
    return out->station || out->generator || json_object_size(out->clients) > 0
               ? 0
           : err ? err
                 : -ECONNREFUSED;
}

void status_fini(struct status *s)
{
    json_decref(s->station);
    json_decref(s->generator);
    json_decref(s->sink);
    json_decref(s->clients);
    *s = (struct status){.station = NULL};
}
