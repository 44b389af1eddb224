// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/census.h"

#include <errno.h>
#include <event2/http.h>
#include <stdlib.h>
#include <string.h>

#include "graph/clock.h"
#include "netsink/reply.h"

/* Nearer to each other two times are one, for a rate. */
#define SENT_MIN (NS_PER_S / 2)

/* A request that waits. */
struct asker {
    struct census *c;
    struct evhttp_request *req;
    census_write *write;
    const char *type;
    struct asker *next;
};

struct census {
    struct census_opts o; /* [init] */
    struct fan *fan;
    bool under_way;
    struct asker *askers;

    int64_t sent_at; /* ns */
    uint64_t sent_bytes;
    double sent; /* bytes/s */

    struct fan_stats fan_stats[MOUNT_MAX];
};

int census_new(struct census **out, const struct census_opts *o)
{
    *out = calloc(1, sizeof(**out));
    if (!*out)
        return -ENOMEM;
    (*out)->o = *o;
    (*out)->sent_at = clock_now();
    return 0;
}

void census_free(struct census **c)
{
    free(*c);
    *c = NULL;
}

void census_open(struct census *c, struct fan *fan)
{
    c->fan = fan;
}

double census_sent(const struct census *c)
{
    return c->sent;
}

static void add_stats(struct fan_stats *to, const struct fan_stats *from)
{
    to->listeners += from->listeners;
    for (int i = 0; i < LATENCY_CLASSES; i++)
        to->by_class[i] += from->by_class[i];
    to->chunks += from->chunks;
    to->bytes += from->bytes;
    to->skips += from->skips;
    to->skipped += from->skipped;
    to->switches += from->switches;
    to->on_time += from->on_time;
    to->bursts += from->bursts;
    for (int i = 0; i <= LISTENER_NO_MEMORY; i++)
        to->ends[i] += from->ends[i];
    hist_merge(&to->deviation, &from->deviation);
    hist_merge(&to->jitter, &from->jitter);
}

static void measure_sent(struct census *c, int64_t now)
{
    uint64_t bytes = 0;

    if (now - c->sent_at < SENT_MIN)
        return;
    for (uint32_t i = 0; i < c->o.n_mounts; i++)
        bytes += c->fan_stats[i].bytes;
    /* No memory for a report: there will be one. */
    if (bytes < c->sent_bytes)
        return;
    c->sent =
        (double)(bytes - c->sent_bytes) * NS_PER_S / (double)(now - c->sent_at);
    c->sent_bytes = bytes;
    c->sent_at = now;
}

static int by_id(const void *a, const void *b)
{
    const struct listener_stats *const *x = a, *const *y = b;
    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

/* All listeners of all loops in one row, for free(), or NULL. */
static const struct listener_stats **row_of(const struct fan_report *r,
                                            uint32_t n_loops, uint32_t *n)
{
    const struct listener_stats **all;
    size_t total = 0;

    for (uint32_t i = 0; i < n_loops; i++)
        total += r[i].n;
    all = calloc(total + 1, sizeof(*all));
    *n = 0;
    if (!all)
        return NULL;
    for (uint32_t i = 0; i < n_loops; i++) {
        for (uint32_t k = 0; k < r[i].n; k++)
            all[(*n)++] = &r[i].listeners[k];
    }
    qsort(all, *n, sizeof(*all), by_id);
    return all;
}

static void answer(const struct asker *a, const char *text)
{
    if (!text) {
        reply_text(a->req, 503, "out of memory");
        return;
    }
    reply_header(a->req, "Cache-Control", "no-store");
    reply_body(a->req, 200, a->type, text, strlen(text));
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_wish(const struct asker *a, const struct asker *b)
{
    return a->write == b->write &&
           same_text(reply_query(a->req), reply_query(b->req));
}

/* The connection is no longer watched for its end. */
static void settle(struct asker *a, const char *text)
{
    evhttp_connection_set_closecb(evhttp_request_get_connection(a->req), NULL,
                                  NULL);
    answer(a, text);
    free(a);
}

/* Each text is written once for all who wait for it. */
static void answer_all(struct census *c, const struct figures *f)
{
    while (c->askers) {
        struct asker *first = c->askers;
        char *text = first->write(f, reply_query(first->req));

        c->askers = first->next;
        for (struct asker **at = &c->askers; *at;) {
            struct asker *a = *at;
            if (same_wish(a, first)) {
                *at = a->next;
                settle(a, text);
            } else {
                at = &a->next;
            }
        }
        settle(first, text);
        free(text);
    }
}

static void add_up(struct census *c, const struct fan_report *r,
                   uint32_t n_loops, struct figures *f)
{
    *f = (struct figures){
        .now = clock_now(),
        .fan = c->fan_stats,
        .n_loops = n_loops,
    };

    memset(c->fan_stats, 0, sizeof(c->fan_stats));
    for (uint32_t i = 0; i < n_loops; i++) {
        f->fan_cpu_s += (double)r[i].cpu / NS_PER_S;
        for (uint32_t m = 0; m < c->o.n_mounts; m++)
            add_stats(&c->fan_stats[m], &r[i].mounts[m]);
    }
    measure_sent(c, f->now);
}

static void on_totals(void *ctx, const struct fan_report *r, uint32_t n_loops)
{
    struct figures f;

    add_up(ctx, r, n_loops, &f);
}

/* All figures at once, to show(). */
static void show_all(struct census *c, const struct fan_report *r,
                     uint32_t n_loops,
                     void (*show)(void *ctx, const struct figures *f),
                     void *ctx)
{
    struct figures f;

    add_up(c, r, n_loops, &f);
    const struct listener_stats **row = row_of(r, n_loops, &f.n_listeners);
    f.listeners = row;
    c->o.fill(c->o.ctx, &f);
    show(ctx, &f);
    free(row);
}

static void show_askers(void *ctx, const struct figures *f)
{
    answer_all(ctx, f);
}

static void on_reports(void *ctx, const struct fan_report *r, uint32_t n_loops)
{
    struct census *c = ctx;

    c->under_way = false;
    show_all(c, r, n_loops, show_askers, c);
}

/* Who looks at figures without a request. */
struct look {
    struct census *c;
    void (*look)(void *ctx, const struct figures *f);
    void *ctx;
};

static void on_look(void *ctx, const struct fan_report *r, uint32_t n_loops)
{
    struct look *l = ctx;

    show_all(l->c, r, n_loops, l->look, l->ctx);
    free(l);
}

void census_look(struct census *c, bool each,
                 void (*look)(void *ctx, const struct figures *f), void *ctx)
{
    struct look *l = malloc(sizeof(*l));

    if (!l)
        return;
    *l = (struct look){c, look, ctx};
    if (c->fan)
        fan_collect(c->fan, each, on_look, l);
    else
        on_look(l, NULL, 0);
}

void census_refresh(struct census *c)
{
    if (c->fan)
        fan_collect(c->fan, false, on_totals, c);
}

/* For all who ask meanwhile. */
static void gather(struct census *c)
{
    if (c->under_way)
        return;
    c->under_way = true;
    if (c->fan)
        fan_collect(c->fan, true, on_reports, c);
    else
        on_reports(c, NULL, 0);
}

/* Its connection has ended before it could be answered. */
static void on_close(struct evhttp_connection *conn, void *arg)
{
    struct asker *a = arg, **at = &a->c->askers;
    (void)conn;

    while (*at && *at != a)
        at = &(*at)->next;
    if (*at)
        *at = a->next;
    reply_gone(a->req);
    free(a);
}

void census_serve(struct census *c, struct evhttp_request *req,
                  census_write *write, const char *type)
{
    struct asker *a = malloc(sizeof(*a));

    if (!a) {
        reply_text(req, 503, "out of memory");
        return;
    }
    *a = (struct asker){c, req, write, type, c->askers};
    c->askers = a;
    evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_close,
                                  a);
    gather(c);
}
