// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A client of the Non (New) Session Manager, API 1.1: announced by OSC over UDP
 * to the manager in $NSM_URL, then told by it under which name to play, where
 * to keep its state, and when to save. [main] only. It starts no thread and
 * never waits, but for looking up the manager's host in nsm_new(); what can't
 * be sent at once is lost, as UDP is. A manager that goes is not noticed:
 * whoever plays plays on.
 *
 * Every control message is answered: here where it can't be done (the wrong
 * order, a name or path that can't be), else by the caller's nsm_answer().
 * Messages of others than the manager are not looked at, and what isn't OSC is
 * passed over.
 *
 * The rules that are the caller's: nothing of JACK before NSM_OPEN, the client
 * name is nsm_client_id(), nsm_answer() comes when the ports are there; SIGTERM
 * ends the program. Of the capabilities :dirty: and :message: are announced;
 * not :switch:, so that a manager ends the program and starts it anew for
 * another session.
 */
#ifndef GRAPH_NSM_H
#define GRAPH_NSM_H

#include <limits.h>
#include <stdbool.h>

#include "graph/log.h"

struct nsm;

#define NSM_ID_MAX 65 /* bytes with the 0: what libjack takes as a name */

struct nsm_opts {
    const struct log *log; /* borrowed */
    const char *url;       /* "osc.udp://host:port/", as $NSM_URL has it */
    const char *name;      /* of the application; client ids begin with it */
    const char *program;   /* that the manager starts, without a path */
    bool dirty;            /* nsm_dirty() will be told */
};

/* Where the two have got to. */
enum nsm_state {
    NSM_ANNOUNCED, /* no answer yet */
    NSM_JOINED,    /* expected, open has yet to come */
    NSM_OPENED,    /* open has come */
    NSM_REFUSED,   /* the manager won't have us: nsm_why() */
};

/* What the caller has to do and answer. */
enum nsm_event { NSM_NOTHING, NSM_OPEN, NSM_SAVE };

/* Error codes of the protocol. */
enum nsm_error {
    NSM_OK = 0,
    NSM_GENERAL = -1,
    NSM_INCOMPATIBLE_API = -2,
    NSM_BLACKLISTED = -3,
    NSM_LAUNCH_FAILED = -4,
    NSM_NO_SUCH_FILE = -5,
    NSM_NO_SESSION_OPEN = -6,
    NSM_UNSAVED_CHANGES = -7,
    NSM_NOT_NOW = -8,
    NSM_BAD_PROJECT = -9,
    NSM_CREATE_FAILED = -10,
};

/* Announces. Errors, logged: -EINVAL (no such URL), -EHOSTUNREACH (no such
   host), -ENOMEM, -errno of the socket. */
int nsm_new(struct nsm **out, const struct nsm_opts *o);

/* Accepts NULL. */
void nsm_free(struct nsm **n);

/* Becomes readable when there is something for nsm_serve(); -1 for NULL. */
int nsm_fd(const struct nsm *n);

/* Handles what has come, up to the first thing that is the caller's to do, and
   16 messages at most. NSM_NOTHING for NULL. */
enum nsm_event nsm_serve(struct nsm *n);

enum nsm_state nsm_state(const struct nsm *n);

/* The manager's words, "" before there are any. */
const char *nsm_why(const struct nsm *n);

/* From open on: the JACK client's name, 1 to NSM_ID_MAX-1 bytes without ':',
   and the absolute path that names of our files begin with. */
const char *nsm_client_id(const struct nsm *n);
const char *nsm_path(const struct nsm *n);

/* Answers an event: NSM_OK or another code, and a line for people. */
void nsm_answer(struct nsm *n, enum nsm_event what, enum nsm_error code,
                const char *text);

/* There is something to save, or nothing any more; sent where it changes.
   NULL: nothing. */
void nsm_dirty(struct nsm *n, bool dirty);

/* A line for the manager's people, which is no error. NULL: nothing. */
void nsm_message(struct nsm *n, const char *text);

#endif
