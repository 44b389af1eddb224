// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Requests for figures: they are gathered from the fan's loops without anybody
 * waiting for anybody, once for all who ask meanwhile. [ev] only.
 */
#ifndef NETSINK_CENSUS_H
#define NETSINK_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

#include "netsink/figures.h"

struct census;
struct evhttp_request;

struct census_opts {
    uint32_t n_mounts;
    /* Fills in what is not the fan's. */
    void (*fill)(void *ctx, struct figures *f);
    void *ctx;
};

/* Errors: -ENOMEM. */
int census_new(struct census **out, const struct census_opts *o);

/* The fan is gone, and so are the servers. Accepts NULL. */
void census_free(struct census **c);

/* There is a fan from now on; before it has no figures. */
void census_open(struct census *c, struct fan *fan);

/* A text for free(), or NULL when memory is short. query: the request's, or
   NULL. */
typedef char *census_write(const struct figures *f, const char *query);

/* Answers the request, soon, with what write makes of the figures. */
void census_serve(struct census *c, struct evhttp_request *req,
                  census_write *write, const char *type);

/* Gathers figures for look(), soon, with those of each listener or without. The
   ctx outlives the fan. Without memory it does not come. */
void census_look(struct census *c, bool each,
                 void (*look)(void *ctx, const struct figures *f), void *ctx);

/* Gathers figures though nobody asks, for census_sent(). */
void census_refresh(struct census *c);

/* Bytes/s that the fan sent between the last two times. */
double census_sent(const struct census *c);

#endif
