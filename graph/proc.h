// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Child processes of a supervisor: started in a process group of their own (so
 * that a terminal's Ctrl-C reaches the supervisor alone), sent SIGTERM by the
 * kernel when the supervisor dies in whatever way, heard over the sd_notify
 * protocol. [main] only. Nothing is left behind once proc_stop() returns.
 */
#ifndef GRAPH_PROC_H
#define GRAPH_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "graph/log.h"

#define PROC_DETAIL_MAX 800

struct proc;

struct proc_opts {
    const struct log *log;
    const char *name;        /* for messages; borrowed */
    const char *const *argv; /* argv[0] is looked up in PATH unless it has a
                                slash; used during proc_start() only */
    bool quiet;              /* keep its output, show the end of it only when
                                proc_complain() is called */
};

/* Errors: -errno of pipe, fork, socket; -ENOENT... when exec failed. */
int proc_start(struct proc **out, const struct proc_opts *o);

/* True while it runs; to be asked now and then, since that is when its messages
   are heard: a child whose messages pile up waits. After the end, *code is its
   exit status, or 128 + the signal that ended it. Never blocks. */
bool proc_running(struct proc *p, int *code);

/* True once it said READY=1; detail is then its X_LONGWAVE text, or "".
   Never blocks. */
bool proc_ready(struct proc *p, const char **detail);

/* Keeps a quiet child's output from growing; to be called now and then. */
void proc_trim(struct proc *p);

/* Logs the end of a quiet child's output. */
void proc_complain(struct proc *p);

/* SIGTERM, up to grace_ns, then SIGKILL; waits for the end and frees.
   Accepts NULL. */
void proc_stop(struct proc **p, int64_t grace_ns);

#endif
