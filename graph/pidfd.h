// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A process by a descriptor, so that no other one that gets its number later
 * can be meant. glibc has no functions for it yet. Any thread but [rt].
 */
#ifndef GRAPH_PIDFD_H
#define GRAPH_PIDFD_H

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Closes on exec; readable once the process has ended. -1 with errno: ESRCH,
   it has. */
static inline int pidfd_of(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* sig 0: only whether it could be sent. 0, or -1 with errno: ESRCH. */
static inline int pidfd_signal(int fd, int sig)
{
    return (int)syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
}

#endif
