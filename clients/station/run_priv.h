// SPDX-License-Identifier: GPL-3.0-or-later
/* A running station's inside, for run*.c only. [main]. */
#ifndef STATION_RUN_PRIV_H
#define STATION_RUN_PRIV_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "clients/station/client.h"
#include "clients/station/order.h"
#include "graph/backoff.h"
#include "graph/log.h"
#include "graph/patchbay.h"
#include "graph/proc.h"
#include "graph/remote.h"
#include "graph/tell.h"
#include "netsink/token.h"

#define RUN_NEVER INT64_MAX

/* The JACK server and the keeper, which is between us and our own. */
struct run_server {
    bool own; /* we start it, and start it again */
    struct proc *keeper;
    int line;      /* to it, or -1 */
    int64_t due;   /* when to start the keeper, where there is none */
    int64_t limit; /* when our own server has to be there; RUN_NEVER: it is */
    struct backoff backoff;
    uint32_t starts;
    bool there;         /* the patchbay is in its graph */
    bool seen;          /* it once was */
    int64_t since;      /* that it is so */
    int64_t came, gone; /* of what was started last; 0: not yet, or not */
    int64_t ended;      /* since when the keeper's end is looked into; 0: no */
    int jackd;          /* pidfd of our own, or -1 */
};

struct run {
    const struct log *log;
    const struct order *order;
    struct station *station;
    char bin[PATH_MAX]; /* folder of this program, with a slash */
    int signals;        /* signalfd */
    struct patchbay *bay;
    struct run_server server;
    uint32_t n_clients;
    struct client client[2 * PROGRAMS_MAX]; /* and those that are leaving */
    struct tell *tell;                      /* for `longwave status` */
    struct remote *control;    /* of the generator, to change its music */
    char token[TOKEN_MAX + 1]; /* the operator's */
    char token_var[TOKEN_MAX + sizeof(TOKEN_ENV "=")];
    const char *token_vars[2]; /* for the sink alone */
    int64_t began;             /* clock_now() */
    int64_t ping_at;           /* systemd's watchdog; RUN_NEVER: none */
    int64_t ping_ns;
    bool announced; /* all have been ready once: on air */
    bool playing;   /* as was told last */
    bool stop;
    int code; /* exit code of that */
};

const char *run_server_name(const struct run *r);

/* Ends the station. Returns false, for the caller to pass on. */
bool run_give_up(struct run *r, int code);

/* ---- run_server.c -------------------------------------------------------- */

/* Finds out whose server it will be, and that nobody of ours is in it. False:
   said, the station ends. */
bool server_begin(struct run *r);
/* What is due. */
void server_step(struct run *r, int64_t now);
int64_t server_next(const struct run *r);
void server_end(struct run *r);

/* ---- run_reload.c -------------------------------------------------------- */

/* Makes clients of the station's programs, as far as they differ from those
   that there are. Errors: -ENOMEM, -E2BIG (too many words for one), -EBUSY (too
   many others are ending), with nothing changed. */
int reload_programs(struct run *r, const struct station *s);
/* SIGHUP: the file anew; where it is wrong everything goes on as before. */
void reload(struct run *r);

/* ---- run_announce.c ------------------------------------------------------ */

/* The banner on stdout. */
void announce(const struct run *r);

/* ---- run_token.c --------------------------------------------------------- */

#define RUN_URL_MAX 512
#define RUN_OPERATE "operate" /* the question that is answered by it, too */

/* Makes the operator's token, or takes the user's from the environment. False:
   said, the station ends. */
bool token_begin(struct run *r);

/* The operator's page, with the token where we know it. False: no sink is
   ready. Not to be logged, nor told to who doesn't ask for it. */
bool run_operate(const struct run *r, char out[RUN_URL_MAX]);

/* ---- run_report.c -------------------------------------------------------- */

/* The state as JSON, for free(); NULL: memory is short. */
char *run_report(const struct run *r, const char *question);

/* The client of that kind, or NULL. */
const struct client *run_client(const struct run *r, enum program_kind kind);

#endif
