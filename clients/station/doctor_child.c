// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clients/station/doctor_priv.h"
#include "graph/clock.h"

/* Never returns. What it calls may print whatever it likes, to nobody. */
static void be_child(void (*ask)(void *, const void *), const void *ctx,
                     void *out, size_t size, int to)
{
    const uint8_t *at = out;
    int null = open("/dev/null", O_RDWR);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int fd = 0; fd < 3 && null >= 0; fd++)
        dup2(null, fd);
    ask(out, ctx);
    while (size > 0) {
        ssize_t n = write(to, at, size);
        if (n <= 0)
            _exit(1);
        at += n;
        size -= (size_t)n;
    }
    _exit(0);
}

/* Until all has come (0), the child ends before it (-EIO) or the time is up. */
static int take(int from, uint8_t *out, size_t size, int64_t until)
{
    while (size > 0) {
        struct pollfd p = {.fd = from, .events = POLLIN};
        int64_t ms = (until - clock_now()) / NS_PER_MS;
        ssize_t n;

        if (ms <= 0)
            return -ETIMEDOUT;
        if (poll(&p, 1, (int)ms) <= 0)
            continue;
        n = read(from, out, size);
        if (n <= 0)
            return -EIO;
        out += n;
        size -= (size_t)n;
    }
    return 0;
}

int doctor_in_child(void (*ask)(void *out, const void *ctx), const void *ctx,
                    void *out, size_t size, int timeout_ms)
{
    int fd[2] = {-1, -1}, status = 0, err = 0;
    pid_t pid = -1;
    void *copy = malloc(size);

    if (!copy)
        return -ENOMEM;
    memcpy(copy, out, size);
    if (pipe2(fd, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
        err = -errno;
        goto out;
    }
    if (pid == 0)
        be_child(ask, ctx, copy, size, fd[1]);
    close(fd[1]);
    fd[1] = -1;
    err = take(fd[0], copy, size, clock_now() + timeout_ms * NS_PER_MS);
    if (err == -ETIMEDOUT)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (err == -EIO && WIFSIGNALED(status))
        err = WTERMSIG(status);
    if (err == 0)
        memcpy(out, copy, size);
out:
    for (int i = 0; i < 2; i++)
        if (fd[i] >= 0)
            close(fd[i]);
    free(copy);
    return err;
}

bool doctor_read_line(const char *path, char *out, size_t size)
{
    FILE *f = fopen(path, "re");
    bool got = f && fgets(out, (int)size, f);

    if (f)
        fclose(f);
    if (!got)
        return false;
    out[strcspn(out, "\n")] = '\0';
    return true;
}
