// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/remote.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "graph/clock.h"

struct remote {
    int fd;
    struct osc_message m;
    alignas(8) uint8_t in[OSC_PACKET_MAX];
    uint8_t out[OSC_PACKET_MAX];
};

static int connect_to(int fd, const struct cli_addr *addr)
{
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(addr->port)};
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons(addr->port)};
    int r;

    if (strchr(addr->host, ':')) {
        inet_pton(AF_INET6, addr->host, &v6.sin6_addr);
        r = connect(fd, (struct sockaddr *)&v6, sizeof(v6));
    } else {
        inet_pton(AF_INET, addr->host, &v4.sin_addr);
        r = connect(fd, (struct sockaddr *)&v4, sizeof(v4));
    }
    return r < 0 ? -errno : 0;
}

int remote_open(struct remote **out, const struct cli_addr *addr)
{
    struct remote *r = calloc(1, sizeof(*r));
    int family = strchr(addr->host, ':') ? AF_INET6 : AF_INET;
    int err;

    *out = NULL;
    if (!r)
        return -ENOMEM;
    r->fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    err = r->fd < 0 ? -errno : connect_to(r->fd, addr);
    if (err)
        remote_close(&r);
    *out = r;
    return err;
}

void remote_close(struct remote **r)
{
    if (!*r)
        return;
    osc_message_fini(&(*r)->m);
    if ((*r)->fd >= 0)
        close((*r)->fd);
    free(*r);
    *r = NULL;
}

int remote_fd(const struct remote *r)
{
    return r->fd;
}

int remote_send(struct remote *r, const char *address, const char *types, ...)
{
    va_list ap;
    int n;

    va_start(ap, types);
    n = osc_message_vwrite(r->out, address, types, ap);
    va_end(ap);
    if (n < 0)
        return n;
    return send(r->fd, r->out, (size_t)n, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int remote_next(struct remote *r, int64_t until_ns,
                const struct osc_message **out)
{
    char why[OSC_WHY_MAX];

    for (;;) {
        struct pollfd fd = {.fd = r->fd, .events = POLLIN};
        int64_t left = until_ns - clock_now();
        ssize_t n;

        n = recv(r->fd, r->in, sizeof(r->in), 0);
        if (n < 0 && errno == ECONNREFUSED)
            return -errno;
        if (n < 0 && left <= 0)
            return -ETIMEDOUT;
        if (n < 0) {
            poll(&fd, 1, (int)(left / NS_PER_MS + 1));
            continue;
        }
        osc_message_fini(&r->m);
        if (osc_message_read(&r->m, r->in, (size_t)n, why) == 0) {
            *out = &r->m;
            return 0;
        }
    }
}
