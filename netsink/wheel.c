// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/wheel.h"

#include <string.h>

static void head_init(struct wheel_item *h)
{
    h->prev = h->next = h;
}

static bool head_empty(const struct wheel_item *h)
{
    return h->next == h;
}

static void append(struct wheel_item *h, struct wheel_item *i)
{
    i->prev = h->prev;
    i->next = h;
    h->prev->next = i;
    h->prev = i;
}

/* All of from, to the end of h. */
static void splice(struct wheel_item *h, struct wheel_item *from)
{
    if (head_empty(from))
        return;
    from->next->prev = h->prev;
    from->prev->next = h;
    h->prev->next = from->next;
    h->prev = from->prev;
    head_init(from);
}

void wheel_init(struct wheel *w, uint64_t tick)
{
    memset(w, 0, sizeof(*w));
    w->tick = tick;
    head_init(&w->due);
    for (uint32_t s = 0; s < WHEEL_TICKS; s++)
        head_init(&w->slots[s]);
}

uint32_t wheel_take_place(struct wheel *w, uint32_t cadence, uint32_t step)
{
    uint32_t best = 0;
    uint64_t least = UINT64_MAX;

    for (uint32_t p = 0; p < cadence; p += step) {
        uint64_t sum = 0;
        for (uint32_t t = p; t < WHEEL_TICKS; t += cadence)
            sum += w->load[t];
        if (sum < least) {
            least = sum;
            best = p;
        }
    }
    for (uint32_t t = best; t < WHEEL_TICKS; t += cadence)
        w->load[t]++;
    return best;
}

void wheel_leave_place(struct wheel *w, uint32_t cadence, uint32_t phase)
{
    for (uint32_t t = phase; t < WHEEL_TICKS; t += cadence)
        w->load[t]--;
}

void wheel_put(struct wheel *w, struct wheel_item *i, uint64_t tick)
{
    wheel_remove(i);
    if (tick <= w->tick)
        tick = w->tick + 1;
    if (tick > w->tick + WHEEL_TICKS)
        tick = w->tick + WHEEL_TICKS;
    append(&w->slots[tick % WHEEL_TICKS], i);
}

void wheel_remove(struct wheel_item *i)
{
    if (!i->next)
        return;
    i->prev->next = i->next;
    i->next->prev = i->prev;
    i->prev = i->next = NULL;
}

void wheel_turn(struct wheel *w, uint64_t tick)
{
    if (tick <= w->tick)
        return;
    uint64_t n = tick - w->tick;
    if (n > WHEEL_TICKS)
        n = WHEEL_TICKS;
    for (uint64_t t = 1; t <= n; t++)
        splice(&w->due, &w->slots[(w->tick + t) % WHEEL_TICKS]);
    w->tick = tick;
}

struct wheel_item *wheel_peek(const struct wheel *w)
{
    return head_empty(&w->due) ? NULL : w->due.next;
}

struct wheel_item *wheel_pop(struct wheel *w)
{
    struct wheel_item *i = wheel_peek(w);

    if (i)
        wheel_remove(i);
    return i;
}

bool wheel_next(const struct wheel *w, uint64_t *tick)
{
    for (uint64_t t = 1; t <= WHEEL_TICKS; t++)
        if (!head_empty(&w->slots[(w->tick + t) % WHEEL_TICKS])) {
            *tick = w->tick + t;
            return true;
        }
    return false;
}
