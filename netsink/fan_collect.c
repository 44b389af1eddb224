// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>

#include "graph/clock.h"
#include "netsink/fan_priv.h"

#define SLICE 64 /* listeners told of at once */

struct collect {
    /* [init] */
    struct fan *fan;
    void (*done)(void *ctx, const struct fan_report *r, uint32_t n_loops);
    void *ctx;
    bool each; /* listener, too */
    struct fan_report *reports;

    _Atomic uint32_t left; /* fan>ev: loops that are not through */
    struct loop_letter home;
    struct collect *next; /* [ev] */
    struct part parts[];
};

static void collect_free(struct collect *c)
{
    for (uint32_t i = 0; c->reports && i < c->fan->o.n_loops; i++)
        free(c->reports[i].listeners);
    free(c->reports);
    free(c);
}

/* [ev] */
static void finish(void *ctx)
{
    struct collect *c = ctx;
    struct collect **at = &c->fan->collects;

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    c->done(c->ctx, c->reports, c->fan->o.n_loops);
    collect_free(c);
}

static void part_through(struct part *p)
{
    struct part **at = &p->loop->parts;

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    /* Releases this loop's report; the last one acquires all others. */
    if (atomic_fetch_sub_explicit(&p->collect->left, 1, memory_order_acq_rel) ==
        1)
        loop_send(p->collect->fan->o.ev, &p->collect->home);
}

static void part_begin(struct part *p, struct fan_report *r)
{
    struct fan_loop *fl = p->loop;

    p->begun = true;
    p->next = fl->parts;
    fl->parts = p;
    r->cpu = clock_thread_cpu();
    for (uint32_t m = 0; m < fl->fan->o.n_mounts; m++)
        r->mounts[m] = fl->mounts[m].figures;
    if (!p->collect->each)
        return;
    p->at = fl->all;
    p->room = fl->n;
    r->listeners = calloc(p->room ? p->room : 1, sizeof(*r->listeners));
    if (!r->listeners)
        p->at = NULL;
}

/* [fan] Some listeners at a time, so that no write waits for a report. */
static void part_go_on(void *ctx)
{
    struct part *p = ctx;
    struct fan_report *r = &p->collect->reports[p - p->collect->parts];
    const int64_t now = clock_now();

    if (!p->begun)
        part_begin(p, r);
    for (uint32_t i = 0; i < SLICE && p->at && r->n < p->room; i++) {
        listener_stats(p->at, now, &r->listeners[r->n++]);
        p->at = p->at->next_on_loop;
    }
    if (p->at && r->n < p->room)
        loop_send(p->loop->loop, &p->letter);
    else
        part_through(p);
}

void fan_parts_forget(struct fan_loop *fl, const struct listener *l)
{
    for (struct part *p = fl->parts; p; p = p->next)
        if (p->at == l)
            p->at = l->next_on_loop;
}

void fan_collect(struct fan *f, bool each,
                 void (*done)(void *ctx, const struct fan_report *r,
                              uint32_t n_loops),
                 void *ctx)
{
    const uint32_t n = f->o.n_loops;
    struct collect *c = calloc(1, sizeof(*c) + n * sizeof(c->parts[0]));

    loop_assert(f->o.ev);
    if (c)
        c->reports = calloc(n, sizeof(*c->reports));
    if (!c || !c->reports) {
        free(c);
        done(ctx, NULL, 0);
        return;
    }
    c->fan = f;
    c->done = done;
    c->ctx = ctx;
    c->each = each;
    atomic_init(&c->left, n);
    c->home = (struct loop_letter){.fn = finish, .ctx = c};
    c->next = f->collects;
    f->collects = c;
    for (uint32_t i = 0; i < n; i++) {
        c->parts[i].collect = c;
        c->parts[i].loop = f->loops[i];
        c->parts[i].letter =
            (struct loop_letter){.fn = part_go_on, .ctx = &c->parts[i]};
        loop_send(f->loops[i]->loop, &c->parts[i].letter);
    }
}

void fan_collects_end(struct fan *f)
{
    while (f->collects) {
        loop_recall(f->o.ev, &f->collects->home);
        finish(f->collects);
    }
}
