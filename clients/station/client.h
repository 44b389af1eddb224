// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One program of a running station: started, waited for until it is ready,
 * started again when it ends or hangs, given up when that leads to nothing.
 * [main] only; client_step() waits for no client: it takes no longer than a
 * fork and an exec.
 */
#ifndef STATION_CLIENT_H
#define STATION_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/station/order.h"
#include "graph/backoff.h"
#include "graph/jgraph.h"
#include "graph/log.h"
#include "graph/proc.h"

#define CLIENT_STOP_NS INT64_C(5000000000) /* then it is killed */

enum client_state {
    CLIENT_WAITING,  /* to be started, not before `due` */
    CLIENT_STARTING, /* not ready until now */
    CLIENT_RUNNING,
    CLIENT_STOPPING, /* told to end */
    CLIENT_GIVEN_UP,
};

struct client {
    struct program program; /* owned */
    enum client_state state;
    int64_t since; /* clock_now() of the state's beginning */
    int64_t due; /* WAITING: when to start; STARTING, STOPPING: when to kill */
    struct proc *proc; /* NULL unless STARTING, RUNNING, STOPPING */
    struct backoff backoff;
    bool killed;                  /* it is: only its end is awaited */
    bool doubt;                   /* whether it or the server failed */
    bool leaving;                 /* no part of the station any more */
    uint32_t starts;              /* that came about */
    int code;                     /* of the last end that was not asked for */
    char words[PROC_LINE_MAX];    /* its last line then */
    char detail[PROC_DETAIL_MAX]; /* what it said when it was ready */
    char resume[PROC_STATE_MAX];  /* what it told for its successor, or "" */
    bool settled; /* that is said by us: what it tells as it ends is too late */
    struct station_args beginning; /* more words, as long as there is none */
};

/* What surrounds it. */
struct client_env {
    const struct log *log;
    int keeper;                 /* line to it (graph/keep.h), or -1 */
    int64_t watchdog_ns;        /* 0: none */
    const char *const *vars;    /* "NAME=VALUE" for it alone, or NULL */
    bool server;                /* the JACK server is there... */
    int64_t server_since;       /* ...or is not, since then */
    bool may_start;             /* as far as others are concerned */
    const struct jgraph *graph; /* as last seen, or NULL */
    bool on_air; /* the station has played: no end is final at once */
};

enum client_event {
    CLIENT_NOTHING,
    CLIENT_STARTED,
    CLIENT_READY,
    CLIENT_ENDED,
    CLIENT_GAVE_UP, /* code and words say why; logged */
};

/* Takes the program over. */
void client_init(struct client *c, struct program *p, int64_t now);
/* Kills it if it still runs. keeper is as in client_env. */
void client_fini(struct client *c, int keeper);

/* Does the next thing that is due; to be called until it says NOTHING. */
enum client_event client_step(struct client *c, const struct client_env *e,
                              int64_t now);

/* When client_step() has to be called next without cause, clock_now();
   INT64_MAX: never. */
int64_t client_next(const struct client *c, const struct client_env *e);

/* Ends it and starts it again; with another program (taken over) if that isn't
   NULL. What was given up is tried again. */
void client_restart(struct client *c, struct program *p, int64_t now);

/* Ends it for good: CLIENT_WAITING with `leaving` is the end of that, after
   CLIENT_STOP_NS at the latest unless the kernel has it. */
void client_leave(struct client *c, int64_t now);

/* One that is leaving has a place in the station again, with a program (taken
   over): it begins anew when it has ended. */
void client_return(struct client *c, struct program *p, int64_t now);

/* "waiting", "starting", "running", "stopping", "given up". */
const char *client_state_word(enum client_state s);

/* "code 1", "SIGKILL": how it ended. */
const char *client_code_word(int code, char out[32]);

#endif
