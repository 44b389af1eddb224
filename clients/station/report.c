// SPDX-License-Identifier: GPL-3.0-or-later
#include "clients/station/report.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "graph/clock.h"

#define BACKLOG  8
#define TEXT_MAX (1 << 20) /* bytes of an answer */

/* What is being told to somebody. */
struct answer {
    int fd;
    char *text;
    size_t sent, size; /* bytes */
    int64_t until;     /* clock_now(): then it is given up */
};

struct report {
    int fd, all; /* who asks; epoll of that and of the answers */
    uint32_t n;
    struct answer answer[REPORT_ANSWERS_MAX]; /* the oldest first */
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

static int watch(const struct report *r, int fd, uint32_t what)
{
    struct epoll_event e = {.events = what};

    return epoll_ctl(r->all, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
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
    r->all = epoll_create1(EPOLL_CLOEXEC);
    if (r->fd < 0 || r->all < 0 ||
        bind(r->fd, (struct sockaddr *)&a, len) < 0 ||
        listen(r->fd, BACKLOG) < 0)
        err = -errno;
    if (!err)
        err = watch(r, r->fd, EPOLLIN);
    if (err)
        report_close(&r);
    *out = r;
    return err;
}

/* A descriptor that is closed is no more in the epoll. */
static void drop(struct report *r, uint32_t i)
{
    free(r->answer[i].text);
    close(r->answer[i].fd);
    r->n--;
    memmove(&r->answer[i], &r->answer[i + 1],
            (r->n - i) * sizeof(r->answer[0]));
}

void report_close(struct report **r)
{
    if (!*r)
        return;
    while ((*r)->n > 0)
        drop(*r, (*r)->n - 1);
    if ((*r)->all >= 0)
        close((*r)->all);
    if ((*r)->fd >= 0)
        close((*r)->fd);
    free(*r);
    *r = NULL;
}

int report_fd(const struct report *r)
{
    return r->all;
}

int64_t report_next(const struct report *r)
{
    return r->n > 0 ? r->answer[0].until : INT64_MAX;
}

/* Sends what there is room for. False: there is no more to do. */
static bool go_on(struct answer *a)
{
    while (a->sent < a->size) {
        ssize_t n = send(a->fd, a->text + a->sent, a->size - a->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        a->sent += (size_t)n;
    }
    return false;
}

static void begin(struct report *r, int fd, char *text)
{
    if (r->n == REPORT_ANSWERS_MAX)
        drop(r, 0);
    r->answer[r->n++] = (struct answer){
        .fd = fd,
        .text = text,
        .size = text ? strlen(text) : 0,
        .until = clock_now() + REPORT_WAIT_NS,
    };
    if (!go_on(&r->answer[r->n - 1]) || watch(r, fd, EPOLLOUT) < 0)
        drop(r, r->n - 1);
}

void report_serve(struct report *r, char *(*text)(void *ctx), void *ctx)
{
    int fd;

    for (uint32_t i = r->n; i-- > 0;)
        if (!go_on(&r->answer[i]) || clock_now() >= r->answer[i].until)
            drop(r, i);
    while ((fd = accept4(r->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
        begin(r, fd, is_same_user(fd) ? text(ctx) : NULL);
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
