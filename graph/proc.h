// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Child processes of a supervisor: each in a process group of its own (so that
 * a terminal's Ctrl-C reaches the supervisor alone), sent SIGTERM by the kernel
 * when the supervisor dies in whatever way, heard over the sd_notify protocol,
 * its output read by a pipe that never makes it wait. [main] only. Nothing of
 * one of our programs is left behind once proc_stop() returns: what remains of
 * its group is killed.
 */
#ifndef GRAPH_PROC_H
#define GRAPH_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "graph/log.h"

#define PROC_DETAIL_MAX 800  /* bytes, with the NUL */
#define PROC_STATUS_MAX 256  /* the same */
#define PROC_STATE_MAX  1536 /* the same */
#define PROC_LINE_MAX   256  /* the same */
#define PROC_FDS        2    /* at most, of one child */

struct proc;

struct proc_opts {
    const struct log *log;
    const char *name;        /* for messages; cut to 63 bytes */
    const char *const *argv; /* argv[0] is looked up in PATH unless it has a
                                slash; used during proc_start() only */
    const char *const *env;  /* "NAME=VALUE" beside what we have, NULL at the
                                end; the same. NULL: none */
    bool quiet;     /* its output is kept, and the end of it shown only when
                       proc_complain() is called; else it is passed on too */
    bool foreign;   /* none of our programs: signals go to its whole group, and
                       lines that are passed on have its name before them */
    bool outlives;  /* it looks after itself when the supervisor dies, as
                       graph/keep.h does: no signal then, its group is its own
                       business, and SIGTERM is blocked as it begins */
    int inherit[2]; /* descriptors that it gets, by the same number, beside
                      those of its output; 0: none */
    int64_t watchdog_ns; /* told to it as WATCHDOG_USEC; 0: no word of it */
};

/* Errors: -errno of pipe, fork, socket; -ENOENT... when exec failed. */
int proc_start(struct proc **out, const struct proc_opts *o);

pid_t proc_pid(const struct proc *p);

/* What becomes readable when it says something, for poll(); its end is told by
   SIGCHLD. Returns how many. */
uint32_t proc_fds(const struct proc *p, int fds[PROC_FDS]);

/* True while it runs; to be asked when a descriptor of it is readable, since
   that is when it is heard. After the end, *code is its exit status, or 128 +
   the signal that ended it. Never blocks. */
bool proc_running(struct proc *p, int *code);

/* True once it said READY=1; detail is then its X_LONGWAVE text, or "".
   Never blocks. */
bool proc_ready(struct proc *p, const char **detail);

/* What it told last, "" before: STATUS, one line for people, and
   X_LONGWAVE_STATE, for its successor. They live as long as the child. */
const char *proc_status(const struct proc *p);
const char *proc_state(const struct proc *p);

/* True when it once said WATCHDOG=1 and has not for longer than watchdog_ns, or
   than it asked for since by WATCHDOG_USEC=, up to ten minutes. */
bool proc_hangs(const struct proc *p, int64_t now);
/* When that has to be asked next, INT64_MAX: never. */
int64_t proc_watch_at(const struct proc *p);

/* The last line of its output that is not empty, or "". Lives until the next
   call with p. */
const char *proc_last_line(struct proc *p);

/* Logs the end of its output, line by line. */
void proc_complain(struct proc *p);

/* Sends a signal, without waiting for what comes of it. */
void proc_signal(struct proc *p, int sig);

/* SIGTERM, up to grace_ns, then SIGKILL; waits for the end and frees.
   Accepts NULL. */
void proc_stop(struct proc **p, int64_t grace_ns);

#endif
