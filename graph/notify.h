// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * "I am ready" and "this is what I do", told to whoever started the program by
 * the sd_notify protocol: systemd, or longwave itself. [main] only. Silent
 * where nobody listens.
 */
#ifndef GRAPH_NOTIFY_H
#define GRAPH_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * READY=1, STATUS=<status>, and one more variable X_LONGWAVE=<detail> (a short
 * text the supervisor prints; NULL leaves it out). No newline in either.
 */
void notify_ready(const char *status, const char *detail);

/* STATUS=<status>: what it is doing now, one line for people, up to 500 bytes.
   Never waits: what finds the listener's queue full is dropped. */
void notify_status(const char *status);

/* X_LONGWAVE_STATE=<state>: what a successor needs to go on from here, one line
   of up to 1,500 bytes, for a supervisor (graph/proc.h). Never waits either. */
void notify_state(const char *state);

/* How often whoever started us wants to hear that we live, ns: half the time
   after which it takes us for dead ($WATCHDOG_USEC; $WATCHDOG_PID is us or not
   there). 0: it doesn't ask. */
int64_t notify_watchdog_period(void);

/*
 * WATCHDOG_USEC=: from now on whoever started us takes us for dead after ns
 * without a word, not after what it said (0: that again): for a piece of work
 * that takes long and has an end. Counts as a word. Nothing where it doesn't
 * ask. Never waits either.
 */
void notify_watchdog_allow(int64_t ns);

/* WATCHDOG=1: alive. Never waits; a lost one is made up for by the next. When
   to say so is watchdog.h's. */
void notify_watchdog(void);

/* Whether what is written to fd goes to the journal, where others may read it:
   it is the stream of $JOURNAL_STREAM ("DEVICE:INODE", systemd.exec(5)). */
bool notify_is_journal(int fd);

/* STOPPING=1: the end is meant. Never waits either. */
void notify_stopping(void);

#endif
