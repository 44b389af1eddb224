// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/audience.h"

#include <errno.h>
#include <stdlib.h>

#include "graph/clock.h"
#include "graph/threads.h"
#include "netsink/reply.h"

#define STALL_MAX (60 * NS_PER_S)

struct audience {
    struct audience_opts o; /* [init] */

    /* [ev] */
    struct listener **all; /* [o.max], the first n in use */
    uint32_t n;
    uint64_t ever;
    uint64_t past_bytes; /* of those who have gone */
};

int audience_new(struct audience **out, const struct audience_opts *o)
{
    struct audience *a = calloc(1, sizeof(*a));
    int err = -ENOMEM;

    *out = NULL;
    if (!a)
        goto out;
    a->o = *o;
    a->all = calloc(o->max, sizeof(struct listener *));
    if (!a->all)
        goto out;
    err = 0;
out:
    if (err)
        audience_free(&a);
    *out = a;
    return err;
}

void audience_free(struct audience **a)
{
    if (!*a)
        return;
    audience_cut(*a, "the sink ends");
    free((*a)->all);
    free(*a);
    *a = NULL;
}

/* Takes the last one's place: whoever walks over all and may meet this walks
   from the end. */
static void on_gone(void *ctx, struct listener *l)
{
    struct audience *a = ctx;
    struct listener_stats s;

    listener_stats(l, &s);
    a->past_bytes += s.bytes;
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->all[i] == l) {
            a->all[i] = a->all[--a->n];
            break;
        }
    }
    listener_free(&l);
}

static void refuse(struct evhttp_request *req, const char *why)
{
    reply_header(req, "Retry-After", "30");
    reply_header(req, "Access-Control-Allow-Origin", "*");
    reply_text(req, 503, why);
}

void audience_serve(struct audience *a, struct evhttp_request *req)
{
    struct listener *l;
    struct listener_opts o = {
        .log = a->o.log,
        .mount = a->o.mount,
        .id = a->ever + 1,
        .burst_s = a->o.burst_s,
        .gone = on_gone,
        .ctx = a,
    };

    thread_assert(TH_EV);
    if (!reply_method_ok(req))
        return;
    if (a->n == a->o.max) {
        refuse(req, "all seats are taken; try again later");
        return;
    }
    if (reply_is_head(req)) {
        listener_answer_head(req);
        return;
    }
    if (listener_new(&l, &o, req)) {
        refuse(req, "no room for a stream; try again later");
        return;
    }
    a->ever++;
    a->all[a->n++] = l;
    if (listener_feed(l))
        listener_cut(l, "out of memory");
}

void audience_feed(struct audience *a)
{
    thread_assert(TH_EV);
    for (uint32_t i = a->n; i-- > 0;) {
        if (listener_feed(a->all[i]))
            listener_cut(a->all[i], "out of memory");
    }
}

void audience_tick(struct audience *a)
{
    int64_t now = clock_now();

    for (uint32_t i = a->n; i-- > 0;) {
        if (listener_stalled(a->all[i], now) >= STALL_MAX)
            listener_cut(a->all[i], "it took nothing for 60 s");
    }
}

void audience_cut(struct audience *a, const char *why)
{
    while (a->n > 0)
        listener_cut(a->all[a->n - 1], why);
}

void audience_stats(const struct audience *a, uint32_t i,
                    struct listener_stats *out)
{
    listener_stats(a->all[i], out);
}

void audience_totals(const struct audience *a, struct audience_totals *out)
{
    struct listener_stats s;

    out->listeners = a->n;
    out->ever = a->ever;
    out->bytes = a->past_bytes;
    for (uint32_t i = 0; i < a->n; i++) {
        listener_stats(a->all[i], &s);
        out->bytes += s.bytes;
    }
}
