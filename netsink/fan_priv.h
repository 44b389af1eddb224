// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The fan's inside, for fan*.c alone: fan.c is [ev]'s side of it, fan_loop.c
 * [fan]'s, fan_collect.c what goes from the one to the other as figures.
 */
#ifndef NETSINK_FAN_PRIV_H
#define NETSINK_FAN_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "netsink/fan.h"
#include "netsink/listener_priv.h"

/* A mount as a loop has it. */
struct fan_mount {
    /* [init] */
    const struct mount *mount;
    double rates[ENCODER_RUNGS_MAX]; /* bytes/s */

    /* [fan] */
    bool turns;             /* the wheel: the mount's time is known */
    struct listener *eager; /* those that wait for put() */
    struct fan_stats figures;
    uint64_t tick; /* what it is, as asked at tick_at */
    int64_t tick_at;
    struct due due; /* as asked then, or later */
    struct wheel wheel;
};

struct collect;

/* A loop's part of a collection. */
struct part {
    struct collect *collect;
    struct fan_loop *loop;
    struct loop_letter letter;
    bool begun;
    struct listener *at; /* the next one to be told of */
    uint32_t room;
    struct part *next;
};

struct fan_loop {
    /* [init] */
    struct fan *fan;
    struct loop *loop;
    int timer; /* timerfd */
    struct event *tick;

    /* [ev] */
    uint32_t given; /* listeners that have not come back */

    /* any>fan */
    struct loop_letter put;
    _Atomic uint32_t n_eager; /* listeners that wait for put() */

    pthread_mutex_t home;
    /* [lock:home] Listeners on their way to `ended`. */
    struct listener *home_first, **home_last;
    struct loop_letter bring;

    /* [fan] */
    bool closing;
    struct listener *all;
    uint32_t n;
    int64_t armed;      /* ns: the timer; 0: it is not */
    double tokens;      /* bytes that bursts may take */
    int64_t tokens_at;  /* ns: when they were counted */
    struct part *parts; /* collections under way */
    struct scratch scratch;
    struct fan_mount mounts[]; /* [fan->o.n_mounts] */
};

struct fan {
    struct fan_opts o;        /* [init] */
    struct collect *collects; /* [ev] under way */
    struct fan_loop *loops[]; /* [init] [n_loops] */
};

/* Errors: as fan_new(). */
int fan_loop_new(struct fan_loop **out, struct fan *f);

/* The thread has ended: ends all listeners; what was posted runs within. */
void fan_loop_close(struct fan_loop *fl);
void fan_loop_free(struct fan_loop **fl);

/* [fan] The letters' functions; ctx is the listener. */
void fan_loop_add(void *ctx);
void fan_loop_end(void *ctx);

/* [ev] Gives up to max of those on their way to `ended`; whether there are
   more. */
bool fan_bring(struct fan_loop *fl, uint32_t max);

/* [fan] The listener goes. */
void fan_parts_forget(struct fan_loop *fl, const struct listener *l);

/* [ev] The end of those that are under way, all loops having ended. */
void fan_collects_end(struct fan *f);

#endif
