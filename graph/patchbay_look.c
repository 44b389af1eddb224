// SPDX-License-Identifier: GPL-3.0-or-later
/* Where the patchbay waits: for a visit's jobs, and to leave. */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "graph/jkind.h"
#include "graph/patchbay_priv.h"

/* Until libjack lets go of the client, so that the server sees us leave. */
static void wait_left(struct stay *s, int fd, int64_t until)
{
    struct pollfd on = {.fd = fd, .events = POLLIN};
    uint64_t pokes;

    while (!stay_left(s) && clock_now() < until)
        if (poll(&on, 1, (int)((until - clock_now()) / NS_PER_MS) + 1) > 0 &&
            read(fd, &pokes, sizeof(pokes)) < 0)
            break;
}

bool bay_end(struct stay **s, bool leaving, int fd)
{
    bool hangs, left;

    if (!*s)
        return true;
    hangs = !leaving && stay_hangs(*s);
    if (!leaving && stay_leave(*s) < 0) {
        /* The client stays open, and its memory with it. */
        *s = NULL;
        return false;
    }
    if (!hangs)
        wait_left(*s, fd, clock_now() + BAY_LEAVE_NS);
    left = stay_left(*s);
    stay_drop(s);
    return left;
}

/* Until the job is done. Errors: -ETIMEDOUT. */
static int wait_job(struct stay *s, int fd, int64_t until)
{
    struct pollfd on = {.fd = fd, .events = POLLIN};
    uint64_t pokes;

    while (stay_busy(s)) {
        int64_t left = until - clock_now();
        if (left <= 0)
            return -ETIMEDOUT;
        if (poll(&on, 1, (int)(left / NS_PER_MS) + 1) > 0 &&
            read(fd, &pokes, sizeof(pokes)) < 0)
            return -ETIMEDOUT;
    }
    return 0;
}

int patchbay_look(struct jgraph **out, const char *server)
{
    int64_t until = clock_now() + PATCHBAY_LOOK_MS * NS_PER_MS;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    jack_status_t status;
    struct stay *s = NULL;
    bool plain;
    int r = fd < 0 ? -errno : stay_begin(&s, "longwave", server, fd);

    *out = NULL;
    if (r == 0)
        r = wait_job(s, fd, until);
    if (r == 0)
        r = stay_opened(s, &status);
    if (r == 0)
        r = stay_look(s);
    if (r == 0)
        r = wait_job(s, fd, until);
    if (r == 0)
        r = stay_graph(s, out, &plain);
    /* The caller may open a client next, see jkind.h. */
    if (!bay_end(&s, false, fd) && r == 0 && jkind_is_pipewire()) {
        jgraph_free(out);
        r = -ETIMEDOUT;
    }
    if (fd >= 0)
        close(fd);
    return r;
}
