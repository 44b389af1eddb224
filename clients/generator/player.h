// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The generator in a JACK graph: its client, and what plays there at the
 * server's rate, an engine and a feed. When the server goes the music goes on
 * in time: where it comes back it is as far as if it had been heard, at another
 * rate too, with an engine and a feed made anew. [main] only.
 */
#ifndef GENERATOR_PLAYER_H
#define GENERATOR_PLAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/generator/engine.h"
#include "clients/generator/feed.h"
#include "clients/generator/music.h"
#include "graph/jclient.h"
#include "graph/log.h"

#define PLAYER_NAME "longwave-gen" /* of the JACK client, usually */

struct player;

struct player_opts {
    const struct log *log;
    const char *name, *server; /* borrowed, see jclient_opts */
    uint32_t ahead_ms;
    double start_s;    /* where in the piece to begin, but where... */
    bool resumes;      /* ...it goes on: it is where it would be if... */
    int64_t origin_ns; /* ...it had begun then, CLOCK_MONOTONIC */
    struct engine_opts engine; /* what it points to is borrowed; not the rate */
    /* A new engine and feed are there, or will be in a moment (the first ones).
       What was set of the old engine is set. */
    void (*changed)(void *ctx, struct engine *engine, struct feed *feed);
    /* Sets what the first engine shall begin with. */
    void (*prepare)(void *ctx, struct engine *engine);
    void *ctx;
};

/* Joins the server; nothing plays yet. Errors, logged: as jclient_open(). */
int player_open(struct player **out, const struct player_opts *o);

/* Leaves, and frees engine and feed. Accepts NULL. */
void player_close(struct player **p);

/* Plays. Errors, logged: as jclient_activate(), engine_new(), feed_start(). */
int player_start(struct player *p);

/* As jclient_tick(), and looks after the feed. */
int64_t player_tick(struct player *p);

/* 0, or the -errno for which it gave up, as was logged. */
int player_failed(const struct player *p);

/* Until the next player_tick(). */
struct engine *player_engine(const struct player *p);
struct feed *player_feed(const struct player *p);
const struct jclient *player_jack(const struct player *p);

#endif
