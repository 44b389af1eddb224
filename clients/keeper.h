// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The keeper: what every client's [main] does beside its own work. It ends on
 * SIGINT, SIGTERM and SIGHUP, saves the state on SIGUSR1 (LADISH level 1) and
 * when a session manager asks (NSM), tells who started the program that all of
 * it moves (the watchdog), and answers who asks how it does (graph/tell.h).
 * [main] only. In this order:
 *
 *   cli_parse()
 *   keeper_begin()    before any thread and before JACK; options and the
 *                     client's name may be others after it
 *   ...               what options mean is checked, JACK joined
 *   keeper_ready()    everything runs
 *   keeper_wait()     again and again; in between what [main] has to do, which
 *                     takes seconds at most
 *   keeper_end()      whatever came before
 *
 * The state is in one file: PATH.yaml, where the session manager gives a PATH,
 * else that of --state. It is read by keeper_begin() if it is there; what the
 * command line says wins. Cables are not in it: they are the patchbay's.
 */
#ifndef CLIENTS_KEEPER_H
#define CLIENTS_KEEPER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "graph/cli.h"
#include "graph/jclient.h"
#include "graph/log.h"
#include "graph/nsm.h"
#include "graph/tell.h"
#include "graph/watchdog.h"

struct keeper_opts {
    const struct log *log;
    struct cli_program *program; /* borrowed, with its options, until
                                    keeper_end() */
    const char *state;           /* --state, or NULL */
    const char **name;           /* of the JACK client: the session manager's
                                    wins */
    bool changes;                /* the state is changed by more than options:
                                    refresh() */
    /* Brings the options up to date: they are about to be written. NULL: they
       always are. From keeper_ready() on. */
    void (*refresh)(void *ctx);
    /* Counters of the threads that have to move, up to WATCHDOG_COUNTS of them;
       returns how many. From keeper_ready() on. */
    uint32_t (*progress)(void *ctx, uint64_t count[WATCHDOG_COUNTS]);
    /* Answers a question (graph/tell.h) with a text for free(), or NULL: once
       keeper_tell() was called. NULL: it is never called. */
    char *(*told)(void *ctx, const char *question);
    void *ctx;
};

struct keeper {
    struct keeper_opts o;
    struct nsm *nsm;     /* NULL: no manager */
    int signals;         /* signalfd */
    bool opened;         /* the manager's open has yet to be answered */
    bool fresh;          /* its file has yet to be written for the first time */
    char path[PATH_MAX]; /* of the state; "": none */
    char *saved;         /* text of it, without what moves by itself */
    int64_t look_at;     /* ns: whether it is still that */
    struct watchdog watchdog;
    struct tell *tell;            /* NULL: not open */
    char tells[JCLIENT_NAME_MAX]; /* the client's name under which it is */
    int64_t tell_at;              /* ns: to try again */
};

/*
 * Returns 1 to go on; 0: asked to end before it began. Errors, said already:
 * -EINVAL (a state file is wrong: exit 2), -errno. Where a manager is named but
 * doesn't answer or won't have us, it is said and the program goes on alone.
 */
int keeper_begin(struct keeper *k, const struct keeper_opts *o);

/* text: for the session manager's people, a line. Errors, said already: -errno
   of a new session's file that can't be written. */
int keeper_ready(struct keeper *k, const char *text);

/*
 * Waits for ns, or until fd (-1: none) can be read or has ended, and does
 * meanwhile what is asked for. True: the end is asked for.
 */
bool keeper_wait(struct keeper *k, int64_t ns, int fd);

/*
 * From now on whoever asks for that JACK client of that server (NULL: the usual
 * one) is answered in keeper_wait(). For a loop: costs nothing where it is so
 * already, and tries again where something of that name still answers.
 */
void keeper_tell(struct keeper *k, const char *server, const char *name);

/* Tells a manager whose open is not answered yet that it can't be. Fine on a
   zeroed one. */
void keeper_end(struct keeper *k);

#endif
