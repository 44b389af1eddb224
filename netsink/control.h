// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The operator's orders: POST /control/... with a small JSON object, see
 * netsink/admin.h. Every order is checked before anything is done: the method,
 * that no page from elsewhere sends it, the token, the type, the size, and what
 * it says, in this order. [ev] only.
 */
#ifndef NETSINK_CONTROL_H
#define NETSINK_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/log.h"
#include "netsink/admin.h"
#include "netsink/audience.h"
#include "netsink/loop.h"
#include "netsink/news.h"

#define CONTROL_PATH     "/control/"
#define CONTROL_BODY_MAX 4096 /* bytes */

struct control;

struct control_opts {
    const struct log *log;
    struct loop *loop;          /* borrowed: [ev]'s */
    const struct mount *mounts; /* borrowed */
    uint32_t n_mounts;
    struct audience *audience;     /* borrowed */
    struct news *news;             /* borrowed */
    const struct admin_desk *desk; /* borrowed; may change while [ev] doesn't
                                      run */
    const char *token;             /* borrowed; NULL: no order is obeyed */
};

/* Errors: -ENOMEM. */
int control_new(struct control **out, const struct control_opts *o);

/* An order that is under way is answered by nobody then; its desk has ended it
   before the loop is freed. Accepts NULL. */
void control_free(struct control **c);

/* A request whose path begins with /control/; false: it does not. */
bool control_serve(struct control *c, struct evhttp_request *req);

/* Wrong tokens since the start. */
uint64_t control_wrong(const struct control *c);

#endif
