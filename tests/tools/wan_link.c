// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/tools/wan_link.h"

#include <stdlib.h>
#include <string.h>

#define NS 1e9 /* in a second */

static void push(struct link_fifo *f, struct link_packet *p)
{
    p->next = NULL;
    if (f->tail)
        f->tail->next = p;
    else
        f->head = p;
    f->tail = p;
    f->bytes += p->len;
}

static struct link_packet *pop(struct link_fifo *f)
{
    struct link_packet *p = f->head;

    f->head = p->next;
    if (!f->head)
        f->tail = NULL;
    f->bytes -= p->len;
    return p;
}

static void drain(struct link_fifo *f)
{
    while (f->head)
        free(pop(f));
}

/* splitmix64's output function. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* 0 to 1, without 1. */
static double draw(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return (double)(mix(*state) >> 11) * 0x1p-53;
}

void link_init(struct link *l, uint32_t address, const struct link_set *set,
               uint64_t seed)
{
    memset(l, 0, sizeof(*l));
    l->address = address;
    l->set = *set;
    /* mixed, so that links of neighbouring addresses don't lose alike */
    for (uint32_t w = 0; w < LINK_WAYS; w++)
        l->way[w].random = mix(seed ^ mix((uint64_t)address << 1 | w));
}

void link_fini(struct link *l)
{
    drain(&l->queue);
    for (uint32_t w = 0; w < LINK_WAYS; w++)
        drain(&l->way[w].wire);
}

/* Onto the wire, or lost. */
static void set_out(struct link *l, enum link_way way, struct link_packet *p,
                    int64_t now)
{
    struct link_counts *c = &l->way[way].counts;
    struct link_fifo *wire = &l->way[way].wire;

    if (now < l->set.outage) {
        c->outage++;
        free(p);
    } else if (l->set.loss > 0 && draw(&l->way[way].random) < l->set.loss) {
        c->lost++;
        free(p);
    } else if (wire->bytes + p->len > LINK_HELD) {
        c->full++;
        free(p);
    } else {
        p->at = now + l->set.delay;
        if (wire->tail && wire->tail->at > p->at)
            p->at = wire->tail->at; /* a delay made shorter: in order */
        push(wire, p);
    }
}

/* The first of the queue begins to pass the rate at `from`. */
static void begin(struct link *l, int64_t from)
{
    if (l->queue.head)
        l->queue.head->at =
            from + (int64_t)(l->queue.head->len / l->set.rate * NS);
}

/* What has passed the rate by now sets out at its own time, however late this
   is called. */
static void serve(struct link *l, int64_t now)
{
    while (l->queue.head && l->queue.head->at <= now) {
        struct link_packet *p = pop(&l->queue);
        int64_t at = p->at;
        set_out(l, LINK_TO, p, at);
        begin(l, at);
    }
}

void link_change(struct link *l, const struct link_set *set, int64_t now)
{
    serve(l, now);
    double before = l->set.rate;
    l->set = *set;
    if (set->rate > 0 && set->rate != before)
        begin(l, now);
    while (set->rate <= 0 && l->queue.head)
        set_out(l, LINK_TO, pop(&l->queue), now);
}

void link_enter(struct link *l, enum link_way way, struct link_packet *p,
                int64_t now)
{
    if (way == LINK_FROM || l->set.rate <= 0) {
        set_out(l, way, p, now);
        return;
    }
    serve(l, now);
    if (l->queue.bytes + p->len > l->set.queue) {
        l->way[way].counts.full++;
        free(p);
        return;
    }
    push(&l->queue, p);
    if (l->queue.head == p)
        begin(l, now);
}

int64_t link_next(const struct link *l)
{
    int64_t next = l->queue.head ? l->queue.head->at : LINK_NEVER;

    for (uint32_t w = 0; w < LINK_WAYS; w++) {
        const struct link_packet *p = l->way[w].wire.head;
        if (p && p->at < next)
            next = p->at;
    }
    return next;
}

struct link_packet *link_leave(struct link *l, enum link_way way, int64_t now)
{
    struct link_fifo *wire = &l->way[way].wire;

    serve(l, now);
    if (!wire->head || wire->head->at > now)
        return NULL;
    l->way[way].counts.passed++;
    l->way[way].counts.bytes += wire->head->len;
    return pop(wire);
}
