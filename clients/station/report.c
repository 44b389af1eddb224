// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/report.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "graph/clock.h"

#define BACKLOG  8
#define TEXT_MAX (1 << 20) /* bytes of an answer */

struct report {
    int fd;
};

/* Returns the length of the address. Names are cut where they are too long. */
static socklen_t address(struct sockaddr_un *a, const char *server)
{
    int n;

    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    n = snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, "longwave/%lu/%s",
                 (unsigned long)getuid(), server);
    if ((size_t)n > sizeof(a->sun_path) - 2)
        n = (int)sizeof(a->sun_path) - 2;
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

/* Anybody could have taken, or could use, a name. */
static bool is_same_user(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == getuid() || peer.uid == 0);
}

int report_open(struct report **out, const char *server)
{
    struct report *r = calloc(1, sizeof(*r));
    struct sockaddr_un a;
    socklen_t len = address(&a, server);
    int err = 0;

    *out = NULL;
    if (!r)
        return -ENOMEM;
    r->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (r->fd < 0 || bind(r->fd, (struct sockaddr *)&a, len) < 0 ||
        listen(r->fd, BACKLOG) < 0)
        err = -errno;
    if (err)
        report_close(&r);
    *out = r;
    return err;
}

void report_close(struct report **r)
{
    if (!*r)
        return;
    if ((*r)->fd >= 0)
        close((*r)->fd);
    free(*r);
    *r = NULL;
}

int report_fd(const struct report *r)
{
    return r->fd;
}

void report_serve(struct report *r, char *(*text)(void *ctx), void *ctx)
{
    int fd;

    while ((fd = accept4(r->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >=
           0) {
        char *t = is_same_user(fd) ? text(ctx) : NULL;

        /* It is far smaller than a socket's buffer. */
        if (t && send(fd, t, strlen(t), MSG_NOSIGNAL) < 0)
            shutdown(fd, SHUT_RDWR);
        free(t);
        close(fd);
    }
}

/* All until the other end hangs up. */
static int read_all(int fd, char **out, int64_t until_ns)
{
    size_t n = 0, room = 0;
    char *text = NULL;

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t left = until_ns - clock_now();
        ssize_t got = -1;

        if (room - n < 4096) {
            char *more = room < TEXT_MAX ? realloc(text, room + 65536) : NULL;
            if (!more)
                break;
            text = more;
            room += 65536;
        }
        if (left > 0 && poll(&p, 1, (int)(left / NS_PER_MS + 1)) > 0)
            got = recv(fd, text + n, room - n - 1, 0);
        if (got < 0 && (left <= 0 || (errno != EINTR && errno != EAGAIN))) {
            free(text);
            return -ETIMEDOUT;
        }
        if (got == 0) {
            text[n] = '\0';
            *out = text;
            return 0;
        }
        n += got > 0 ? (size_t)got : 0;
    }
    free(text);
    return -ENOMEM;
}

int report_ask(char **out, const char *server, int64_t until_ns)
{
    int r, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un a;
    socklen_t len = address(&a, server);

    *out = NULL;
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&a, len) < 0)
        r = errno == EAGAIN ? -ETIMEDOUT : -ENOENT;
    else if (!is_same_user(fd))
        r = -EPERM;
    else
        r = read_all(fd, out, until_ns);
    close(fd);
    return r;
}
