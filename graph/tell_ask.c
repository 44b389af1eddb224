// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graph/clock.h"
#include "graph/tell_priv.h"

#define PIECE 16384 /* bytes read at a time */

struct tell_ask {
    int fd;
    pid_t pid;
    char *text;
    size_t n, room; /* bytes */
};

static int reach(struct tell_ask *a, const char *server, const char *name)
{
    struct sockaddr_un addr;
    socklen_t len = tell_address(&addr, server, name);

    a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (a->fd < 0)
        return -errno;
    if (connect(a->fd, (struct sockaddr *)&addr, len) < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -ENOENT;
    return tell_same_user(a->fd, &a->pid) ? 0 : -EPERM;
}

int tell_ask_begin(struct tell_ask **out, const char *server, const char *name,
                   const char *question)
{
    struct tell_ask *a = calloc(1, sizeof(*a));
    char line[TELL_QUESTION_MAX];
    int n =
        snprintf(line, sizeof(line), "%.*s\n", TELL_QUESTION_MAX - 2, question);
    int err = -ENOMEM;

    *out = NULL;
    if (!a)
        return err;
    err = reach(a, server, name);
    /* so little always fits into a socket that is new */
    if (!err && send(a->fd, line, (size_t)n, MSG_NOSIGNAL) != n)
        err = -ENOENT;
    if (err)
        tell_ask_end(&a);
    *out = a;
    return err;
}

int tell_ask_fd(const struct tell_ask *a)
{
    return a->fd;
}

pid_t tell_ask_pid(const struct tell_ask *a)
{
    return a->pid;
}

static int make_room(struct tell_ask *a)
{
    char *more;

    if (a->room - a->n > PIECE)
        return 0;
    if (a->room > TELL_TEXT_MAX)
        return -EMSGSIZE;
    more = realloc(a->text, 2 * a->room + 2 * PIECE);
    if (!more)
        return -ENOMEM;
    a->text = more;
    a->room = 2 * a->room + 2 * PIECE;
    return 0;
}

int tell_ask_step(struct tell_ask *a, char **out)
{
    *out = NULL;
    for (;;) {
        int err = make_room(a);
        ssize_t n = err ? -1 : recv(a->fd, a->text + a->n, PIECE, 0);

        if (err)
            return err;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? 0 : -ECONNRESET;
        if (n == 0)
            break;
        a->n += (size_t)n;
    }
    if (a->n == 0)
        return -ECONNRESET;
    a->text[a->n] = '\0';
    *out = a->text;
    a->text = NULL;
    return 1;
}

void tell_ask_end(struct tell_ask **a)
{
    if (!*a)
        return;
    if ((*a)->fd >= 0)
        close((*a)->fd);
    free((*a)->text);
    free(*a);
    *a = NULL;
}

int tell_ask_wait(char **out, const char *server, const char *name,
                  const char *question, int64_t until_ns)
{
    struct tell_ask *a;
    int r = tell_ask_begin(&a, server, name, question);

    *out = NULL;
    while (r == 0) {
        struct pollfd p = {.fd = a->fd, .events = POLLIN};
        int64_t left = until_ns - clock_now();

        if (left <= 0)
            r = -ETIMEDOUT;
        else if (poll(&p, 1, (int)(left / NS_PER_MS + 1)) > 0)
            r = tell_ask_step(a, out);
    }
    tell_ask_end(&a);
    return r < 0 ? r : 0;
}

/* "...: 00000002 0 00010000 0001 01 4242 @longwave/1000/default/NAME" */
static const char *name_of(char *line, const char *begin)
{
    char *at = strchr(line, '@');

    line[strcspn(line, "\n")] = '\0';
    if (!at || strncmp(at + 1, begin, strlen(begin)) != 0)
        return NULL;
    return at + 1 + strlen(begin);
}

static bool is_new(char *const *names, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return false;
    return true;
}

uint32_t tell_names(const char *server, char **names, uint32_t max)
{
    char begin[sizeof(((struct sockaddr_un *)0)->sun_path)], line[512];
    FILE *f = fopen("/proc/net/unix", "re");
    uint32_t n = 0;

    tell_path(begin, server, "");
    while (f && n < max && fgets(line, sizeof(line), f)) {
        const char *name = name_of(line, begin);
        /* one line for the listener, one for each who is connected */
        if (!name || strchr(name, '~') || !is_new(names, n, name))
            continue;
        names[n] = strdup(name);
        n += names[n] != NULL;
    }
    if (f)
        fclose(f);
    return n;
}
