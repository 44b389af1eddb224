// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/tell.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/tell_priv.h"

#define BACKLOG 16
#define GUESTS  16       /* at once; the oldest makes room */
#define DEAF_NS NS_PER_S /* after one who couldn't be let in */

/* Who asks. */
struct guest {
    int fd;         /* -1: none */
    uint64_t came;  /* in which order */
    int64_t until;  /* ns, then it is hung up on */
    uint32_t heard; /* bytes of the question */
    char question[TELL_QUESTION_MAX];
    char *text; /* the answer; NULL: the question is not whole */
    size_t said, len;
};

struct tell {
    int listen;
    int poll;     /* of all: what one can wait for */
    int timer;    /* of the first that is due */
    int64_t deaf; /* ns, until when nobody is let in; 0: all are */
    uint64_t n;
    struct guest guest[GUESTS];
};

/* ---- addresses ----------------------------------------------------------- */

/* FNV-1a: two long names are two addresses. */
static uint64_t sum(const char *text)
{
    uint64_t x = UINT64_C(0xcbf29ce484222325);

    for (; *text; text++)
        x = (x ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return x;
}

size_t tell_path(char out[sizeof(((struct sockaddr_un *)0)->sun_path)],
                 const char *server, const char *name)
{
    const size_t most = sizeof(((struct sockaddr_un *)0)->sun_path) - 2;
    char whole[512];
    size_t n;

    snprintf(whole, sizeof(whole), "longwave/%lu/%.200s/%.200s",
             (unsigned long)getuid(), server, name);
    n = strlen(whole);
    if (n > most) {
        n = most;
        snprintf(whole + n - 17, 18, "~%016" PRIx64, sum(whole));
    }
    memcpy(out, whole, n + 1);
    return n;
}

socklen_t tell_address(struct sockaddr_un *a, const char *server,
                       const char *name)
{
    char path[sizeof(a->sun_path)];
    size_t n = tell_path(path, server, name);

    *a = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(a->sun_path + 1, path, n);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n);
}

bool tell_same_user(int fd, pid_t *pid)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        return false;
    *pid = peer.pid;
    return peer.uid == getuid() || peer.uid == 0;
}

/* ---- begin and end ------------------------------------------------------- */

/* Tells epoll what to look for; data is a guest, NULL for who comes, or the
   timer. */
static int look_for(struct tell *t, int fd, int op, uint32_t what, void *data)
{
    struct epoll_event e = {.events = what, .data.ptr = data};

    return epoll_ctl(t->poll, op, fd, &e) < 0 ? -errno : 0;
}

static int listen_at(struct tell *t, const struct sockaddr_un *a, socklen_t len)
{
    t->listen = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (t->listen < 0 || bind(t->listen, (const struct sockaddr *)a, len) < 0 ||
        listen(t->listen, BACKLOG) < 0)
        return -errno;
    return 0;
}

static int watch(struct tell *t)
{
    int r;

    t->poll = epoll_create1(EPOLL_CLOEXEC);
    if (t->poll < 0)
        return -errno;
    t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (t->timer < 0)
        return -errno;
    r = look_for(t, t->timer, EPOLL_CTL_ADD, EPOLLIN, &t->timer);
    return r ? r : look_for(t, t->listen, EPOLL_CTL_ADD, EPOLLIN, NULL);
}

int tell_open(struct tell **out, const char *server, const char *name)
{
    struct tell *t = calloc(1, sizeof(*t));
    struct sockaddr_un a;
    socklen_t len = tell_address(&a, server, name);
    int err;

    *out = NULL;
    if (!t)
        return -ENOMEM;
    t->listen = t->poll = t->timer = -1;
    for (uint32_t i = 0; i < GUESTS; i++)
        t->guest[i].fd = -1;
    err = listen_at(t, &a, len);
    if (!err)
        err = watch(t);
    if (err)
        tell_close(&t);
    *out = t;
    return err;
}

static void dismiss(struct guest *g)
{
    if (g->fd >= 0)
        close(g->fd);
    free(g->text);
    *g = (struct guest){.fd = -1};
}

void tell_close(struct tell **t)
{
    if (!*t)
        return;
    for (uint32_t i = 0; i < GUESTS; i++)
        dismiss(&(*t)->guest[i]);
    if ((*t)->listen >= 0)
        close((*t)->listen);
    if ((*t)->timer >= 0)
        close((*t)->timer);
    if ((*t)->poll >= 0)
        close((*t)->poll);
    free(*t);
    *t = NULL;
}

int tell_fd(const struct tell *t)
{
    return t ? t->poll : -1;
}

/* ---- telling ------------------------------------------------------------- */

/* A free place, or that of who has been there for the longest. */
static struct guest *place(struct tell *t)
{
    struct guest *oldest = &t->guest[0];

    for (uint32_t i = 0; i < GUESTS; i++) {
        if (t->guest[i].fd < 0)
            return &t->guest[i];
        if (t->guest[i].came < oldest->came)
            oldest = &t->guest[i];
    }
    dismiss(oldest);
    return oldest;
}

/* More of the question. Returns 1 once it is whole; 0: not yet; -errno. */
static int hear(struct guest *g)
{
    char *end;
    ssize_t n = recv(g->fd, g->question + g->heard,
                     sizeof(g->question) - 1 - g->heard, 0);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    g->heard += (uint32_t)n;
    g->question[g->heard] = '\0';
    end = memchr(g->question, '\n', g->heard);
    if (end)
        *end = '\0';
    /* who left, or says more than a question is, gets nothing */
    return end                                             ? 1
           : n == 0 || g->heard == sizeof(g->question) - 1 ? -EINVAL
                                                           : 0;
}

/* More of the answer. Returns 1 once all is said; 0: not yet; -errno. */
static int say(struct guest *g)
{
    while (g->said < g->len) {
        ssize_t n =
            send(g->fd, g->text + g->said, g->len - g->said, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -errno;
        g->said += (size_t)n;
    }
    return 1;
}

/* As far as it goes now; a guest who is done with leaves. */
static void attend(struct tell *t, struct guest *g,
                   char *(*text)(void *ctx, const char *question), void *ctx)
{
    int r = 1;

    if (!g->text) {
        r = hear(g);
        if (r == 1) {
            g->text = text(ctx, g->question);
            g->len = g->text ? strlen(g->text) : 0;
            r = g->text ? 1 : -ENOMEM;
        }
    }
    if (r == 1) {
        r = say(g);
        if (r == 0)
            r = look_for(t, g->fd, EPOLL_CTL_MOD, EPOLLOUT, g);
    }
    if (r != 0)
        dismiss(g);
}

static void let_in(struct tell *t, int fd,
                   char *(*text)(void *ctx, const char *question), void *ctx)
{
    struct guest *g;
    pid_t pid;

    if (!tell_same_user(fd, &pid)) {
        close(fd);
        return;
    }
    g = place(t);
    *g = (struct guest){.fd = fd,
                        .came = t->n++,
                        .until = clock_now() + TELL_GUEST_MS * NS_PER_MS};
    if (look_for(t, fd, EPOLL_CTL_ADD, EPOLLIN, g) < 0)
        dismiss(g);
    else /* it has usually asked by now */
        attend(t, g, text, ctx);
}

/* Who can't be let in, as there are no more files, still waits at the door:
   epoll would tell of it again and again. */
static void be_deaf(struct tell *t)
{
    if (look_for(t, t->listen, EPOLL_CTL_DEL, 0, NULL) == 0)
        t->deaf = clock_now() + DEAF_NS;
}

/* Some at a time: the rest comes with the next call. */
static void welcome(struct tell *t,
                    char *(*text)(void *ctx, const char *question), void *ctx)
{
    for (uint32_t i = 0; i < GUESTS; i++) {
        int fd = accept4(t->listen, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            /* who has left again, or was none, is no reason */
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                be_deaf(t);
            return;
        }
        let_in(t, fd, text, ctx);
    }
}

/* Those that have had their time leave; the timer is set to who comes next. */
static void keep_time(struct tell *t)
{
    int64_t now = clock_now(), next = INT64_MAX;
    struct itimerspec at = {{0, 0}, {0, 0}};

    for (uint32_t i = 0; i < GUESTS; i++) {
        struct guest *g = &t->guest[i];
        if (g->fd >= 0 && now >= g->until)
            dismiss(g);
        if (g->fd >= 0 && g->until < next)
            next = g->until;
    }
    if (t->deaf && now >= t->deaf)
        t->deaf = look_for(t, t->listen, EPOLL_CTL_ADD, EPOLLIN, NULL) == 0
                      ? 0
                      : now + DEAF_NS;
    if (t->deaf && t->deaf < next)
        next = t->deaf;
    if (next < INT64_MAX) {
        at.it_value.tv_sec = next / NS_PER_S;
        at.it_value.tv_nsec = next % NS_PER_S;
    }
    /* set anew, it is readable no more; all zero: it rests */
    timerfd_settime(t->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

void tell_serve(struct tell *t, char *(*text)(void *ctx, const char *question),
                void *ctx)
{
    struct epoll_event e[GUESTS + 2];
    int n = t ? epoll_wait(t->poll, e, GUESTS + 2, 0) : 0;

    for (int i = 0; i < n; i++) {
        struct guest *g = e[i].data.ptr;
        if (g && e[i].data.ptr != &t->timer && g->fd >= 0)
            attend(t, g, text, ctx);
    }
    /* after the others, whose places it may give away */
    for (int i = 0; i < n; i++)
        if (!e[i].data.ptr)
            welcome(t, text, ctx);
    if (t)
        keep_time(t);
}
