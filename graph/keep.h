// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The keeper: a process between a supervisor and its JACK server, which ends
 * the two kinds of children in the right order when the supervisor is killed.
 * A server that is stopped while it has clients leaves shared memory behind;
 * so the keeper waits until the clients have ended (which the kernel has told
 * them to, graph/proc.h), kills those that don't, and then stops the server.
 * The server dies with the keeper in any case. [main] only.
 *
 * The supervisor starts itself as `PROGRAM keep FD GRACE_MS [SERVER ARGS...]`
 * by proc_start() with FD to inherit and `outlives`. The keeper ends it all
 * when the line is closed, by the supervisor or by its death; other signals
 * than SIGKILL mean nothing to it, since whoever sends them to all of
 * `longwave` has the supervisor stop. Its exit code is the server's, whose
 * number it tells when it is ready (proc_ready()).
 */
#ifndef GRAPH_KEEP_H
#define GRAPH_KEEP_H

#include <stdbool.h>
#include <sys/types.h>

#define KEEP_NO_EXEC                                        \
    127 /* exit code: the server can't be started; the last \
           line of output says why */

/* A line to a keeper: fd[0] is what it inherits, fd[1] is ours. Both close on
   exec. Errors: -errno of pipe2(). */
int keep_line(int fd[2]);

/* A client of ours has started, whose group ends with it if it is foreign; or
   has ended. Never waits. */
void keep_add(int fd, pid_t pid, bool foreign);
void keep_remove(int fd, pid_t pid);

/* The keeper itself: argv[0] is "keep". Returns an exit code. */
int keep_main(int argc, char **argv);

#endif
