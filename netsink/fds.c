// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/fds.h"

#include <errno.h>
#include <limits.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

int fds_allowed(void)
{
    struct rlimit r;

    if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur > INT_MAX)
        return INT_MAX;
    return (int)r.rlim_cur;
}

int fds_end(int allowed, int spare)
{
    if (allowed < 2 * FDS_SPARE_STREAMS)
        spare = allowed / 2 * spare / FDS_SPARE_STREAMS;
    return allowed - spare;
}

int fds_next(void)
{
    int fd = eventfd(0, EFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    close(fd);
    return fd;
}
