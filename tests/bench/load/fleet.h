// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Listeners on one thread and one epoll: they connect on a ramp, ask, read and
 * are judged. Some may misbehave, as agreed. fleet_run() runs on a thread of
 * its own; the rest before and after it. Fleets share nothing but what is
 * constant.
 */
#ifndef BENCH_LOAD_FLEET_H
#define BENCH_LOAD_FLEET_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "tests/bench/load/judge.h"
#include "tests/bench/load/pages.h"

struct fleet;

enum fleet_fault {
    FLEET_NONE,
    FLEET_STOP,  /* reads nothing from fault_at to fault_end */
    FLEET_SLOW,  /* reads slow_rate bytes/s in that time */
    FLEET_LEAVE, /* closes its connection at fault_at */
};

/* [init] constant while fleets run; all times are of clock_now(), ns. */
struct fleet_opts {
    struct sockaddr_storage addr; /* of the server */
    socklen_t addr_len;
    const char *request; /* the whole of it; borrowed */
    uint32_t n;          /* listeners in all fleets */
    uint32_t n_fleets;
    uint32_t sources; /* they come from so many addresses, 127.0.1.1 on; 0: as
                         the system has it */
    int64_t start;    /* of the first connect */
    double ramp;      /* connects per second; 0: all at one instant */
    int64_t stay; /* ns: each leaves so long after its first page of audio, when
                     something comes; negative: it doesn't */
    struct judge_rules rules; /* they stop at rules.to */
    int64_t nap; /* ns: while judged a fleet looks so often, instead of being
                    woken; 0: it is woken */
    struct pages_opts pages; /* on_page is the fleet's */

    enum fleet_fault fault;
    double share; /* of listeners that have it, 0 to 1, spread evenly */
    int64_t fault_at, fault_end;
    double slow_rate; /* bytes/s */
    int rcvbuf;       /* bytes, of those with the fault; 0: the system's */
};

/* What fleets found; all zero is nothing. */
struct fleet_figures {
    struct pool good, faulty; /* those without and with the fault */
    int64_t cpu;     /* ns that the fleets' threads used while judged */
    int64_t busiest; /* ns, the one that used most */
    int error;       /* errno of the last connect that failed, or 0 */
};

/* The fleet numbered k of o->n_fleets; o is borrowed. Errors: -ENOMEM, -EMFILE
   and what else epoll_create1() says. */
int fleet_new(struct fleet **out, const struct fleet_opts *o, uint32_t k);

/* Until o->rules.to. Errors: as epoll_wait(). */
int fleet_run(struct fleet *f);

/* Adds what the fleet found. */
void fleet_add(const struct fleet *f, struct fleet_figures *to);

/* Closes what is left. Accepts NULL. */
void fleet_free(struct fleet **f);

#endif
